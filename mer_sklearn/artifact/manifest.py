"""What a saved model says of itself: one JSON document, the same in every kind of file."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import math
from collections.abc import Mapping
from typing import Any

from ..errors import ArtifactError

__all__ = [
    "FORMAT",
    "KEY",
    "SCHEMA",
    "check_manifest",
    "check_seal",
    "from_json",
    "library_versions",
    "seal",
    "to_json",
]

FORMAT = "mer_sklearn model"
KEY = "mer_sklearn"  # of the entry in the metadata of an ONNX file
SCHEMA = 1  # changes when the meaning of an entry does; superseded readers are kept

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


def library_versions() -> dict[str, str]:
    """Return the installed versions of the libraries that decide a model's numbers."""
    versions = {}
    for name in LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def to_json(manifest: Mapping[str, Any]) -> str:
    """Return a manifest as text, the same text for the same manifest."""
    return json.dumps(_plain(manifest), indent=1, sort_keys=True, ensure_ascii=False)


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


def from_json(text: str | bytes, file: str) -> dict[str, Any]:
    """Return the manifest that a text holds, checked."""
    try:
        manifest = json.loads(text)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        msg = f"{file}: its manifest is damaged ({error}). Copy the file again from its source."
        raise ArtifactError(msg) from error
    check_manifest(manifest, file)
    return dict(manifest)


def seal(manifest: Mapping[str, Any], payload: bytes) -> dict[str, Any]:
    """Return a manifest with the checksum of itself and of what it describes."""
    says = json.loads(to_json(manifest))  # as it will be read: keys are texts, tuples lists
    return {**says, "sha256": _checksum(says, payload)}


def check_seal(manifest: Mapping[str, Any], payload: bytes, file: str) -> None:
    """Refuse a manifest or a payload that changed since they were sealed: damage, not malice."""
    if _checksum(manifest, payload) != manifest.get("sha256"):
        msg = (
            f"{file}: was damaged, or changed after it was saved (its checksum differs). Copy the "
            "file again from its source."
        )
        raise ArtifactError(msg)


def _checksum(manifest: Mapping[str, Any], payload: bytes) -> str:
    says = to_json({key: value for key, value in manifest.items() if key != "sha256"})
    return hashlib.sha256(payload + says.encode()).hexdigest()


def check_manifest(manifest: Any, file: str) -> None:
    """Refuse a manifest that is not ours or that this version cannot read."""
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        msg = f"{file}: is no model of mer_sklearn. Give a file that `save` or `mer train` wrote."
        raise ArtifactError(msg)
    if manifest.get("schema") != SCHEMA:
        written = manifest.get("versions", {}).get("mer-sklearn", "of another time")
        msg = (
            f"{file}: was written in format {manifest.get('schema')} by mer_sklearn {written}; "
            f"this version reads format {SCHEMA}. Install that version, or train again."
        )
        raise ArtifactError(msg)
