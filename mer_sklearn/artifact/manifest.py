"""What a saved model says of itself: one JSON document, the same in every kind of file."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Mapping
from typing import Any

from ..errors import ArtifactError

__all__ = ["FORMAT", "SCHEMA", "check_manifest", "from_json", "library_versions", "to_json"]

FORMAT = "mer_sklearn model"
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
    return json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False)


def from_json(text: str | bytes, file: str) -> dict[str, Any]:
    """Return the manifest that a text holds, checked."""
    try:
        manifest = json.loads(text)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        msg = f"{file}: its manifest is damaged ({error}). Copy the file again from its source."
        raise ArtifactError(msg) from error
    check_manifest(manifest, file)
    return dict(manifest)


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
