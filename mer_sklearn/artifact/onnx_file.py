"""A fitted pipeline as one ONNX file: waveform in, emotion out.

Input ``waveform``, float32 (n_clips, n_samples): clips of one length, mono, at 22 050 Hz, without
NaN. Outputs:

================= ================================================================================
``label``         (n_clips,): the class, a string; int64 where the classes are whole numbers or
                  bools. Of numbers: the emotion, where the pipeline has a labeller, "" where its
                  scheme names none
``probabilities`` float32 (n_clips, n_classes), columns as the manifest's ``labels``
``values``        float32 (n_clips, n_targets), columns as the manifest's ``targets``
================= ================================================================================

The features are traced from the lines that numpy runs. The file holds no code and no time stamp:
the same pipeline gives the same bytes.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import __version__
from ..errors import ArtifactError
from ..files import written_beside
from ..parts import N_PARTS, by_scores, halves
from .manifest import KEY, seal, to_json

if TYPE_CHECKING:
    import onnx

    from ..features.family import FeatureFamily
    from ..features.ops import Array
    from .converters.base import TailOps

__all__ = ["Graphs", "trace", "write"]

IR_VERSION = 10  # the one of opset 21
CLIPS, SAMPLES, ROWS = "n_clips", "n_samples", "n_rows"


@dataclass(frozen=True)
class Graphs:
    """The graph of a pipeline, whole and in parts, without a manifest.

    Parameters
    ----------
    whole : onnx.ModelProto
        From ``waveform`` to the answers: what is saved.
    front : onnx.ModelProto
        From ``waveform`` to ``features``, by the nodes of the whole; a row for each part of a clip.
    tail : onnx.ModelProto
        From ``features`` to the answers to each row, traced a second time from the same lines.
    """

    whole: onnx.ModelProto
    front: onnx.ModelProto
    tail: onnx.ModelProto

    @property
    def outputs(self) -> list[str]:
        """The names of the answers."""
        return [output.name for output in self.whole.graph.output]


def trace(pipeline: Any) -> Graphs:
    """Write a fitted `EmotionPipeline` as graphs.

    Parameters
    ----------
    pipeline : EmotionPipeline
        Fitted on audio.

    Returns
    -------
    Graphs
        The whole, and its two halves for those who check them.

    Raises
    ------
    ArtifactError
        If the pipeline takes tables, or one of its parts has no export.
    """
    _check_exportable(pipeline)
    from spox._future import ValuePropBackend, value_prop_backend

    # What spox computes ahead are single numbers: a session of onnxruntime for each takes longer.
    with value_prop_backend(ValuePropBackend.REFERENCE):
        return _traced(pipeline)


def _traced(pipeline: Any) -> Graphs:
    import ndonnx as ndx
    import spox

    from .converters.graph import GraphTailOps

    ops, families = GraphTailOps(), pipeline.families_
    waveform = spox.argument(spox.Tensor(np.float32, (CLIPS, SAMPLES)))
    trace_columns = _part_features if pipeline.parts else _features
    columns = trace_columns(ops, ndx.asarray(waveform), families)
    features = ops.keep_shape(columns, (-1 if pipeline.parts else 0, pipeline.n_features_))
    rows = spox.argument(spox.Tensor(np.float32, (ROWS, pipeline.n_features_)))
    of_clips = _answers(ops, features, pipeline, parts=pipeline.parts)
    of_rows = _answers(ops, ndx.asarray(rows), pipeline, parts=False)
    return Graphs(
        whole=_build(pipeline, {"waveform": waveform}, of_clips, CLIPS),
        front=_build(pipeline, {"waveform": waveform}, {"features": features}, ROWS),
        tail=_build(pipeline, {"features": rows}, of_rows, ROWS),
    )


def write(
    path: str | os.PathLike[str],
    model: onnx.ModelProto,
    manifest: Mapping[str, Any],
    check: Callable[[Path], None],
) -> None:
    """Save a graph and its manifest, once `check` accepts the file beside its place.

    Parameters
    ----------
    path : str or path
        The file.
    model : onnx.ModelProto
        The graph.
    manifest : mapping
        What the file says of itself; where its graph ends, and a checksum, are added.
    check : callable
        Given the file that was written beside; raises what is wrong with it.
    """
    import onnx

    graph = model.SerializeToString(deterministic=True)
    sealed = seal({**manifest, "n_bytes": len(graph)}, graph)
    says = onnx.ModelProto()
    says.metadata_props.add(key=KEY, value=to_json(sealed))
    with written_beside(path) as beside:
        with beside.open("wb") as file:
            # Two messages of protobuf, one behind the other, are one message of all their fields.
            file.write(graph + says.SerializeToString(deterministic=True))
            file.flush()
            os.fsync(file.fileno())
        check(beside)


def _check_exportable(pipeline: Any) -> None:
    """Refuse pipelines that have no waveform to begin with, or no probabilities to end with."""
    if not pipeline.families_:
        msg = (
            "a pipeline with features=None takes tables, so there is no way from a waveform to "
            "write as ONNX. Save it as .joblib, or fit it on audio."
        )
        raise ArtifactError(msg)
    tail = pipeline.pipeline_[1:]
    if pipeline.task_ == "classification" and not hasattr(tail, "predict_proba"):
        from .converters.kernels import SCORES

        kind = type(tail[-1]).__name__
        cure = f"Wrap it: model=ScoreClassifier({kind}(...))" if kind in SCORES else ""
        msg = (
            f"{kind} gives no probabilities, which an ONNX model promises. "
            f"{cure or 'Take a model that does, or save as .joblib'}."
        )
        raise ArtifactError(msg)


def _part_features(ops: TailOps, signal: Array, families: Sequence[FeatureFamily]) -> Array:
    """Trace the families once, in a loop of two turns: over the clips, and over their halves.

    Each turn hands the halves of its signals to the next, and adds its rows to those before. At the
    end the clips come first, then their first halves, then the second ones; the parts of each clip
    are brought together.
    """
    import ndonnx as ndx
    import spox.opset.ai.onnx.v21 as op
    from spox._exceptions import InferenceWarning

    def turn(_: Any, go_on: Any, signal: Any, rows: Any) -> list[Any]:
        clips = ops.keep_shape(ndx.asarray(signal), (0, -1))
        columns = _features(ops, clips, families)
        found = [halves(ops, clips), ops.xp.concat([ndx.asarray(rows), columns], axis=0)]
        return [go_on, *(array.unwrap_spox() for array in found)]

    n_columns = sum(len(family.column_names()) for family in families)
    start = [signal.unwrap_spox(), op.const(np.zeros((0, n_columns), np.float32))]
    with warnings.catch_warnings():  # that the shapes change from turn to turn is meant
        warnings.simplefilter("ignore", InferenceWarning)
        rows = op.loop(op.const([2]), op.const([True]), start, body=turn)[1]
        by_part = op.reshape(rows, op.const([N_PARTS, -1, n_columns]))
    return ops.xp.permute_dims(ndx.asarray(by_part), (1, 0, 2))


def _features(ops: TailOps, signal: Array, families: Sequence[FeatureFamily]) -> Array:
    """Trace the families; one that cannot be traced is named."""
    from ..features.rows import family_columns

    try:
        return ops.xp.concat(family_columns(ops, signal, families), axis=-1)
    except Exception as error:
        culprit = _untraceable(ops, signal, families)
        msg = (
            f"the family {culprit!r} cannot be written as a graph ({error}). Its columns() must "
            "keep to the array API standard (clip.xp) and the primitives of clip.ops; or save "
            "the model as .joblib."
        )
        raise ArtifactError(msg) from error


def _untraceable(ops: TailOps, signal: Array, families: Sequence[FeatureFamily]) -> str:
    """Return the name of the first family that cannot be traced by itself."""
    from ..features.rows import family_columns

    for family in families:
        try:
            family_columns(ops, signal, [family])
        except Exception:
            return family.name
    return families[-1].name


def _answers(ops: TailOps, features: Array, pipeline: Any, *, parts: bool) -> dict[str, Array]:
    """Trace the steps behind the features; return the answers by the names of the outputs.

    With parts, an answer is the mean over three rows, as `predict_parts` has it.
    """
    from .converters.base import Classes
    from .converters.emotions import emotions
    from .converters.table import convert

    steps = pipeline.pipeline_[1:]
    found = convert(ops, features, steps)
    if isinstance(found, Classes):
        found = _average_classes(ops, found, steps) if parts else found
        probabilities = ops.xp.astype(found.probabilities, ops.xp.float32)
        return {"label": found.labels, "probabilities": probabilities}
    found = _average(ops, found, len(pipeline.target_names_)) if parts else found
    answers = {"values": ops.xp.astype(found, ops.xp.float32)}
    if pipeline.labeller_ is not None:
        values = ops.xp.astype(found, ops.xp.float64)
        answers["label"] = emotions(ops, values, pipeline.labeller_)
    return answers


def _average_classes(ops: TailOps, found: Any, steps: Any) -> Any:
    """Return the classes of clips from those of their parts."""
    from .converters.base import by_score
    from .converters.kernels import from_scores

    model, n_classes = steps[-1], len(steps.classes_)
    if by_scores(model):
        scores = _average(ops, found.scores, n_classes)
        return from_scores(ops, scores, getattr(model, "model_", model))
    probabilities = _average(ops, found.probabilities, n_classes)
    return by_score(ops, probabilities, probabilities, steps.classes_)


def _average(ops: TailOps, rows: Array, n_columns: int) -> Array:
    """Return the mean over the parts of each clip, in float64."""
    by_part = ops.keep_shape(ops.xp.astype(rows, ops.xp.float64), (-1, N_PARTS, n_columns))
    return ops.xp.mean(by_part, axis=1)


def _build(
    pipeline: Any, inputs: Mapping[str, Any], outputs: Mapping[str, Array], rows: str
) -> Any:
    """Return the model of some outputs, its shapes named, the first axis by what the rows are."""
    import spox

    model = spox.build(dict(inputs), {name: x.unwrap_spox() for name, x in outputs.items()})
    model.ir_version = IR_VERSION
    model.producer_name, model.producer_version = "mer_sklearn", __version__
    widths = {
        "features": pipeline.n_features_,
        "values": len(pipeline.target_names_),
        "probabilities": len(getattr(pipeline, "classes_", ())),
    }
    for output in model.graph.output:
        _declare(output, [rows, *([widths[output.name]] if output.name in widths else [])])
    return model


def _declare(output: onnx.ValueInfoProto, shape: Sequence[str | int]) -> None:
    """State the shape of an output: names of what varies, and numbers."""
    dims = output.type.tensor_type.shape
    del dims.dim[:]
    for size in shape:
        if isinstance(size, str):
            dims.dim.add(dim_param=size)
        else:
            dims.dim.add(dim_value=size)
