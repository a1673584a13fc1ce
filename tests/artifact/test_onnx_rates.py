"""The gate lets presets through at every rate a file may take: made signals have no ties."""

from __future__ import annotations

import ndonnx as ndx
import numpy as np
import pytest
import spox

from mer_sklearn.artifact import gate
from mer_sklearn.artifact.runtime import open_session, read_manifest
from mer_sklearn.artifact.signals import made_signals
from mer_sklearn.audio import Clip
from mer_sklearn.features import preset
from mer_sklearn.features.onnx_ops import GraphOps
from mer_sklearn.features.ops import NumpyOps
from mer_sklearn.features.resampling import RATES, to_working_rate
from mer_sklearn.features.rows import extract, family_columns
from mer_sklearn.parts import PARTS, part_spans

PRESETS = ("mfcc40-mean", "plain", "music", "speech")


def opened(function):
    """Trace what is done to signals and open it."""
    signal = ndx.argument(shape=("N", "T"), dtype=ndx.float32)
    found = function(GraphOps(), signal).unwrap_spox()
    model = spox.build({"waveform": signal.unwrap_spox()}, {"found": found})
    session = open_session(model.SerializeToString(), "the graph")
    return lambda waveform: session.run(None, {"waveform": waveform})[0]


@pytest.fixture(scope="module", params=RATES)
def signals(request):
    """Made signals of a rate at the working rate, whole and their halves: by numpy, by a graph."""
    rate = request.param
    resample = opened(lambda ops, signal: ops.to_working_rate(signal, rate))
    found = {}
    for name, signal in made_signals().items():
        sides = to_working_rate(signal[None], rate), signal[None]
        if rate != RATES[0]:
            sides = sides[0], resample(signal[None])
        spans = part_spans(NumpyOps(), sides[0].shape[1])
        for part, (start, stop) in zip(PARTS, spans, strict=True):
            found[part + name] = [np.ascontiguousarray(side[:, start:stop]) for side in sides]
    return found


@pytest.fixture(scope="module")
def fronts(corpus):
    """Of each preset: its families, their graph, and the spread of their columns."""

    def front(name):
        families = preset(name)
        graph = opened(
            lambda ops, signal: ops.xp.concat(family_columns(ops, signal, families), axis=-1)
        )
        return families, graph, gate._spread(extract(families, corpus.X[:12]).values)

    return {name: front(name) for name in PRESETS}


@pytest.mark.parametrize("name", PRESETS)
def test_both_sides_agree_at_every_rate_whole_and_in_halves(name, signals, fronts):
    families, graph, spread = fronts[name]
    columns = [column for family in families for column in family.column_names()]
    for signal, (ours, theirs) in signals.items():
        native = extract(families, [Clip(ours[0])]).values[0].astype(float)
        off = np.abs(graph(theirs)[0] - native) / np.maximum(np.abs(native), spread)
        assert off.max() <= gate.MADE_TOLERANCE, f"{columns[off.argmax()]} of {signal}"


@pytest.mark.parametrize("features", ["music", "speech"])
@pytest.mark.parametrize(("rate", "parts"), [(44_100, True), (48_000, False)])
def test_a_preset_is_saved_at_another_rate(fit, features, rate, parts, tmp_path):
    path = tmp_path / "mood.onnx"
    fit(features=features, model="logistic", parts=parts).save(path, sample_rate=rate)
    assert read_manifest(path)["sample_rate"] == rate
