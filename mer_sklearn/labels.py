"""From valence and arousal to emotions, and back.

Conventions: valence (unpleasant to pleasant) stands first, arousal (calm to excited) second. Both
run from -1 to 1 inside; values on another scale are converted on the way in and on the way out. A
point that a scheme does not name has the label None.

The circumplex is Russell's [1]_: angle 0 is pleasant, 90 degrees is aroused. It holds for words.
Excerpts of music chosen as sad lie near valence 0, and anger and fear lie ten degrees apart, so
valence and arousal alone cannot tell these two.

References
----------
.. [1] J. A. Russell, "A circumplex model of affect", Journal of Personality and Social Psychology
       39(6), 1161-1178, 1980.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, TransformerMixin

from .errors import InputError, some, unknown_name

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.utils import Tags

__all__ = ["AXES", "SCHEMES", "EmotionLabeller", "is_missing"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.object_]
Point = tuple[float, float]

# Names of each scheme; those of "octants" stand at 0, 45, ... 315 degrees.
SCHEMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "quadrants": ("happy", "angry", "sad", "calm"),
        "deam-three": ("happiness", "sadness", "fear"),
        "deam-four": ("happiness", "sadness", "fear", "anger"),
        "octants": (
            "happy",
            "excited",
            "energetic",
            "angry",
            "distressed",
            "sad",
            "tired",
            "calm",
        ),
    }
)

AXES = ("valence", "arousal")
MISSING = (np.nan, np.nan)
OCTANT_DEG = 45.0
ANGER_AROUSAL = 0.5  # 7 on the scale from 1 to 9
KNOWN_SCALES = ((0, 1), (-1, 1), (1, 9), (-10, 10))  # of published corpora, narrowest first


class EmotionLabeller(
    TransformerMixin,
    BaseEstimator,
    auto_wrap_output_keys=None,  # type: ignore[call-arg] # scikit-learn ships no types
):
    """Name the emotion at a point of the plane of valence and arousal.

    It learns nothing: `transform` works without `fit`, which only checks.

    ============ ================================================================================
    scheme       labels, on the scale from -1 to 1; a value on a midline is low
    ============ ================================================================================
    quadrants    happy (V > 0, A > 0), angry (V <= 0, A > 0), sad (V <= 0, A <= 0), calm
                 (V > 0, A <= 0)
    deam-three   happiness (V > 0, A > 0), fear (V <= 0, 0 < A < 0.5), sadness (V <= 0 with
                 A <= 0 or A >= 0.5); pleasant and calm has no label
    deam-four    the same, but V <= 0 with A >= 0.5 is anger
    octants      sectors of 45 degrees around happy (0), excited (45), energetic (90), angry
                 (135), distressed (180), sad (225), tired (270), calm (315); the very centre
                 has no label
    ============ ================================================================================

    On the scale from 1 to 9 the midline is 5 and the step to anger is 7.

    Parameters
    ----------
    scheme : {"quadrants", "deam-three", "deam-four", "octants"}, default="quadrants"
        The table of names.
    thresholds : tuple of two floats, default=None
        Midlines (valence, arousal) of "quadrants", on `scale`; None is the middle of the scale.
    dead_zone : float >= 0, default=0.0
        Points nearer than this to a midline ("octants": to the centre) have no label. Measured on
        the scale from -1 to 1, whatever `scale` is.
    scale : tuple of two floats, default=(-1.0, 1.0)
        Lowest and highest value of both axes.

    Examples
    --------
    >>> EmotionLabeller().transform([[0.6, 0.4], [-0.5, -0.2]])
    array(['happy', 'sad'], dtype=object)
    >>> EmotionLabeller("deam-four", scale=(1, 9)).transform([[3.0, 7.0], [6.0, 4.0]])
    array(['anger', None], dtype=object)
    >>> EmotionLabeller().inverse_transform(["calm"])
    array([[ 0.5, -0.5]])
    """

    def __init__(
        self,
        scheme: Literal["quadrants", "deam-three", "deam-four", "octants"] = "quadrants",
        *,
        thresholds: tuple[float, float] | None = None,
        dead_zone: float = 0.0,
        scale: tuple[float, float] = (-1.0, 1.0),
    ) -> None:
        self.scheme = scheme
        self.thresholds = thresholds
        self.dead_zone = dead_zone
        self.scale = scale

    @property
    def labels(self) -> tuple[str, ...]:
        """The names that the scheme can give, in its order."""
        if self.scheme not in SCHEMES:
            raise unknown_name("scheme", self.scheme, SCHEMES)
        return SCHEMES[self.scheme]

    def fit(self, va: npt.ArrayLike | pd.DataFrame, y: object = None) -> Self:  # noqa: ARG002
        """Check the parameters and the values; learn nothing.

        Parameters
        ----------
        va : array-like of shape (n_samples, 2) or DataFrame
            As for `transform`.
        y : None
            Ignored.

        Returns
        -------
        EmotionLabeller
            The labeller itself.
        """
        self._check_parameters()
        self._unit_values(va)
        return self

    def transform(self, va: npt.ArrayLike | pd.DataFrame) -> Labels:
        """Return the emotion of each point.

        Parameters
        ----------
        va : array-like of shape (n_samples, 2) or DataFrame
            Valence and arousal on `scale`, valence first. A DataFrame is read by the names of its
            columns, ``valence`` and ``arousal``, in any order and among others. Values from 0 to 1
            also lie on the scale from -1 to 1: nothing can tell that `scale` was forgotten.

        Returns
        -------
        ndarray of shape (n_samples,)
            Strings, and None for points without a label; dtype object.

        Raises
        ------
        InputError
            If a parameter makes no sense, the shape is wrong, or a value is missing or off
            the scale.
        """
        self._check_parameters()
        v, a = self._unit_values(va).T
        label = np.full(len(v), None, dtype=object)
        for name, covered in self._regions(v, a).items():
            label[covered] = name
        label[self._in_dead_zone(v, a)] = None
        return label

    def values(self, va: npt.ArrayLike | pd.DataFrame) -> FloatArray:
        """Return valence and arousal as numbers, valence first, once they are checked.

        Parameters
        ----------
        va : array-like of shape (n_samples, 2), or DataFrame with valence and arousal
            Values on `scale`.

        Returns
        -------
        ndarray of shape (n_samples, 2)
            The same values, on the same scale.

        Raises
        ------
        InputError
            As `transform` does.
        """
        self._check_parameters()
        self._unit_values(va)
        return _two_columns(va)[0]

    def inverse_transform(self, labels: Iterable[str | None]) -> FloatArray:
        """Return a typical point for each emotion: the middle of what the label covers.

        Parameters
        ----------
        labels : iterable of str
            Names of the scheme. None, NaN and "" are missing.

        Returns
        -------
        ndarray of shape (n_samples, 2)
            Valence and arousal on `scale`; NaN where the label is missing.

        Raises
        ------
        InputError
            If a label is none of the scheme.
        """
        self._check_parameters()
        if isinstance(labels, str):
            raise InputError(
                f"labels must be a list of names, got the single {labels!r}; pass [{labels!r}]."
            )
        typical = self._typical_points()
        points = [MISSING if is_missing(name) else self._known(name, typical) for name in labels]
        middle, half = self._middle_and_half()
        return np.array(points, dtype=np.float64).reshape(-1, 2) * half + middle

    def _known(self, name: object, typical: Mapping[str, Point]) -> Point:
        if name not in typical:
            raise unknown_name(f"label of the scheme {self.scheme!r}", name, typical)
        return typical[str(name)]

    # The schemes, on the scale from -1 to 1.

    def _regions(self, v: FloatArray, a: FloatArray) -> dict[str, BoolArray]:
        """Return which points each label covers; no point is covered twice."""
        if self.scheme == "octants":
            sector = np.floor(np.degrees(np.arctan2(a, v)) / OCTANT_DEG + 0.5) % len(self.labels)
            return {name: sector == i for i, name in enumerate(self.labels)}
        middle_v, middle_a = self._midlines()
        pleasant, aroused = v > middle_v, a > middle_a
        if self.scheme == "quadrants":
            return {
                "happy": pleasant & aroused,
                "angry": ~pleasant & aroused,
                "sad": ~pleasant & ~aroused,
                "calm": pleasant & ~aroused,
            }
        anger = ~pleasant & (a >= ANGER_AROUSAL)
        regions = {
            "happiness": pleasant & aroused,
            "sadness": ~pleasant & ~aroused,
            "fear": ~pleasant & aroused & ~anger,
        }
        if self.scheme == "deam-four":
            return {**regions, "anger": anger}
        return {**regions, "sadness": regions["sadness"] | anger}

    def _in_dead_zone(self, v: FloatArray, a: FloatArray) -> BoolArray:
        if self.scheme == "octants":
            radius = np.hypot(v, a)
            nameless: BoolArray = (radius < self.dead_zone) | (radius == 0)  # the centre: no angle
            return nameless
        middle_v, middle_a = self._midlines()
        nearest: FloatArray = np.minimum(np.abs(v - middle_v), np.abs(a - middle_a))
        return nearest < self.dead_zone

    def _typical_points(self) -> dict[str, Point]:
        """Return the middle of what each label covers, the dead zone taken off."""
        if self.scheme == "octants":
            return _on_circle(self.labels, radius=(self.dead_zone + 1) / 2)
        (low_v, high_v), (low_a, high_a) = map(self._half_ways, self._midlines())
        if self.scheme == "quadrants":
            return {
                "happy": (high_v, high_a),
                "angry": (low_v, high_a),
                "sad": (low_v, low_a),
                "calm": (high_v, low_a),
            }
        return {
            "happiness": (high_v, high_a),
            "sadness": (low_v, low_a),
            "fear": (low_v, (self.dead_zone + ANGER_AROUSAL) / 2),
            **({"anger": (low_v, (ANGER_AROUSAL + 1) / 2)} if self.scheme == "deam-four" else {}),
        }

    def _half_ways(self, midline: float) -> Point:
        """Return the middle of what lies below and of what lies above a midline."""
        return (midline - self.dead_zone - 1) / 2, (midline + self.dead_zone + 1) / 2

    def _midlines(self) -> Point:
        if self.thresholds is None:
            return 0.0, 0.0
        middle, half = self._middle_and_half()
        valence, arousal = self.thresholds
        return (valence - middle) / half, (arousal - middle) / half

    # The values, on the scale of the user.

    def _middle_and_half(self) -> Point:
        """Return the middle and the half width of the scale."""
        low, high = self.scale
        return (low + high) / 2, (high - low) / 2

    def _unit_values(self, va: npt.ArrayLike | pd.DataFrame) -> FloatArray:
        """Return the points on the scale from -1 to 1, once they are known to lie on their own."""
        values, rows = _two_columns(va)
        if np.isnan(values).any():
            row, column = np.argwhere(np.isnan(values))[0]
            raise InputError(
                f"{AXES[column]} is missing in row {rows[row]}{_more(np.isnan(values))}; "
                "drop the rows without valence and arousal first."
            )
        low, high = self.scale
        off = (values < low) | (values > high)
        if off.any():
            row, column = np.argwhere(off)[0]
            raise InputError(
                f"{AXES[column]}={values[row, column]:g} in row {rows[row]}{_more(off)} lies "
                f"outside the scale [{low:g}, {high:g}]; {_likely_cause(values, off)}"
            )
        middle, half = self._middle_and_half()
        return (values - middle) / half  # in this order exact where it decides: at the middle

    def _check_parameters(self) -> None:
        _check_pair("scale", self.scale)
        low, high = self.scale
        if not low < high:
            raise InputError(f"scale={self.scale} must be (lowest, highest) value of the ratings.")
        if self.thresholds is not None:
            self._check_thresholds(self.thresholds)
        self._check_dead_zone()

    def _check_thresholds(self, thresholds: tuple[float, float]) -> None:
        if self.scheme != "quadrants":
            raise InputError(
                f"thresholds cannot move the lines of the scheme {self.scheme!r}; "
                "use scheme='quadrants' or leave thresholds=None."
            )
        _check_pair("thresholds", thresholds)
        low, high = self.scale
        if not all(low < threshold < high for threshold in thresholds):
            raise InputError(
                f"thresholds={thresholds} must lie inside the scale [{low:g}, {high:g}]: "
                "they are midlines (valence, arousal) on that scale."
            )

    def _check_dead_zone(self) -> None:
        limits = {"quadrants": 1 - max(map(abs, self._midlines())), "octants": 1.0}
        limit = limits.get(self.scheme, ANGER_AROUSAL) if self.labels else 0.0
        if not (isinstance(self.dead_zone, Real) and 0 <= self.dead_zone < limit):
            raise InputError(
                f"dead_zone={self.dead_zone!r} must be at least 0 and less than {limit:g} (on the "
                f"scale from -1 to 1), or a label of {self.scheme!r} would cover nothing."
            )

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags


def _on_circle(names: tuple[str, ...], *, radius: float) -> dict[str, Point]:
    angles = np.radians(OCTANT_DEG * np.arange(len(names)))
    # 15 decimals: the cosine of a right angle is zero.
    points = np.round(radius * np.column_stack([np.cos(angles), np.sin(angles)]), 15)
    return {name: (float(v), float(a)) for name, (v, a) in zip(names, points, strict=True)}


def _two_columns(va: npt.ArrayLike | pd.DataFrame) -> tuple[FloatArray, Sequence[object]]:
    """Return valence and arousal as numbers, and the names of the rows."""
    import pandas as pd

    rows: Sequence[object] | None = None
    if isinstance(va, pd.DataFrame):
        missing = [name for name in AXES if name not in va.columns]
        if missing:
            raise InputError(
                f"va has no column {' and '.join(missing)} (its columns: {some(va.columns)}); "
                "rename its columns to valence and arousal; their order does not matter."
            )
        va, rows = va[list(AXES)], list(va.index)
    values = _numbers(va)
    return values, range(len(values)) if rows is None else rows


def _numbers(va: npt.ArrayLike | pd.DataFrame) -> FloatArray:
    try:
        values = np.asarray(va, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"va must hold numbers, valence and arousal: {error}.") from error
    if values.shape == (2,):
        raise InputError(
            f"va must be a list of pairs, got the single pair {values.tolist()}; "
            f"pass [{values.tolist()}]."
        )
    if values.ndim != 2 or values.shape[1] != 2:
        raise InputError(
            f"va must have two columns, valence and arousal, but its shape is {values.shape}."
        )
    return values


def _check_pair(name: str, pair: tuple[float, float]) -> None:
    try:
        fine = len(pair) == 2 and bool(np.isfinite(pair).all())
    except TypeError:
        fine = False
    if not fine:
        raise InputError(f"{name}={pair!r} must be two numbers.")


def _likely_cause(values: FloatArray, off: BoolArray) -> str:
    """Return why values lie off the scale and what to do: a scale moves both axes, a mix-up one."""
    off_axes = np.flatnonzero(off.any(axis=0))
    if len(off_axes) == len(AXES):
        return _likely_scale(values)
    return (
        f"{AXES[off_axes[0]]} alone is off, so the columns may be swapped, or one of them "
        "something else: valence stands first, arousal second, and a DataFrame is read by "
        f"these names. Otherwise {_likely_scale(values)}"
    )


def _likely_scale(values: FloatArray) -> str:
    """Return what to do about another scale, from the narrowest known one that holds all values."""
    lowest, highest = values.min(), values.max()
    for low, high in KNOWN_SCALES:
        both_sides = low >= 0 or lowest < 0  # a scale around 0 shows by its negative values
        if low <= lowest and highest <= high and both_sides:
            return f"it looks like the {low} to {high} scale: pass scale=({low}, {high})."
    return "correct the value, or pass the scale of the ratings as scale=(lowest, highest)."


def _more(bad: BoolArray) -> str:
    others = int(bad.any(axis=1).sum()) - 1
    return f" (and {others} more)" if others else ""


def is_missing(label: object) -> bool:
    """Tell whether a label is missing: None, NaN, pandas' NA or the empty string."""
    import pandas as pd

    return bool(pd.isna(label)) or label == ""  # type: ignore[call-overload]
