"""`AudioFeatures`: several families as one transformer."""

from __future__ import annotations

import contextlib
import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import InputError, unknown_name
from ..extraction.cache import CacheChoice
from ..extraction.engine import check_on_error, check_timeout
from .family import FAMILIES, AudioTransformer, FeatureFamily
from .presets import families_of

__all__ = ["AudioFeatures"]


class AudioFeatures(AudioTransformer):
    """Features of audio, from one pass over the spectrum.

    Parameters
    ----------
    families : str or sequence of str or FeatureFamily, default="music"
        The name of a preset (`mer_sklearn.features.PRESETS`) or of a family
        (`mer_sklearn.features.FAMILIES`), or a list of families, those by name with their defaults.
        Their parameters are reached by their names: ``set_params(mfcc__n_mfcc=13)``.
    n_jobs : int, default=None
        Workers that decode and compute: None is 1, -1 all cores. A `joblib.parallel_config` around
        the call chooses another backend.
    cache : bool or path, default=None
        Where rows of files are kept: True in the user's cache folder (or in ``$MER_CACHE``), a path
        in that folder, None or False nowhere.
    on_error : {"raise", "nan"}, default="raise"
        What a file that cannot be read does: stop with a sentence that names it, or give a row of
        NaN and a warning.
    timeout : float, default=None
        Seconds that a file may take. Then it counts as one that cannot be read, and the process
        that read it is replaced; None waits.

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns.
    report_ : DataFrame
        What the last `transform` could not read: file, reason and remedy, by the row in X.

    Examples
    --------
    >>> import numpy as np
    >>> from mer_sklearn.features import MFCC, AudioFeatures
    >>> features = AudioFeatures([MFCC(n_mfcc=13), "chroma"])
    >>> features.fit_transform(np.zeros((2, 22_050), dtype=np.float32)).shape
    (2, 255)
    """

    def __init__(
        self,
        families: str | Sequence[str | FeatureFamily] = "music",
        *,
        n_jobs: int | None = None,
        cache: CacheChoice = None,
        on_error: str = "raise",
        timeout: float | None = None,
    ) -> None:
        self.families = families
        self.n_jobs = n_jobs
        self.cache = cache
        self.on_error = on_error
        self.timeout = timeout

    def resolve(self) -> list[FeatureFamily]:
        """Return the families, checked."""
        families = self._families()
        names = [family.name for family in families]
        if not names or len(set(names)) < len(names):
            msg = f"families={names!r} must hold at least one family, and each only once."
            raise InputError(msg)
        for family in families:
            family.check()
        check_on_error(self.on_error)
        check_timeout(self.timeout)
        if self.n_jobs is not None and not (
            isinstance(self.n_jobs, numbers.Integral) and self.n_jobs
        ):
            msg = f"n_jobs={self.n_jobs!r} must be a number of workers, -1 for all cores, or None."
            raise InputError(msg)
        return families

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters; with `deep`, those of the families too, by their names.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include the families and their parameters.

        Returns
        -------
        dict of str to object
            Parameters by name.
        """
        parameters: dict[str, Any] = super().get_params(deep=False)
        if deep:
            families: list[FeatureFamily] = []
            with contextlib.suppress(InputError):  # which fit raises
                families = self._families()
            for family in families:
                parameters[family.name] = family
                for key, value in family.get_params().items():
                    parameters[f"{family.name}__{key}"] = value
        return parameters

    def set_params(self, **params: Any) -> AudioFeatures:
        """Set parameters, those of a family by its name: ``mfcc__n_mfcc=13``.

        Parameters
        ----------
        **params
            Values by name.

        Returns
        -------
        AudioFeatures
            This object.
        """
        known = super().get_params(deep=False)
        own = {key: value for key, value in params.items() if key in known}
        super().set_params(**own)
        nested = {key: value for key, value in params.items() if key not in own}
        if nested:
            # Families by name become this object's own before they change.
            self.families = families = self._families()
            for key, value in nested.items():
                name, _, parameter = key.partition("__")
                found = [i for i, family in enumerate(families) if family.name == name]
                if not found:
                    raise unknown_name(
                        "parameter of AudioFeatures", key, [*known, *(f.name for f in families)]
                    )
                if parameter:
                    families[found[0]].set_params(**{parameter: value})
                else:
                    families[found[0]] = value
        return self

    def _families(self) -> list[FeatureFamily]:
        """Return the families as they are, those by name new."""
        if isinstance(self.families, str):
            return families_of(self.families)
        families = list(self.families) if np.iterable(self.families) else [self.families]
        return [_family(family) for family in families]


def _family(family: Any) -> FeatureFamily:
    """Return a family, by its name with its defaults."""
    if isinstance(family, str):
        if family not in FAMILIES:
            raise unknown_name("feature family", family, FAMILIES)
        return FAMILIES[family]()
    if not isinstance(family, FeatureFamily):
        msg = (
            f"families holds {family!r}, which is no feature family. Pass the name of a preset or "
            'of a family, or families such as [MFCC(), "chroma"].'
        )
        raise InputError(msg)
    return family
