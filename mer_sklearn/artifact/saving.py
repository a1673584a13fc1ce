"""What is written when a fitted pipeline is saved, and the checks before it is moved into place."""

from __future__ import annotations

import contextlib
import copy
import operator
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..audio import SAMPLE_RATE
from ..errors import ArtifactError
from . import joblib_file, self_test
from .fields import RATES
from .manifest import FORMAT, SCHEMA, checksum, kind_of, library_versions
from .runtime import as_record, open_session
from .signals import chirp

if TYPE_CHECKING:
    from .onnx_file import Graphs

__all__ = ["describe", "save_pipeline"]


KNOWN_INFO = ("scores", "study", "training")
OPTIONS = {"sample_rate": SAMPLE_RATE, "features": False}  # of an ONNX file, unless told otherwise

# How far a number of the self-test may lie on another machine, as a share: of probabilities; of
# other numbers, of their value or the spread of the predictions. Trees do not forgive a rounding.
OF_GRAPH, OF_LIBRARIES, OF_TREES = 1e-3, 1e-2, 0.1
SAME = 1e-4  # of that, on the same machine: forests add up their trees in any order


def save_pipeline(
    pipeline: Any,
    path: str | os.PathLike[str],
    info: Mapping[str, Any],
    clips: Any = None,
    options: Mapping[str, Any] = OPTIONS,
) -> None:
    """Write a fitted `EmotionPipeline` as one file; see `EmotionPipeline.save`."""
    if not isinstance(info, Mapping) or not set(info) <= set(KNOWN_INFO):
        msg = f"info={info!r} must be a dict with {', '.join(KNOWN_INFO)}, as far as known."
        raise ArtifactError(msg)
    options = {**options, "sample_rate": _rate(options["sample_rate"], path)}
    if kind_of(path) == "onnx":
        _save_onnx(pipeline, path, info, clips, options)
    elif options != OPTIONS:
        msg = f"{path}: sample_rate and features are options of ONNX files; leave them out here."
        raise ArtifactError(msg)
    else:
        _save_joblib(pipeline, path, info)


def _rate(sample_rate: Any, path: str | os.PathLike[str]) -> int:
    """Return a rate as a whole number of Python, if a graph may take it."""
    with contextlib.suppress(TypeError):
        if (rate := int(operator.index(sample_rate))) in RATES:
            return rate
    msg = (
        f"{path}: nothing was saved, sample_rate={sample_rate!r} must be one of "
        f"{', '.join(map(str, RATES))} Hz."
    )
    raise ArtifactError(msg)


def _save_joblib(pipeline: Any, path: str | os.PathLike[str], info: Mapping[str, Any]) -> None:
    """Write the estimator; what is read back has to repeat a prediction."""
    manifest = describe(pipeline, info)
    answer = self_test.ask(pipeline, manifest)
    manifest["self_test"] |= _expected(pipeline, answer, OF_LIBRARIES)

    def check(loaded: object) -> None:
        _check_repeats(loaded, manifest, path)

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
    pipeline: Any,
    path: str | os.PathLike[str],
    info: Mapping[str, Any],
    clips: Any,
    options: Mapping[str, Any],
) -> None:
    """Write the graph, once the gate has found that it answers as the pipeline does."""
    from . import gate, onnx_file
    from .runtime import OnnxModel

    try:
        graphs = onnx_file.trace(pipeline, **options)
        findings = gate.check(pipeline, graphs, clips)
    except ArtifactError as error:
        msg = f"{path}: nothing was saved, {error}"
        raise ArtifactError(msg) from error
    manifest = describe(
        pipeline,
        info,
        sample_rate=graphs.sample_rate,
        outputs=graphs.outputs,
        gate=gate.as_json(findings),
    )
    answer = _graph_answer(graphs, manifest, str(path))
    share = OF_GRAPH if all(found.allowed is not None for found in findings) else OF_TREES
    manifest["self_test"] |= _expected(pipeline, answer, share)

    def check(beside: Path) -> None:
        _check_repeats(OnnxModel(beside), manifest, path)

    onnx_file.write(path, graphs.whole, manifest, check)


def _graph_answer(graphs: Graphs, manifest: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return what the graph that passed the gate answers in the self-test."""
    session = open_session(graphs.whole.SerializeToString(), name)
    found = session.run(graphs.outputs, {"waveform": chirp(manifest["sample_rate"])[None]})
    return as_record(dict(zip(graphs.outputs, found, strict=True)), manifest)


def _check_repeats(model: Any, manifest: Mapping[str, Any], path: str | os.PathLike[str]) -> None:
    """Refuse what was read back if it does not answer as what was saved."""
    found = self_test.run(model, manifest)
    if not found.passed or found.worst > SAME:
        msg = f"{path}: what was read back predicts otherwise; nothing was saved."
        raise ArtifactError(msg)


def describe(
    pipeline: Any,
    info: Mapping[str, Any],
    *,
    sample_rate: int = SAMPLE_RATE,
    outputs: Sequence[str] | None = None,
    gate: Sequence[Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return the manifest of a fitted pipeline, but for the answer of its self-test.

    Parameters
    ----------
    pipeline : EmotionPipeline
        Fitted.
    info : mapping
        ``scores``, ``study`` and ``training``, where they are known.
    sample_rate : int, default=22050
        The rate of the waveform that a graph takes, in Hz.
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
    labeller = pipeline.labeller_
    return {
        "format": FORMAT,
        "schema": SCHEMA,
        "kind": "joblib" if outputs is None else "onnx",
        "outputs": None if outputs is None else list(outputs),
        "gate": None if gate is None else list(gate),
        "task": pipeline.task_,
        "labels": [_plain(label) for label in pipeline.classes_] if classes else None,
        "targets": list(pipeline.target_names_),
        "target_ndim": _predicted(pipeline).ndim,
        "scale": None if pipeline.scale_ is None else list(pipeline.scale_),
        "labeller": None if labeller is None else _parameters(labeller),
        "emotions": None if classes or labeller is None else list(labeller.labels),
        "sample_rate": sample_rate,
        "features": _features(pipeline),
        "steps": {name: repr(step) for name, step in pipeline.pipeline_.steps[1:]},
        "fit": {
            "apart": pipeline.groups_kind_,
            "n_dropped": pipeline.n_dropped_,
            "n_skipped": pipeline.n_skipped_,
        },
        "versions": library_versions(),
        "scores": info.get("scores"),
        "study": info.get("study"),
        "training": info.get("training"),
        "self_test": {"signal": "chirp" if pipeline.families_ else "zeros"},
    }


def _features(pipeline: Any) -> dict[str, Any]:
    """Return what decides the features; its checksum is equal where two models see the same."""
    says = {
        "families": [family.identity() for family in pipeline.families_],
        "names": list(map(str, pipeline.feature_names_)),
        "n_columns": pipeline.n_features_,
        "parts": bool(pipeline.parts),
    }
    return {**says, "sha256": checksum(says)}


def _expected(pipeline: Any, answer: Mapping[str, Any], share: float) -> dict[str, Any]:
    """Return what a self-test expects, and how far each number of it may lie elsewhere."""
    allowed = {name: share for name, value in answer.items() if isinstance(value, float)}
    if pipeline.task_ == "regression":
        predicted = np.asarray(pipeline.pipeline_[1:].predict(pipeline.gate_))
        spread = np.atleast_1d(predicted.std(axis=0))
        for name, width in zip(pipeline.target_names_, spread, strict=True):
            allowed[name] *= max(abs(answer[name]), float(width), np.finfo(np.float32).tiny)
    return {"answer": dict(answer), "allowed": allowed}


def _predicted(pipeline: Any) -> npt.NDArray[Any]:
    """Return what the steps behind the features predict for a row."""
    return np.asarray(pipeline.pipeline_[1:].predict(pipeline.gate_[:1]))


def _parameters(estimator: Any) -> dict[str, Any]:
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in estimator.get_params(deep=False).items()
    }


def _plain(value: Any) -> Any:
    """Return a numpy scalar as JSON knows it."""
    return value.item() if isinstance(value, np.generic) else value
