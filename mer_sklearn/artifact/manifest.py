"""What a saved model says of itself: one JSON document, the same in every kind of file.

========================= ========================================================================
``format``, ``schema``    that it is ours, and in which form this is written
``kind``                  "joblib" or "onnx"
``task``                  "classification" or "regression"
``labels``                the classes, in the order of the probabilities
``targets``, ``scale``    what the numbers are, in their order, and the ends of valence and arousal
``labeller``,             how valence and arousal become emotions, and which those are (of a model
``emotions``              of numbers)
``sample_rate``           in Hz: what the graph takes
``features``              families with versions and parameters, the names of all columns, and a
                          SHA-256 of both: equal where two models see the same features
``steps``, ``fit``        the steps behind the features; what their fit kept apart and left out
``scores``, ``study``     what `evaluate` or `tune` found: scores with intervals, and the split
``training``              the data: name, licence, clips, groups, SHA-256
``versions``              of the libraries that decide the numbers
``outputs``, ``gate``     of an ONNX file: its answers, and how far they were found from the
                          pipeline's
``self_test``             a signal that anyone can make, the answer to it, and how far another
                          machine's may lie
``n_bytes``, ``sha256``   of an ONNX file, where its graph ends; a checksum of model and manifest
========================= ========================================================================

The names of the columns stand there in full, to be read without this package: those of the preset
``music`` are two hundredths of its file.

The checksum finds damage, not malice: who forges a file can forge it, too. So every entry is
checked for what it must be before anything trusts it.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import reprlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from ..errors import ArtifactError
from .fields import KINDS, faults

__all__ = [
    "FORMAT",
    "KEY",
    "MOST_BYTES",
    "SCHEMA",
    "SUFFIXES",
    "check_manifest",
    "check_seal",
    "checksum",
    "from_json",
    "kind_of",
    "library_versions",
    "seal",
    "to_json",
    "too_large",
]

Buffer: TypeAlias = bytes | memoryview

FORMAT = "mer_sklearn model"
KEY = "mer_sklearn"  # of the entry in the metadata of an ONNX file
SCHEMA = 1  # changes when the meaning of an entry does; superseded readers are kept
SUFFIXES = tuple(f".{kind}" for kind in KINDS)  # of the names of files
MOST_BYTES = 2**22  # of a manifest; that of 5 000 columns has 2**18

LIBRARIES = (
    "mer-sklearn",
    "numpy",
    "scipy",
    "scikit-learn",
    "imbalanced-learn",
    "xgboost",
    "xgboost-cpu",
    "joblib",
    "soundfile",
    "soxr",
    "onnx",
    "onnxruntime",
    "ndonnx",
    "spox",
    "skl2onnx",
)


def kind_of(path: str | os.PathLike[str]) -> str:
    """Return the kind of a model by the ending of its name."""
    suffix = Path(path).suffix
    if suffix not in SUFFIXES:
        msg = f"{path}: a model's name ends in {' or '.join(SUFFIXES)}. Give one that does."
        raise ArtifactError(msg)
    return suffix[1:]


def library_versions() -> dict[str, str]:
    """Return the installed versions of the libraries that decide a model's numbers."""
    import importlib.metadata  # slow to load, and needed only where models are saved

    versions = {}
    for name in LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def checksum(value: Any) -> str:
    """Return the SHA-256 of what JSON can hold."""
    return hashlib.sha256(to_json(value).encode()).hexdigest()


def to_json(value: Any) -> str:
    """Return a manifest, or a part of one, as text: the same text for the same value."""
    return json.dumps(_plain(value), indent=1, sort_keys=True, ensure_ascii=False)


def _plain(value: Any) -> Any:
    """Return what JSON knows: plain numbers, and null where a number is not finite."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    msg = f"{value!r} cannot stand in a manifest: it must be a text, a number, a list or a dict."
    raise ArtifactError(msg)


def from_json(text: bytes, file: str, kind: str) -> dict[str, Any]:
    """Return the manifest that a file of some kind holds, every entry checked."""
    try:
        manifest = json.loads(text)
    except (ValueError, RecursionError) as error:
        # Not what was found there: the text is whatever the file has, and may be long.
        msg = (
            f"{file}: its manifest is damaged ({type(error).__name__}). Copy the file again from "
            "its source."
        )
        raise ArtifactError(msg) from error
    check_manifest(manifest, file, kind)
    return dict(manifest)


def seal(manifest: Mapping[str, Any], payload: bytes, file: str) -> dict[str, Any]:
    """Return a manifest with the checksum of itself and of what it describes.

    One that could not be read again is refused.
    """
    says = json.loads(to_json(manifest))  # as it will be read: keys are texts, tuples lists
    if (fault := _fault(says, str(says["kind"]))) is not None:
        msg = f"{file}: cannot be saved: {fault}. Rename it, or mend `info` if it stands there."
        raise ArtifactError(msg)
    sealed = {**says, "sha256": _checksum(says, payload)}
    if (size := len(to_json(sealed).encode())) > MOST_BYTES:
        msg = f"{file}: cannot be saved: {_too_many(size)}. Say less in `info`."
        raise ArtifactError(msg)
    return sealed


def check_seal(manifest: Mapping[str, Any], payload: Buffer, file: str) -> None:
    """Refuse a manifest or a payload that changed since they were sealed: damage, not malice."""
    if _checksum(manifest, payload) != manifest.get("sha256"):
        msg = (
            f"{file}: was damaged, or changed after it was saved (its checksum differs). Copy the "
            "file again from its source."
        )
        raise ArtifactError(msg)


def _checksum(manifest: Mapping[str, Any], payload: Buffer) -> str:
    says = to_json({key: value for key, value in manifest.items() if key != "sha256"})
    digest = hashlib.sha256(payload)
    digest.update(says.encode())
    return digest.hexdigest()


def check_manifest(manifest: Any, file: str, kind: str) -> None:
    """Refuse a manifest that is not ours, that this version cannot read, or that is forged."""
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        msg = f"{file}: is no model of mer_sklearn. Give a file that `save` or `mer train` wrote."
        raise ArtifactError(msg)
    if manifest.get("schema") != SCHEMA:
        raise _other_schema(manifest, file)
    if (fault := _fault(manifest, kind)) is not None:
        msg = (
            f"{file}: its manifest is none that mer_sklearn writes: {fault}. Do not use the file, "
            "or save it again from where it was trained."
        )
        raise ArtifactError(msg)


def _fault(manifest: Mapping[str, Any], kind: str) -> str | None:
    """Return the first thing that is wrong with the entries of a manifest."""
    try:
        return next(faults(manifest, kind), None)
    except RecursionError:
        return "it is nested too deeply"


def _other_schema(manifest: Mapping[str, Any], file: str) -> ArtifactError:
    versions = manifest.get("versions")
    written = versions.get("mer-sklearn") if isinstance(versions, dict) else None
    return ArtifactError(
        f"{file}: was written in format {_short(manifest.get('schema'))} by mer_sklearn "
        f"{_short(written or 'of another time')}; this version reads format {SCHEMA}. Install that "
        "version, or train again."
    )


def _short(value: Any) -> str:
    """Return something from a file for a sentence: of one line, and not long."""
    text = str(value)
    return text if text.isprintable() and len(text) < 30 else reprlib.repr(text[:30])


def too_large(file: str, size: int) -> ArtifactError:
    """Return the error for a manifest that would fill the memory."""
    return ArtifactError(f"{file}: {_too_many(size)}. Do not use the file.")


def _too_many(size: int) -> str:
    return (
        f"its manifest has {size / 2**20:.0f} MB, more than the {MOST_BYTES / 2**20:.0f} MB that "
        "mer_sklearn writes or reads"
    )
