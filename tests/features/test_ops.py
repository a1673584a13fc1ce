"""The primitives that have two bodies: numpy's against plain formulas, the graph's against it."""

from __future__ import annotations

import ndonnx as ndx
import numpy as np
import onnxruntime
import pytest
import spox
from hypothesis import given, settings
from hypothesis import strategies as st

from mer_sklearn.features.onnx_ops import GraphOps
from mer_sklearn.features.ops import Bank, NumpyOps


def run_graph(function, x):
    """Trace a function of (ops, x) over three axes of any length and run it."""
    argument = ndx.argument(shape=("a", "b", x.shape[2]), dtype=ndx.float32)
    result = function(GraphOps(), argument)
    outputs = {f"y{i}": part.unwrap_spox() for i, part in enumerate(result)}
    model = spox.build({"x": argument.unwrap_spox()}, outputs).SerializeToString()
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})


PRIMITIVES = {
    "power": (lambda ops, x: [ops.power(x)], (2, 6, 512)),
    "extremes 1": (lambda ops, x: ops.extremes(x, 1), (2, 5, 40)),
    "extremes 4": (lambda ops, x: ops.extremes(x, 4), (2, 5, 40)),
    "rows": (lambda ops, x: [ops.rows(x)], (2, 5, 7)),
    "quantiles": (lambda ops, x: ops.quantiles(ops.rows(x), [0, 0.1, 0.5, 0.9, 1]), (2, 23, 7)),
    "quantiles of 1": (lambda ops, x: ops.quantiles(ops.rows(x), [0, 0.3, 1]), (2, 1, 7)),
    "at": (lambda ops, x: [ops.at(x, ops.arange(ops.length(x, 1)) - 2)], (2, 5, 7)),
    "keep_shape": (lambda ops, x: [ops.keep_shape(x, (0, 0, 3, 4))], (2, 5, 12)),
    "project": (
        lambda ops, x: [ops.project(x, Bank(np.eye(20)[:, 3:11] + 0.5 * np.eye(20)[:, :8], 3))],
        (2, 5, 20),
    ),
}


@pytest.mark.parametrize("name", PRIMITIVES)
def test_both_bodies_agree(rng, name):
    function, shape = PRIMITIVES[name]
    x = rng.normal(size=shape).astype(np.float32)
    ours, theirs = function(NumpyOps(), x), run_graph(function, x)
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6 * np.abs(a).max())


def test_power_is_the_squared_transform(rng):
    hops = rng.normal(size=(1, 9, 512)).astype(np.float32)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(2_048) / 2_048)
    frames = [np.concatenate(hops[0, i : i + 4]).astype(float) * window for i in range(6)]
    expected = np.abs(np.fft.rfft(frames)) ** 2
    np.testing.assert_allclose(NumpyOps().power(hops)[0], expected, rtol=1e-3, atol=1e-3)


@settings(max_examples=40, deadline=None)
@given(n=st.integers(1, 60), level=st.floats(0, 1))
def test_quantiles_are_numpys(n, level):
    rows = np.random.default_rng(n).normal(size=(2, 3, n)).astype(np.float32)
    (ours,) = NumpyOps().quantiles(rows, [level])
    np.testing.assert_allclose(ours, np.quantile(rows, level, axis=-1), atol=1e-5)


@pytest.mark.parametrize("k", [1, 2, 7])
def test_extremes_are_means_of_the_sorted_ends(rng, k):
    x = rng.normal(size=(2, 3, 30)).astype(np.float32)
    low, high = NumpyOps().extremes(x, k)
    ordered = np.sort(x.astype(float), axis=-1)
    np.testing.assert_allclose(low[..., 0], ordered[..., :k].mean(-1), rtol=1e-5)
    np.testing.assert_allclose(high[..., 0], ordered[..., -k:].mean(-1), rtol=1e-5)


@pytest.mark.parametrize("n_groups", [1, 3, 8])
def test_a_bank_in_groups_is_the_same_bank(rng, n_groups):
    weights = rng.uniform(size=(50, 8)) * (rng.uniform(size=(50, 8)) > 0.7)
    x = rng.normal(size=(2, 4, 50)).astype(np.float32)
    result = NumpyOps().project(x, Bank(weights, n_groups))
    np.testing.assert_allclose(result, x @ weights.astype(np.float32), atol=1e-5)


@pytest.mark.parametrize(("n_samples", "n_frames"), [(1, 1), (511, 1), (512, 2), (5_120, 11)])
def test_a_frame_stands_at_every_hop(n_samples, n_frames):
    (out,) = NumpyOps().over_frames(np.ones((2, n_samples)), lambda hops: [hops[:, 3:, :1]], [1])
    assert out.shape == (2, n_frames, 1)


def test_a_table_used_twice_is_stored_once():
    ops = GraphOps()
    assert ops.const(np.arange(3)) is ops.const(np.arange(3))
    assert ops.const(np.arange(3)) is not ops.const(np.arange(3.0))
