"""Are valence and arousal exchanged? What raters said of a whole song, against their curves.

Corpora that were rated twice, once for the song and once over time, prove their own labels: the
mean of a song's curve of arousal follows its rating of arousal, and not that of valence.
`Agreement` holds the four correlations; ratings are exchanged where the crossed ones are higher
together than the straight ones. In DEAM they are, up to song 1000: .956 and .949 crossed, .575 and
.570 straight.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..errors import MerWarning
from ._check import Check, Verdict
from ._plane import AXES

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

__all__ = ["Agreement", "Part", "agreement", "exchange", "mend", "put_right", "swap_checks"]

ENOUGH = 20  # songs; correlations of fewer prove nothing
CLEAR = 0.1  # difference of the sums of two correlations; in real corpora it is .2 and more

State = Literal["right", "exchanged", "not known"]


@dataclass(frozen=True)
class Agreement:
    """How the ratings of songs agree with the means of their curves.

    Parameters
    ----------
    n_songs : int
        How many have both.
    other : str
        What they are compared with.
    vv, va, av, aa : float
        Correlation of the rating (first letter) with the other (second); 0 of too few songs.
    """

    n_songs: int
    other: str = "curve"
    vv: float = 0.0
    va: float = 0.0
    av: float = 0.0
    aa: float = 0.0

    @property
    def state(self) -> State:
        """Whether the columns are named rightly, as far as the correlations tell."""
        straight, crossed = self.vv + self.aa, self.va + self.av
        if self.n_songs < ENOUGH or abs(straight - crossed) < CLEAR:
            return "not known"
        return "right" if straight > crossed else "exchanged"

    @property
    def brief(self) -> str:
        """The straight correlations alone."""
        if self.n_songs < ENOUGH:
            return self.state
        return f"V~V {self.vv:.3f}, A~A {self.aa:.3f}, {self.state}"

    def __str__(self) -> str:
        if self.n_songs < ENOUGH:
            return f"{self.n_songs} songs have both a rating and a {self.other}: too few to tell"
        return (
            f"r of rating with {self.other}, {self.n_songs} songs: "
            f"V~V {self.vv:.3f}, A~A {self.aa:.3f}; "
            f"crossed: V~A {self.va:.3f}, A~V {self.av:.3f}: {self.state}"
        )


@dataclass(frozen=True)
class Part:
    """Songs of a corpus that were rated together, and what is known of their columns.

    Parameters
    ----------
    name : str
        Which songs, as in "songs up to 1000".
    rows : array of bool
        Which rows of the ratings.
    agreement : Agreement
        With their curves.
    known : bool
        Whether the ratings are a published file that is known to be exchanged.
    """

    name: str
    rows: npt.NDArray[np.bool_]
    agreement: Agreement
    known: bool = False

    @property
    def state(self) -> State:
        """Whether the columns are named rightly: the curves go before what is known of the file."""
        found = self.agreement.state
        return "exchanged" if found == "not known" and self.known else found

    def check(self) -> Check:
        """Return what `mer datasets validate` says of the ratings as they stand in the file."""
        found = str(self.agreement)
        if self.agreement.state == "not known" and self.known:
            found += ", but the file is one that is known to be exchanged"
        verdict: Verdict = "ok" if self.state == "right" else "note"
        return Check(f"V and A in the file, {self.name}", verdict, found)


def agreement(
    ratings: pd.DataFrame, reference: pd.DataFrame | None, other: str = "curve"
) -> Agreement:
    """Correlate the ratings of songs with the means of their curves.

    Parameters
    ----------
    ratings, reference : DataFrame
        Columns `valence` and `arousal`, by song; of several ratings of a song the mean counts. None
        where there is nothing to compare with.
    other : str, default="curve"
        What the reference is.

    Returns
    -------
    Agreement
        Over the songs that have both.
    """
    if reference is None:
        return Agreement(0, other)
    means = ratings[AXES].groupby(level=0).mean()
    both = means.join(reference[AXES].add_suffix("_other"), how="inner")
    if len(both) < ENOUGH or (both.std() == 0).any():
        return Agreement(min(len(both), ENOUGH - 1), other)
    r = both.corr().to_numpy()
    return Agreement(len(both), other, *(float(r[i, j]) for i in (0, 1) for j in (2, 3)))


def exchange(ratings: pd.DataFrame, rows: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """Return ratings with everything of valence and arousal exchanged in some rows."""
    ours = [name for name in map(str, ratings) if name.startswith(("valence", "arousal"))]
    turned = ratings[[_other(name) for name in ours]].set_axis(ours, axis=1)
    mended = ratings.copy()
    mended.loc[rows, ours] = turned.loc[rows, ours]
    return mended


def put_right(
    ratings: pd.DataFrame, parts: Sequence[Part], *, repair: bool, corpus: str
) -> tuple[pd.DataFrame, str]:
    """Exchange what is exchanged, warn once, and return which labels these are.

    Parameters
    ----------
    ratings : DataFrame
        Columns that begin with "valence" and "arousal".
    parts : sequence of Part
        What is known of them.
    repair : bool
        False leaves them as they are.
    corpus : str
        The name of the corpus.

    Returns
    -------
    (DataFrame, str)
        The ratings, and which labels they are.
    """
    wrong = _wrong(parts)
    if not wrong:
        unknown = " and ".join(part.name for part in parts if part.state == "not known")
        return ratings, "as published" + (f" ({unknown}: not compared)" if unknown else "")
    names = " and ".join(part.name for part in wrong)
    count = sum(int(part.rows.sum()) for part in wrong)
    if not repair:
        return ratings, f"as published: valence and arousal exchanged in {names} ({count} rows)"
    msg = (
        f"{corpus}: the file has valence and arousal exchanged in {names} ({count} rows); they "
        f"were put right. repair=False leaves them; `mer datasets validate {corpus} ROOT` shows it."
    )
    warnings.warn(msg, MerWarning, stacklevel=4)
    return mend(
        ratings, parts
    ), f"repaired: valence and arousal put right in {names} ({count} rows)"


def mend(ratings: pd.DataFrame, parts: Sequence[Part]) -> pd.DataFrame:
    """Exchange valence and arousal where they are exchanged."""
    for part in _wrong(parts):
        ratings = exchange(ratings, part.rows)
    return ratings


def swap_checks(ratings: pd.DataFrame, divide: Callable[[pd.DataFrame], list[Part]]) -> list[Check]:
    """Return what `mer datasets validate` says of the ratings in the file, and as they are loaded.

    Parameters
    ----------
    ratings : DataFrame
        As they stand in the file, by song.
    divide : callable
        Returns the parts of ratings, compared with their curves.
    """
    before = divide(ratings)
    after = divide(mend(ratings, before))
    right = all(part.agreement.state == "right" for part in after)
    found = "; ".join(f"{part.name}: {part.agreement.brief}" for part in after)
    name = "V and A, repaired" if _wrong(before) else "V and A as loaded"
    return [*(part.check() for part in before), Check(name, "ok" if right else "note", found)]


def _wrong(parts: Sequence[Part]) -> list[Part]:
    """Return the parts whose columns are exchanged."""
    return [part for part in parts if part.state == "exchanged"]


def _other(name: str) -> str:
    """Return the column of the other dimension."""
    first, second = "valence", "arousal"
    if name.startswith(first):
        return second + name.removeprefix(first)
    return first + name.removeprefix(second)
