"""A fitted pipeline as one ONNX file: waveform in, emotion out.

Input ``waveform``, float32 (n_clips, n_samples): clips of one length, mono, without NaN, at the
manifest's ``sample_rate``: 22 050 Hz, or 44 100 or 48 000 Hz where the graph resamples. Outputs:

================= ================================================================================
``label``         (n_clips,): the class, a string; int64 where the classes are whole numbers or
                  bools. Of numbers: the emotion, where the pipeline has a labeller, "" where its
                  scheme names none
``probabilities`` float32 (n_clips, n_classes), columns as the manifest's ``labels``
``values``        float32 (n_clips, n_targets), columns as the manifest's ``targets``
``features``      where asked for: float32 (n_clips, n_features), columns as the manifest's
                  ``features``; of models of parts, those of the whole clips
================= ================================================================================

The features are traced from the lines that numpy runs. The file holds no code and no time stamp:
the same pipeline gives the same bytes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import __version__
from ..audio import SAMPLE_RATE
from ..errors import ArtifactError
from ..files import write_checked
from ..parts import N_PARTS, by_scores, part_spans
from .manifest import KEY, seal, to_json
from .slimming import slim

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
    sample_rate : int
        The rate of ``waveform``, in Hz.
    """

    whole: onnx.ModelProto
    front: onnx.ModelProto
    tail: onnx.ModelProto
    sample_rate: int = SAMPLE_RATE

    @property
    def outputs(self) -> list[str]:
        """The names of what the whole gives: the answers, and the features where asked for."""
        return [output.name for output in self.whole.graph.output]

    @property
    def answers(self) -> list[str]:
        """The names of the answers."""
        return [output.name for output in self.tail.graph.output]


def trace(pipeline: Any, *, sample_rate: int = SAMPLE_RATE, features: bool = False) -> Graphs:
    """Write a fitted `EmotionPipeline` as graphs.

    Parameters
    ----------
    pipeline : EmotionPipeline
        Fitted on audio.
    sample_rate : {22050, 44100, 48000}, default=22050
        The rate of the waveform, in Hz; the graph resamples where it is not the working rate.
    features : bool, default=False
        Whether the features are an output, too.

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
        return _traced(pipeline, sample_rate, features)


def _traced(pipeline: Any, sample_rate: int, with_features: bool) -> Graphs:
    import ndonnx as ndx
    import spox

    from .converters.graph import GraphTailOps

    ops, families = GraphTailOps(), pipeline.families_
    waveform = spox.argument(spox.Tensor(np.float32, (CLIPS, SAMPLES)))
    signal = ndx.asarray(waveform)
    if sample_rate != SAMPLE_RATE:
        signal = ops.to_working_rate(signal, sample_rate)
    trace_columns = _part_features if pipeline.parts else _features
    columns = trace_columns(ops, signal, families)
    features = ops.keep_shape(columns, (-1 if pipeline.parts else 0, pipeline.n_features_))
    rows = spox.argument(spox.Tensor(np.float32, (ROWS, pipeline.n_features_)))
    of_clips = _answers(ops, features, pipeline, parts=pipeline.parts)
    of_rows = _answers(ops, ndx.asarray(rows), pipeline, parts=False)
    if with_features:
        of_clips["features"] = columns[:, 0, :] if pipeline.parts else features
    return Graphs(
        whole=_build(pipeline, {"waveform": waveform}, of_clips, CLIPS),
        front=_build(pipeline, {"waveform": waveform}, {"features": features}, ROWS),
        tail=_build(pipeline, {"features": rows}, of_rows, ROWS),
        sample_rate=sample_rate,
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
    sealed = seal({**manifest, "n_bytes": len(graph)}, graph, os.fspath(path))
    says = onnx.ModelProto()
    says.metadata_props.add(key=KEY, value=to_json(sealed))
    # Two messages of protobuf, one behind the other, are one message of all their fields.
    write_checked(path, graph + says.SerializeToString(deterministic=True), check)


def _check_exportable(pipeline: Any) -> None:
    """Refuse pipelines that have no waveform to begin with, or no probabilities to end with."""
    if not pipeline.families_:
        msg = (
            "a pipeline with features=None takes tables, so there is no way from a waveform to "
            "write as ONNX. Save it as .joblib, or fit it on audio."
        )
        raise ArtifactError(msg)
    for family in pipeline.families_:
        if not family.exports:
            msg = (
                f"the family {family.name!r} has no exact form as a graph. Leave it out of the "
                "features, or save the model as .joblib."
            )
            raise ArtifactError(msg)
    tail = pipeline.pipeline_[1:]
    if pipeline.task_ == "classification" and not hasattr(tail, "predict_proba"):
        from .converters.kernels import SCORES

        kind = type(tail[-1]).__name__
        cure = "Take a model that does, or save as .joblib."
        if kind in SCORES:
            cure = f"Wrap it: model=ScoreClassifier({kind}(...)), of mer_sklearn.calibration."
        msg = f"{kind} gives no probabilities, which an ONNX model promises. {cure}"
        raise ArtifactError(msg)


def _part_features(ops: TailOps, signal: Array, families: Sequence[FeatureFamily]) -> Array:
    """Trace the families once, in a scan over the parts: (n_clips, 3, n_columns)."""
    import ndonnx as ndx
    import spox.opset.ai.onnx.v21 as op

    def part(start: Any, stop: Any) -> list[Any]:
        begin, end = (op.reshape(place, op.const([1])) for place in (start, stop))
        piece = op.slice(signal.unwrap_spox(), begin, end, op.const([1]))
        return [_features(ops, ndx.asarray(piece), families).unwrap_spox()]

    spans = part_spans(ops, ops.length(signal, 1))
    places = [ops.xp.stack(list(ends)).unwrap_spox() for ends in zip(*spans, strict=True)]
    (rows,) = op.scan(places, body=part, num_scan_inputs=len(places), scan_output_axes=[1])
    n_columns = sum(len(family.column_names()) for family in families)
    return ops.keep_shape(ndx.asarray(rows), (-1, N_PARTS, n_columns))


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
    slim(model)
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
