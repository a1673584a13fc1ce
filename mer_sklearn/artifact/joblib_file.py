"""A fitted estimator as a joblib file with the manifest as a footer.

Layout: the estimator as joblib writes it, uncompressed; the manifest as JSON; its length in 8
bytes; 8 bytes that mark the end. `joblib.load` reads such a file too, since a pickle ends by
itself.

The manifest is read first. Its checksum of itself and of the estimator finds damage, not malice: a
joblib file runs code when it is loaded, so load only files from people you trust.
"""

from __future__ import annotations

import io
import os
import pickle
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from ..errors import ArtifactError, first_line
from ..files import write_checked
from .manifest import MOST_BYTES, check_seal, from_json, seal, to_json, too_large

__all__ = ["read", "read_manifest", "write"]

MARK = b"MERmodel"
LENGTH_BYTES = 8


def write(
    path: str | os.PathLike[str],
    estimator: object,
    manifest: Mapping[str, Any],
    check: Callable[[object], None],
) -> None:
    """Save an estimator and its manifest, once `check` accepts what was read back.

    Parameters
    ----------
    path : str or path
        The file.
    estimator : object
        A fitted estimator.
    manifest : mapping
        What the file says of itself.
    check : callable
        Given the estimator as it was read back; raises what is wrong with it.
    """
    payload = _pickled(path, estimator)
    text = to_json(seal(manifest, payload, os.fspath(path))).encode()
    footer = text + len(text).to_bytes(LENGTH_BYTES, "little") + MARK
    write_checked(path, payload + footer, lambda beside: check(read(beside)[0]))


def _pickled(path: str | os.PathLike[str], estimator: object) -> bytes:
    """Return the bytes of an estimator; what cannot be pickled is refused."""
    import joblib

    buffer = io.BytesIO()
    try:
        joblib.dump(estimator, buffer)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        msg = (
            f"{path}: the pipeline holds a part that cannot be saved ({error}). Functions and "
            "classes have to stand in a module, by a name; a lambda has none."
        )
        raise ArtifactError(msg) from error
    return buffer.getvalue()


def read_manifest(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the manifest of a joblib artifact without running anything in it."""
    return _split(path)[1]


def read(path: str | os.PathLike[str]) -> tuple[Any, dict[str, Any]]:
    """Return the estimator of a joblib artifact, and the manifest.

    Everything that can be checked is checked before the estimator is unpickled.

    Raises
    ------
    ArtifactError
        If the file is missing, no artifact, damaged, or of another scikit-learn minor version.
    """
    import joblib
    from sklearn.exceptions import InconsistentVersionWarning

    payload, manifest = _split(path)
    _check_version(str(path), manifest)
    try:
        with warnings.catch_warnings():
            # The same minor version is promised to do.
            warnings.simplefilter("ignore", InconsistentVersionWarning)
            return joblib.load(io.BytesIO(payload)), manifest
    except Exception as error:  # unpickling may raise whatever the classes in it raise
        msg = (
            f"{path}: cannot be loaded here ({first_line(error)}). Install what it was saved with "
            "(`mer inspect` shows the versions), or train again."
        )
        raise ArtifactError(msg) from error


def _split(path: str | os.PathLike[str]) -> tuple[bytes, dict[str, Any]]:
    """Return the estimator's bytes and the manifest, once its checksum fits.

    The manifest is read and checked first: a file that is none of ours is not read whole.
    """
    name = os.fspath(path)
    try:
        with Path(path).open("rb") as file:
            manifest, start = _footer(file, name)
            file.seek(0)
            payload = file.read(start)
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror}). Give the path of a saved model."
        raise ArtifactError(msg) from error
    check_seal(manifest, payload, name)
    return payload, manifest


def _footer(file: BinaryIO, name: str) -> tuple[dict[str, Any], int]:
    """Return the manifest at the end of a file, and where the estimator's bytes end."""
    size, end = file.seek(0, io.SEEK_END), LENGTH_BYTES + len(MARK)
    file.seek(max(0, size - end))
    footer = file.read()
    if footer[LENGTH_BYTES:] != MARK:
        msg = (
            f"{name}: is no complete model of mer_sklearn. Give a file that `save` or `mer train` "
            "wrote; if it is one, it was cut off: copy it again."
        )
        raise ArtifactError(msg)
    length = int.from_bytes(footer[:LENGTH_BYTES], "little")
    start = size - end - length
    if start < 0:
        msg = f"{name}: its footer is damaged. Copy the file again from its source."
        raise ArtifactError(msg)
    if length > MOST_BYTES:
        raise too_large(name, length)
    file.seek(start)
    return from_json(file.read(length), name, "joblib"), start


def _check_version(file: str, manifest: Mapping[str, Any]) -> None:
    """Refuse a file of another scikit-learn: its objects would load and might answer wrongly."""
    import sklearn

    saved = manifest["versions"].get("scikit-learn")
    if saved is None:
        msg = (
            f"{file}: does not say under which scikit-learn it was saved, and pickled models do "
            "not carry over. Do not use the file, or train again."
        )
        raise ArtifactError(msg)
    if saved.split(".")[:2] != sklearn.__version__.split(".")[:2]:
        msg = (
            f"{file}: was saved under scikit-learn {saved}, this is {sklearn.__version__}, and "
            f"pickled models do not carry over. Install scikit-learn {saved}, or train again."
        )
        raise ArtifactError(msg)
