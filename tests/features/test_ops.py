"""The primitives that have two bodies: numpy's against plain formulas, the graph's against it."""

from __future__ import annotations

import ndonnx as ndx
import numpy as np
import onnxruntime
import pytest
import scipy.linalg
import spox
from hypothesis import given, settings
from hypothesis import strategies as st

from mer_sklearn.features.onnx_ops import GraphOps
from mer_sklearn.features.ops import Bank, NumpyOps


def run_graph(function, x):
    """Trace a function of (ops, x) over three axes of any length and run it."""
    dtype = ndx.float64 if x.dtype == np.float64 else ndx.float32
    argument = ndx.argument(shape=("a", "b", x.shape[2]), dtype=dtype)
    result = function(GraphOps(), argument)
    outputs = {f"y{i}": part.unwrap_spox() for i, part in enumerate(result)}
    model = spox.build({"x": argument.unwrap_spox()}, outputs).SerializeToString()
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})


PRIMITIVES = {
    "spectrum": (lambda ops, x: ops.spectrum(x), (2, 6, 512)),
    "count": (lambda ops, x: [ops.count(x > 0)], (2, 5, 40)),
    "pick": (
        lambda ops, x: [
            ops.pick(
                ops.keep_shape(x, (0, 0, 3, 4)), ops.xp.argmax(x[..., :3], axis=2, keepdims=True)
            )
        ],
        (2, 5, 12),
    ),
    "extremes 1": (lambda ops, x: ops.extremes(x * x, 1), (2, 5, 40)),
    "extremes 4": (lambda ops, x: ops.extremes(x * x, 4), (2, 5, 40)),
    "extremes of many": (lambda ops, x: ops.extremes(x * x, 4), (2, 5, 300)),
    "rows": (lambda ops, x: [ops.rows(x)], (2, 5, 7)),
    "quantiles": (lambda ops, x: ops.quantiles(ops.rows(x), [0, 0.1, 0.5, 0.9, 1]), (2, 23, 7)),
    "quantiles of 1": (lambda ops, x: ops.quantiles(ops.rows(x), [0, 0.3, 1]), (2, 1, 7)),
    "at": (lambda ops, x: [ops.at(x, ops.arange(ops.length(x, 1)) - 2)], (2, 5, 7)),
    "keep_shape": (lambda ops, x: [ops.keep_shape(x, (0, 0, 3, 4))], (2, 5, 12)),
    "real": (lambda ops, x: [x + ops.real(ops.length(x, 1))], (2, 5, 7)),
    "shift": (lambda ops, x: [ops.shift(x, 3), ops.shift(x, -2)], (2, 5, 7)),
    "windows": (lambda ops, x: [ops.windows(x, 8, 4)], (2, 23, 7)),
    "windows of a short clip": (lambda ops, x: [ops.windows(x, 8, 4)], (2, 3, 7)),
    "running_median": (lambda ops, x: [ops.running_median(x, 8)], (2, 23, 7)),
    "largest": (
        lambda ops, x: [ops.xp.sum(part, axis=-1) for part in ops.largest(x, 5)],
        (2, 3, 30),
    ),
    "quantiles_where": (
        lambda ops, x: ops.quantiles_where(ops.rows(x), x[:, :, 0] > 0, [0, 0.1, 0.5, 1]),
        (3, 23, 7),
    ),
    "quantiles_where nothing is": (
        lambda ops, x: ops.quantiles_where(ops.rows(x), x[:, :, 0] > 99, [0.5]),
        (2, 5, 7),
    ),
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


def test_the_spectrum_is_that_of_the_windowed_frames(rng):
    hops = rng.normal(size=(1, 9, 512)).astype(np.float32)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(2_048) / 2_048)
    frames = [np.concatenate(hops[0, i : i + 4]).astype(float) * window for i in range(6)]
    expected = np.abs(np.fft.rfft(frames))
    power, magnitude = NumpyOps().spectrum(hops)
    np.testing.assert_allclose(magnitude[0], expected, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(power[0], expected**2, rtol=1e-3, atol=1e-3)


@settings(max_examples=40, deadline=None)
@given(n=st.integers(1, 60), levels=st.lists(st.floats(0, 1), min_size=1, max_size=4))
def test_quantiles_are_numpys(n, levels):
    rows = np.random.default_rng(n).normal(size=(2, 3, n)).astype(np.float32)
    ours = NumpyOps().quantiles(rows, levels)
    np.testing.assert_allclose(ours, np.quantile(rows, levels, axis=-1), atol=1e-5)


@pytest.mark.parametrize("n", [30, 256, 257, 263, 300, 512, 513])
@pytest.mark.parametrize("k", [1, 2, 7])
def test_extremes_are_means_of_the_sorted_ends(rng, k, n):
    x = rng.uniform(size=(2, 3, n)).astype(np.float32)
    x[0, 0, : n // 2] = 0.0  # ties
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
    (out,) = NumpyOps().over_frames(
        np.ones((2, n_samples)), lambda hops: [hops[:, 3:, :1]], [(1, 1)]
    )
    assert out.shape == (2, n_frames, 1)


def test_a_table_used_twice_is_stored_once():
    ops = GraphOps()
    assert ops.const(np.arange(3)) is ops.const(np.arange(3))
    assert ops.const(np.arange(3)) is not ops.const(np.arange(3.0))


# ---- Windows, shifts, medians ----


def test_windows_leave_out_what_is_not_whole(rng):
    x = rng.normal(size=(2, 11, 3)).astype(np.float32)
    windows = NumpyOps().windows(x, 4, 3)
    assert windows.shape == (2, 3, 4, 3)
    np.testing.assert_array_equal(windows[:, 2], x[:, 6:10])


def test_a_window_longer_than_the_clip_repeats_its_last_frame(rng):
    x = rng.normal(size=(1, 2, 3)).astype(np.float32)
    np.testing.assert_array_equal(NumpyOps().windows(x, 4, 2), x[:, None, [0, 1, 1, 1]])


def test_a_shift_repeats_the_ends():
    x = np.arange(4.0)[None, :, None]
    assert NumpyOps().shift(x, 1).ravel().tolist() == [0, 0, 1, 2]
    assert NumpyOps().shift(x, -2).ravel().tolist() == [2, 3, 3, 3]


@pytest.mark.parametrize("size", [2, 4, 16])
@pytest.mark.parametrize("n_frames", [1, 3, 50])
def test_a_running_median_is_the_lower_median_of_its_window(rng, size, n_frames):
    x = rng.normal(size=(2, n_frames, 3))
    padded = np.pad(x, ((0, 0), (size // 2, size // 2 - 1), (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, size, axis=1)
    lower = np.sort(windows, axis=-1)[..., size // 2 - 1]
    np.testing.assert_array_equal(NumpyOps().running_median(x, size), lower)


@pytest.mark.parametrize("step", [1, 2, 4])
@pytest.mark.parametrize("n_samples", [1, 512 * 255, 512 * 256, 512 * 400 + 17])
def test_a_series_of_every_nth_frame_is_whole(rng, step, n_samples):
    signal = rng.normal(size=(1, n_samples)).astype(np.float32)

    def levels(hops):
        return [np.abs(hops[:, :-3]).sum(-1, keepdims=True)[:, ::step]]

    (every,) = NumpyOps(10_000).over_frames(
        signal, lambda h: [np.abs(h[:, :-3]).sum(-1, keepdims=True)], [(1, 1)]
    )
    (some,) = NumpyOps().over_frames(signal, levels, [(1, step)])
    np.testing.assert_array_equal(some, every[:, ::step])


@pytest.mark.parametrize("d", [1, 5, 30])
@pytest.mark.parametrize("smallest", [1.0, 1e-3])
def test_the_logarithm_of_a_matrix_is_scipys(rng, d, smallest):
    basis = np.linalg.qr(rng.normal(size=(2, d, d)))[0]
    matrices = (basis * np.geomspace(smallest, 500.0, d)) @ np.swapaxes(basis, 1, 2)
    expected = [scipy.linalg.logm(matrix) for matrix in matrices]
    np.testing.assert_allclose(NumpyOps().matrix_log(matrices), expected, atol=1e-6)
    (graph,) = run_graph(lambda ops, x: [ops.matrix_log(x)], matrices)
    np.testing.assert_allclose(graph, expected, atol=1e-5)
