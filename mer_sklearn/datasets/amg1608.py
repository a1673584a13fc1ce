"""AMG1608: valence and arousal of 1608 excerpts of 30 s, by 665 raters.

Layout: the names of the files count, not those of the folders::

    AMG1608.mat          song_label (songs x raters x 2, NaN where not rated; valence is taken to
                         come first), song_info (artist and title of each song)
    1608_song_id.mat     mat_id2song_id: the number of each song, which is the name of its file
    ID.mp3               not distributed with the labels

Source: mac.citi.sinica.edu.tw/AMG1608. Licence: free for research, labels to be asked for.

Traps: the songs stand in the order of the matrix, and only the second file says which audio each
is; raters are few for each song and differ from song to song; the audio has to be got elsewhere.
That valence comes first was not checked on the file: `mer datasets validate` correlates both with
the level of the audio, which follows arousal.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from ..errors import DatasetError, first_line, some
from ._assemble import assemble
from ._ceiling import ceiling_of_means
from ._plane import AXES, plane_targets, with_quadrant
from ._songs import artist_groups
from ._tree import Tree
from .base import Dataset, DatasetInfo

if TYPE_CHECKING:
    import pandas as pd


INFO = DatasetInfo(
    title="AMG1608: a dataset for personalized music emotion recognition",
    licence="free for research; audio not included",
    citation=(
        "Chen, Yang, Wang, Chen, The AMG1608 dataset for music emotion recognition, ICASSP 2015"
    ),
    group="artist",
    traps=(
        "The audio is not part of it: excerpts found elsewhere may be others than the rated ones.",
        "Raters differ from song to song, and some rated only a few.",
        "That valence comes first in the matrix is taken on trust: validate a copy with its audio.",
    ),
    source="mac.citi.sinica.edu.tw/AMG1608",
    needs="AMG1608.mat, 1608_song_id.mat, ID.mp3 or wav",
    scale="valence and arousal, -1 to 1",
    n_rows=1608,
    named_groups=True,
)


def load(root: str | Path, *, missing: Literal["drop", "keep"] = "drop") -> Dataset:
    """Load AMG1608.

    Parameters
    ----------
    root : str or path
        The folder that holds it, at any depth.
    missing : {"drop", "keep"}, default="drop"
        What becomes of songs whose audio is missing; "keep" is for looking at the labels.

    Returns
    -------
    Dataset
        Targets `va` and `quadrant`; groups are the artists.

    Raises
    ------
    DatasetError
        If a file is missing or broken, or there is no audio.
    """
    root = Path(root)
    tree = Tree(root)
    frame, remarks = _read(tree)
    text = "the mean of the raters"
    return assemble(
        "amg1608",
        root,
        with_quadrant(frame),
        targets=lambda kept: plane_targets(text, _ceiling(kept)),
        info=INFO,
        audio=tree.audio(),
        place="*.mp3",
        missing=missing,
        remarks=remarks,
    )


def _read(tree: Tree) -> tuple[pd.DataFrame, list[str]]:
    """Return a row for each song that anyone rated, and what there is to say."""
    import pandas as pd

    path, place = tree.need("AMG1608.mat"), tree.need("1608_song_id.mat")
    content = _read_matrices(path, ["song_label", "song_info"])
    numbers = _read_matrices(place, ["mat_id2song_id"])["mat_id2song_id"].ravel()
    ratings, info = content["song_label"], content["song_info"]
    _check(path, ratings, info, numbers)
    frame = pd.DataFrame({"song_id": numbers.astype(int)})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a song that nobody rated
        frame[AXES] = np.nanmean(ratings, axis=1)
        frame[["valence_std", "arousal_std"]] = np.nanstd(ratings, axis=1)
    frame["n_raters"] = np.isfinite(ratings).all(axis=2).sum(axis=1)
    frame["artist"], frame["title"] = ([_text(cell) for cell in info[:, k]] for k in (0, 1))
    frame["file"] = frame["song_id"].astype(str)
    frame["group"] = artist_groups(frame["artist"], frame["song_id"])
    bare = frame["song_id"][frame["n_raters"] == 0]
    remarks = [f"{len(bare)} songs that nobody rated were left out: {some(bare)}."]
    kept = frame[frame["n_raters"] > 0].reset_index(drop=True)
    return kept, remarks if len(bare) else []


def _read_matrices(path: Path, names: list[str]) -> dict[str, npt.NDArray[Any]]:
    """Read some matrices of a file; the features in it, a gigabyte, stay there."""
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        content: dict[str, npt.NDArray[Any]] = loadmat(path, variable_names=names)
    except (OSError, ValueError, TypeError, NotImplementedError, MatReadError) as error:
        msg = f"{path}: cannot be read as a file of MATLAB before 7.3 ({first_line(error)})."
        raise DatasetError(msg) from error
    lacking = [name for name in names if name not in content]
    if lacking:
        msg = f"{path}: holds no {some(lacking)}. Take the original file of AMG1608."
        raise DatasetError(msg)
    return content


def _check(
    path: Path,
    ratings: npt.NDArray[Any],
    info: npt.NDArray[Any],
    numbers: npt.NDArray[Any],
) -> None:
    """Refuse matrices that do not fit each other, and ratings outside their scale."""
    shapes = f"{ratings.shape}, {info.shape} and {numbers.shape}"
    if ratings.ndim != 3 or ratings.shape[2] != 2 or info.ndim != 2 or info.shape[1] != 2:
        msg = f"{path}: song_label, song_info and song ids have the shapes {shapes}."
        raise DatasetError(msg)
    if not len(ratings) == len(info) == len(numbers) == len(set(numbers.tolist())):
        msg = f"{path}: labels, names and distinct numbers of songs differ in length: {shapes}."
        raise DatasetError(msg)
    if np.nanmax(np.abs(ratings)) > 1:
        msg = f"{path}: song_label has ratings outside -1 to 1. Is it on another scale?"
        raise DatasetError(msg)


def _text(cell: npt.NDArray[Any]) -> str:
    """Return the text in a cell of MATLAB."""
    return str(cell.ravel()[0]).strip() if np.size(cell) else ""


def _ceiling(songs: pd.DataFrame) -> dict[str, float]:
    """Return the best scores of the mean ratings of songs with several raters."""
    songs = songs[songs["n_raters"] > 1]
    spreads = songs[["valence_std", "arousal_std"]].to_numpy()
    return ceiling_of_means(
        songs[AXES].to_numpy(), spreads**2 / (songs[["n_raters"]].to_numpy() - 1)
    )
