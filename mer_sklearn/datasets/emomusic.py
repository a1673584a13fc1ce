"""emoMusic: valence and arousal of 744 songs, for the whole song and twice a second.

Layout: the names of the files count, not those of the folders::

    annotations/static_annotations.csv            mean of ten raters, 1 to 9, arousal first
    annotations/arousal_cont_average.csv, valence_cont_average.csv    twice a second, from 15 s on
    annotations/songs_info.csv                    artist, title, genre, development or evaluation
    clips_45seconds/ID.mp3
    default_features/ID.csv                       features of openSMILE

Source: cvml.unige.ch/databases/emoMusic. Licence: free for research; songs Creative Commons.

Traps: songs_info.csv has tabs inside its cells; 52 of the 112 artists of the official test part are
also in the other; the songs are those of DEAM up to 1000, under the same numbers. Unlike there,
valence and arousal are named rightly; copies that rename the columns keep them right, and are
compared with the curves all the same.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..errors import DatasetError, some
from ._assemble import artist_groups, assemble
from ._ceiling import ceiling_of_means
from ._check import Check
from ._columns import find_column
from ._frames import read_features, song_features, window_features
from ._plane import (
    AXES,
    as_arrays,
    plane_targets,
    read_wide_curves,
    song_means,
    to_unit,
    windows,
    with_quadrant,
)
from ._songs import SONG_COLUMNS, read_songs, same_titles
from ._swap import Part, agreement, put_right, swap_checks
from ._tree import Tree
from .base import Dataset, DatasetInfo
from .reading import as_numbers, read_table, whole_numbers
