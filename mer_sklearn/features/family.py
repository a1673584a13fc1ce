"""What a feature family is, and what all transformers of audio share."""

from __future__ import annotations

import abc
import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ..errors import InputError, unknown_name
from ..extraction.report import Failure, as_table
from .clip_series import ClipSeries
from .inputs import as_items
from .ops import Array
from .rows import extract
from .spectra import SERIES
from .statistics import check_statistics, summarize

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FAMILIES", "AudioTransformer", "FeatureFamily", "Meaning", "StatisticsFamily"]


@dataclass(frozen=True)
class Meaning:
    """What some columns of a family say.

    Attributes
    ----------
    columns : str
        Which columns: their names without the family's, as a shell pattern (``contrast_*``). Of
        columns ``series__statistic`` it is matched against the series alone, unless it holds ``__``
        itself.
    unit : str
        Unit or range: "Hz", "dB", "0 to 1", "".
    text : str
        What they measure, in a few words.
    """

    columns: str
    unit: str
    text: str

    def fits(self, column: str) -> bool:
        """Tell whether a column, by its whole name, is one of these."""
        own = column.partition("__")[2]
        series = own.partition("__")[0]
        return fnmatch.fnmatchcase(own if "__" in self.columns else series, self.columns)


_FAMILIES: dict[str, type[FeatureFamily]] = {}
FAMILIES: Mapping[str, type[FeatureFamily]] = MappingProxyType(_FAMILIES)


class AudioTransformer(TransformerMixin, BaseEstimator, abc.ABC):
    """A scikit-learn transformer from audio to a table of features.

    X is a list of paths, `Segment` or `Clip`, or a matrix whose rows are clips at 22 050 Hz.
    Nothing is learned: `fit` checks X and the parameters.
    """

    # Set by transformers that offer them.
    n_jobs: int | None = None
    cache: Any = None
    on_error: str = "raise"
    timeout: float | None = None
    _failures: Mapping[int, Failure] = MappingProxyType({})

    @abc.abstractmethod
    def resolve(self) -> list[FeatureFamily]:
        """Return the families that make the columns, checked."""

    def fit(self, X: Any, y: Any = None) -> AudioTransformer:  # noqa: ARG002  # scikit-learn's form
        """Check X and the parameters.

        Parameters
        ----------
        X : list of paths, `Segment` or `Clip`, or array of shape (n_clips, n_samples)
            The audio.
        y : None
            Ignored.

        Returns
        -------
        AudioTransformer
            This object.

        Raises
        ------
        InputError
            If X is no audio or a parameter makes no sense.
        """
        as_items(X, self)
        self.feature_names_out_ = column_names(self.resolve())
        return self

    def transform(self, X: Any) -> Array:
        """Compute the features.

        Parameters
        ----------
        X : list of paths, `Segment` or `Clip`, or array of shape (n_clips, n_samples)
            The audio.

        Returns
        -------
        ndarray of shape (n_clips, n_columns)
            One row a clip, float32, finite; a DataFrame after ``set_output(transform="pandas")``.

        Raises
        ------
        InputError
            If X is no audio.
        AudioError
            If a file cannot be read, unless ``on_error="nan"``.
        """
        check_is_fitted(self)
        rows = extract(
            self.resolve(),
            as_items(X, self),
            n_jobs=self.n_jobs,
            cache=self.cache,
            on_error=self.on_error,
            timeout=self.timeout,
        )
        if rows.failures or self._failures:
            self._failures = rows.failures
        return rows.values

    @property
    def report_(self) -> pd.DataFrame:
        """What the last `transform` could not read: file, reason and remedy, by the row in X."""
        check_is_fitted(self)
        return as_table(self._failures)

    def get_feature_names_out(self, input_features: Any = None) -> Array:  # noqa: ARG002
        """Return the names of the columns, ``family__series__statistic`` or ``family__value``.

        Parameters
        ----------
        input_features : None
            Ignored: the columns do not come from columns.

        Returns
        -------
        ndarray of shape (n_columns,)
            Names, of type object.
        """
        check_is_fitted(self)
        return np.asarray(self.feature_names_out_, dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = ["float32"]  # which all columns are
        return tags


class FeatureFamily(AudioTransformer):
    """One family of features: its parameters, the series it needs, its columns and their names.

    A family is written once, as a pure function of a clip's series in the array API standard: numpy
    runs it and the exported ONNX graph is traced from the same lines. It is a transformer by
    itself, and a part of `AudioFeatures`, where all families share one spectrum.

    Attributes
    ----------
    name : str
        What its columns begin with.
    version : int
        Rises whenever its numbers change: it stands in cache keys and saved models.
    needs : tuple of str
        The series it is computed from.
    meanings : tuple of Meaning
        What its columns say and their units.
    source : str
        Where its formula comes from.
    exports : bool
        Whether it can be traced into an ONNX graph.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    needs: ClassVar[tuple[str, ...]]
    meanings: ClassVar[tuple[Meaning, ...]]
    source: ClassVar[str]
    exports: ClassVar[bool] = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "name" not in cls.__dict__:
            return
        taken = _FAMILIES.get(cls.name)
        if taken is not None and taken.__qualname__ != cls.__qualname__:
            msg = f"{cls.__name__} and {taken.__name__} both call themselves {cls.name!r}."
            raise InputError(msg)
        _FAMILIES[cls.name] = cls

    @abc.abstractmethod
    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns of the clips, shape (n_clips, n_columns)."""

    @abc.abstractmethod
    def column_names(self) -> list[str]:
        """Return the names of the columns, each beginning with ``family__``."""

    def check(self) -> None:
        """Refuse parameters that make no sense."""
        for series in self.needs:
            if series not in SERIES:
                raise unknown_name(f"series in {type(self).__name__}.needs", series, SERIES)

    def identity(self) -> dict[str, Any]:
        """Return all that decides the numbers, as JSON holds it: name, versions and parameters."""
        parameters = {key: _plain(value) for key, value in self.get_params(deep=False).items()}
        series = {name: SERIES[name].version for name in self.needs}
        return {
            "family": self.name,
            "version": self.version,
            "series": series,
            "parameters": parameters,
        }

    def resolve(self) -> list[FeatureFamily]:
        """Return this family, checked."""
        self.check()
        return [self]


class StatisticsFamily(FeatureFamily):
    """A family whose columns are statistics of rows over the frames of a clip."""

    statistics: Sequence[str]

    @abc.abstractmethod
    def series_names(self) -> list[str]:
        """Return the names of the rows that are summarized."""

    @abc.abstractmethod
    def series(self, clip: ClipSeries) -> Array:
        """Return the rows that are summarized, shape (n_clips, n_frames, n_rows)."""

    def column_names(self) -> list[str]:
        """Return the names of the columns, ``family__series__statistic``."""
        return [f"{self.name}__{row}__{s}" for s in self.statistics for row in self.series_names()]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the statistics of the rows, shape (n_clips, n_columns)."""
        return summarize(clip, self.series(clip), self.statistics)

    def check(self) -> None:
        """Refuse parameters that make no sense."""
        super().check()
        check_statistics(self.statistics)


def column_names(families: Sequence[FeatureFamily]) -> list[str]:
    """Return the names of all columns of some families."""
    return [name for family in families for name in family.column_names()]


def _plain(value: Any) -> Any:
    """Return a parameter as JSON holds it: numpy's numbers as Python's, sequences as lists."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (tuple, list, np.ndarray)):
        return [_plain(item) for item in value]
    return value
