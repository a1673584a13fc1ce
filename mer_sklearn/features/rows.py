"""From a list of audio items to a table: the families' row function, run by the engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..audio import AudioItem, AudioStream, Clip
from ..errors import InputError
from ..extraction.cache import CacheChoice, open_cache
from ..extraction.engine import Part, RowFunction, Rows, map_rows
from .clip_series import clip_series
from .ops import Array, NumpyOps, Ops

if TYPE_CHECKING:
    from .family import FeatureFamily

__all__ = ["FamilyRows", "extract", "family_columns"]


def family_columns(
    ops: Ops, signal: Array | Iterator[Array], families: Sequence[FeatureFamily]
) -> list[Array]:
    """Return the columns of each family for clips of one length, in numpy or as a graph.

    Parameters
    ----------
    ops : Ops
        Who computes: `NumpyOps`, or `GraphOps` to trace.
    signal : array of shape (n_clips, n_samples), or iterator of arrays of shape (n_samples,)
        Clips at 22 050 Hz, or one clip in parts.
    families : sequence of FeatureFamily
        What to compute; they share one pass over the spectrum.

    Returns
    -------
    list of arrays of shape (n_clips, n_columns)
        One a family.
    """
    needs = list(dict.fromkeys(name for family in families for name in family.needs))
    clip = clip_series(ops, signal, needs)
    columns = []
    for family in families:
        columns.append(family.columns(clip))
        clip.rest()
    return columns


class FamilyRows:
    """The row function of some families: what the engine runs on each clip.

    Parameters
    ----------
    families : sequence of FeatureFamily
        The families; each is one part of the row with a cache entry of its own.
    """

    def __init__(self, families: Sequence[FeatureFamily]) -> None:
        self.families = list(families)
        self.parts = [
            Part(json.dumps(family.identity(), sort_keys=True), len(family.column_names()))
            for family in families
        ]

    def __call__(
        self, clip: Clip | AudioStream, wanted: Sequence[int]
    ) -> list[npt.NDArray[np.float32]]:
        """Return the columns of the wanted families, each of shape (n_columns,)."""
        families = [self.families[i] for i in wanted]
        columns = family_columns(NumpyOps(), clip.blocks(), families)
        rows = [np.asarray(part[0], np.float32) for part in columns]
        for family, row, i in zip(families, rows, wanted, strict=True):
            if row.shape != (self.parts[i].width,):
                msg = (
                    f"{type(family).__name__} computes columns of shape {row.shape}, but names "
                    f"{self.parts[i].width}. Mend columns() or series_names()."
                )
                raise InputError(msg)
        return rows


def extract(
    families: Sequence[FeatureFamily],
    items: Sequence[AudioItem],
    *,
    n_jobs: int | None = None,
    cache: CacheChoice = None,
    on_error: str = "raise",
    timeout: float | None = None,
    rows_of: Callable[[Sequence[FeatureFamily]], RowFunction] = FamilyRows,
) -> Rows:
    """Compute the rows of audio items; see `mer_sklearn.extraction.engine.map_rows`.

    What a row is, `rows_of` says: the clip, or its parts (`mer_sklearn.parts.PartRows`).
    """
    with open_cache(cache) as opened:
        return map_rows(
            rows_of(families),
            items,
            n_jobs=n_jobs,
            cache=opened,
            on_error=on_error,
            timeout=timeout,
        )
