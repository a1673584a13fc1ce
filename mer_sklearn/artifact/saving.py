"""What is written when a fitted pipeline is saved, and the check before it is moved into place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..audio import SAMPLE_RATE, Clip
from ..errors import ArtifactError
from . import joblib_file
from .manifest import FORMAT, SCHEMA, library_versions

__all__ = ["describe", "save_pipeline"]


def save_pipeline(pipeline: Any, path: str | os.PathLike[str], info: Mapping[str, Any]) -> None:
    """Write a fitted `EmotionPipeline` as one file; see `EmotionPipeline.save`."""
    if Path(path).suffix != ".joblib":
        msg = f"{path}: a model's name ends in .joblib; choose such a name."
        raise ArtifactError(msg)
    manifest = describe(pipeline, info)

    def check(loaded: object) -> None:
        if _self_test(loaded) != manifest["self_test"]:
            msg = f"{path}: what was read back predicts otherwise; nothing was saved."
            raise ArtifactError(msg)

    joblib_file.write(path, pipeline, manifest, check)


def describe(pipeline: Any, info: Mapping[str, Any]) -> dict[str, Any]:
    """Return the manifest of a fitted pipeline."""
    classes = pipeline.task_ == "classification"
    labeller = pipeline.labeller_
    return {
        "format": FORMAT,
        "schema": SCHEMA,
        "task": pipeline.task_,
        "labels": [_plain(label) for label in pipeline.classes_] if classes else None,
        "targets": list(pipeline.target_names_),
        "scale": None if labeller is None else [float(end) for end in labeller.scale],
        "labeller": None if labeller is None else _parameters(labeller),
        "sample_rate": SAMPLE_RATE,
        "features": {
            "families": [family.identity() for family in pipeline.families_],
            "names": list(pipeline.feature_names_),
            "n_columns": pipeline.n_features_,
        },
        "steps": {name: repr(step) for name, step in pipeline.pipeline_.steps[1:]},
        "versions": library_versions(),
        "scores": info.get("scores"),
        "training": info.get("training"),
        "self_test": _self_test(pipeline),
    }


def _self_test(pipeline: Any) -> dict[str, Any]:
    """Return what the pipeline predicts for a signal that anyone can make again."""
    on_audio = bool(pipeline.families_)
    signal = "chirp" if on_audio else "zeros"
    X: Any = [_chirp()] if on_audio else np.zeros((1, pipeline.n_features_))
    return {"signal": signal, "prediction": [_plain(v) for v in np.ravel(pipeline.predict(X))]}


def _chirp() -> Clip:
    """Return one second of a tone that rises from 100 to 5000 Hz, half as loud as possible."""
    t = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    tone = 0.5 * np.sin(2 * np.pi * (100.0 + 2450.0 * t) * t)
    return Clip(tone.astype(np.float32), SAMPLE_RATE)


def _parameters(estimator: Any) -> dict[str, Any]:
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in estimator.get_params(deep=False).items()
    }


def _plain(value: Any) -> Any:
    """Return a numpy scalar as JSON knows it."""
    return value.item() if isinstance(value, np.generic) else value
