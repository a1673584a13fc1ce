"""What is written when a fitted pipeline is saved, and the checks before it is moved into place."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..audio import SAMPLE_RATE, Clip
from ..errors import ArtifactError
from . import joblib_file
from .manifest import FORMAT, SCHEMA, library_versions
from .signals import chirp

if TYPE_CHECKING:
    from .onnx_file import Graphs

__all__ = ["describe", "save_pipeline"]


KNOWN_INFO = ("scores", "study", "training")


def save_pipeline(
    pipeline: Any, path: str | os.PathLike[str], info: Mapping[str, Any], clips: Any = None
) -> None:
    """Write a fitted `EmotionPipeline` as one file; see `EmotionPipeline.save`."""
    if not isinstance(info, Mapping) or not set(info) <= set(KNOWN_INFO):
        msg = f"info={info!r} must be a dict with {', '.join(KNOWN_INFO)}, as far as known."
        raise ArtifactError(msg)
    suffix = Path(path).suffix
    if suffix not in (".joblib", ".onnx"):
        msg = f"{path}: a model's name ends in .joblib or .onnx; choose such a name."
        raise ArtifactError(msg)
    if suffix == ".onnx":
        _save_onnx(pipeline, path, info, clips)
    else:
        _save_joblib(pipeline, path, info)


def _save_joblib(pipeline: Any, path: str | os.PathLike[str], info: Mapping[str, Any]) -> None:
    """Write the estimator; what is read back has to repeat a prediction."""
    manifest = describe(pipeline, info)

    def check(loaded: object) -> None:
        if _self_test(loaded, _predicted(loaded)) != manifest["self_test"]:
            msg = f"{path}: what was read back predicts otherwise; nothing was saved."
            raise ArtifactError(msg)

    joblib_file.write(path, _portable(pipeline), manifest, check)


def _portable(pipeline: Any) -> Any:
    """Return a copy that knows nothing of this machine: no number of workers, no cache folder."""
    twin = _without_place(pipeline)
    twin.features = _without_place(twin.features)
    twin.pipeline_ = copy.copy(pipeline.pipeline_)
    (name, features), *others = pipeline.pipeline_.steps
    twin.pipeline_.steps = [(name, _without_place(features)), *others]
    return twin


def _without_place(part: Any) -> Any:
    """Return a copy of what extracts features, or the part itself where it does not."""
    if not (hasattr(part, "cache") and hasattr(part, "n_jobs")):
        return part
    twin = copy.copy(part)
    twin.n_jobs = None
    twin.cache = twin.cache if twin.cache in (None, False) else True
    return twin


def _save_onnx(
    pipeline: Any, path: str | os.PathLike[str], info: Mapping[str, Any], clips: Any
) -> None:
    """Write the graph, once the gate has found that it answers as the pipeline does."""
    from . import gate, onnx_file

    try:
        graphs = onnx_file.trace(pipeline)
        findings = gate.check(pipeline, graphs, clips)
    except ArtifactError as error:
        msg = f"{path}: nothing was saved, {error}"
        raise ArtifactError(msg) from error
    manifest = describe(pipeline, info, outputs=graphs.outputs, gate=gate.as_json(findings))

    def check(beside: Path) -> None:
        if not _repeats(beside, graphs):
            msg = f"{path}: what was read back predicts otherwise; nothing was saved."
            raise ArtifactError(msg)

    onnx_file.write(path, graphs.whole, manifest, check)


def _repeats(path: Path, graphs: Graphs) -> bool:
    """Tell whether a file answers bit for bit as the graph that passed the gate."""
    from .runtime import OnnxModel, open_session

    clip = Clip(chirp(), SAMPLE_RATE)
    session = open_session(graphs.whole.SerializeToString(), str(path))
    passed = session.run(graphs.outputs, {"waveform": clip.signal[None]})
    found = OnnxModel(path)._run(clip)
    return all(
        np.array_equal(found[name], value)
        for name, value in zip(graphs.outputs, passed, strict=True)
    )


def describe(
    pipeline: Any,
    info: Mapping[str, Any],
    *,
    outputs: Sequence[str] | None = None,
    gate: Sequence[Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return the manifest of a fitted pipeline.

    Parameters
    ----------
    pipeline : EmotionPipeline
        Fitted.
    info : mapping
        ``scores``, ``study`` and ``training``, where they are known.
    outputs : sequence of str, default=None
        The outputs of the graph; None for a joblib file.
    gate : sequence of mappings, default=None
        What the gate found; None for a joblib file.

    Returns
    -------
    dict
        What JSON holds.
    """
    classes = pipeline.task_ == "classification"
    labeller, predicted = pipeline.labeller_, _predicted(pipeline)
    return {
        "format": FORMAT,
        "schema": SCHEMA,
        "kind": "joblib" if outputs is None else "onnx",
        "outputs": None if outputs is None else list(outputs),
        "gate": None if gate is None else list(gate),
        "task": pipeline.task_,
        "labels": [_plain(label) for label in pipeline.classes_] if classes else None,
        "targets": list(pipeline.target_names_),
        "target_ndim": predicted.ndim,
        "scale": None if pipeline.scale_ is None else list(pipeline.scale_),
        "labeller": None if labeller is None else _parameters(labeller),
        "sample_rate": SAMPLE_RATE,
        "features": {
            "families": [family.identity() for family in pipeline.families_],
            "names": list(pipeline.feature_names_),
            "n_columns": pipeline.n_features_,
            "parts": bool(pipeline.parts),
        },
        "steps": {name: repr(step) for name, step in pipeline.pipeline_.steps[1:]},
        "versions": library_versions(),
        "scores": info.get("scores"),
        "study": info.get("study"),
        "training": info.get("training"),
        "self_test": _self_test(pipeline, predicted),
    }


def _predicted(pipeline: Any) -> npt.NDArray[Any]:
    """Return what the pipeline predicts for a signal that anyone can make again."""
    on_audio = bool(pipeline.families_)
    X = [Clip(chirp(), SAMPLE_RATE)] if on_audio else np.zeros((1, pipeline.n_features_))
    return np.asarray(pipeline.predict(X))


def _self_test(pipeline: Any, predicted: npt.NDArray[Any]) -> dict[str, Any]:
    signal = "chirp" if pipeline.families_ else "zeros"
    return {"signal": signal, "prediction": [_plain(value) for value in np.ravel(predicted)]}


def _parameters(estimator: Any) -> dict[str, Any]:
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in estimator.get_params(deep=False).items()
    }


def _plain(value: Any) -> Any:
    """Return a numpy scalar as JSON knows it."""
    return value.item() if isinstance(value, np.generic) else value
