"""Load a saved model of either kind."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ..errors import ArtifactError

__all__ = ["load"]


def load(path: str | os.PathLike[str]) -> Any:
    """Load a model that `EmotionPipeline.save` or ``mer train`` wrote.

    A joblib file runs code when it is loaded: load only files from people you trust.

    Parameters
    ----------
    path : str or path
        A file that ends in ``.joblib``.

    Returns
    -------
    EmotionPipeline
        The fitted pipeline, as it was saved.

    Raises
    ------
    ArtifactError
        If the file is missing, no model, damaged, or of another scikit-learn minor version.

    Examples
    --------
    >>> load("no-such-model.joblib")
    Traceback (most recent call last):
        ...
    mer_sklearn.errors.ArtifactError: no-such-model.joblib: cannot be read ...
    """
    if Path(path).suffix != ".joblib":
        msg = f"{path}: a model's name ends in .joblib. Give a file that `save` wrote."
        raise ArtifactError(msg)
    from .joblib_file import read

    return read(path)
