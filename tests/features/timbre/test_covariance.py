"""Log-Euclidean covariance: against scipy, weights, and what the columns promise."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg

from mer_sklearn.features.clip_series import ClipSeries
from mer_sklearn.features.log_covariance import FLOOR, log_covariance, triangle_names
from mer_sklearn.features.ops import NumpyOps
from mer_sklearn.features.timbre import LaggedCovariance, MFCCCovariance
from mer_sklearn.features.timbre._cepstrum import lagged

# scipy's word for an error of 1e-13.
pytestmark = pytest.mark.filterwarnings("ignore:logm result may be inaccurate:RuntimeWarning")

N_ROWS = 5
DIAGONAL = [name.split("_")[0] == name.split("_")[1] for name in triangle_names("abcde")]


@pytest.fixture
def clip():
    return ClipSeries(NumpyOps(), {})


@pytest.fixture
def x(rng):
    """Rows that move together, about a mean far from 0."""
    mixed = rng.normal(size=(2, 300, N_ROWS)) @ rng.normal(size=(N_ROWS, N_ROWS))
    return (10 * mixed - 400).astype(np.float32)


def by_scipy(x, weights=None, shrink=1e-3):
    covariance = np.cov(x.T.astype(float), aweights=weights, bias=True)
    n_rows = len(covariance)
    covariance += np.eye(n_rows) * (shrink * np.trace(covariance) / n_rows + FLOOR)
    log = scipy.linalg.logm(covariance)
    return (log * np.where(np.eye(len(log)), 1, np.sqrt(2)))[np.triu_indices(len(log))]


@pytest.mark.parametrize("shrink", [1e-3, 3e-3, 0.1])
def test_it_is_the_logarithm_of_the_covariance(clip, x, shrink):
    ours = log_covariance(clip, x, shrink=shrink)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, [by_scipy(one, shrink=shrink) for one in x], atol=1e-6)


def test_weights_are_those_of_the_frames(clip, x, rng):
    weight = rng.uniform(size=(2, 300, 1)).astype(np.float32)
    expected = [by_scipy(one, w[:, 0]) for one, w in zip(x, weight, strict=True)]
    np.testing.assert_allclose(log_covariance(clip, x, weight), expected, atol=1e-6)


def test_frames_of_weight_0_do_not_count(clip, x):
    weight = np.repeat(np.float32([1, 0]), 150)[None, :, None]
    whole, part = log_covariance(clip, x, weight), log_covariance(clip, x[:, :150])
    np.testing.assert_allclose(whole, part, atol=1e-6)


def test_without_any_weight_the_floor_remains(clip, x):
    nothing = log_covariance(clip, x, np.zeros((2, 300, 1), np.float32))
    np.testing.assert_allclose(nothing, [np.where(DIAGONAL, np.log(FLOOR), 0)] * 2, atol=1e-5)


def test_frames_alike_have_the_floor_alone(clip, x):
    still = log_covariance(clip, np.repeat(x[:, :1], 40, axis=1))
    np.testing.assert_allclose(still, [np.where(DIAGONAL, np.log(FLOOR), 0)] * 2, atol=1e-5)


def test_names_stand_where_their_values_are(clip, rng):
    deviations = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    x = rng.normal(size=(1, 50_000, N_ROWS)) * deviations
    values = dict(zip(triangle_names("abcde"), log_covariance(clip, x)[0], strict=True))
    own = [values[f"{row}_{row}"] for row in "abcde"]
    np.testing.assert_allclose(own, 2 * np.log(deviations), atol=0.1)
    assert list(values)[:6] == ["a_a", "a_b", "a_c", "a_d", "a_e", "b_b"]


def test_the_worst_conditioned_is_the_same_in_the_graph(clip, rng):
    """One movement in 30 rows: all the other eigenvalues are the shrinkage alone."""
    import ndonnx as ndx
    import onnxruntime
    import spox

    from mer_sklearn.features.onnx_ops import GraphOps

    x = (rng.normal(size=(2, 200, 1)) * np.linspace(1, 300, 30)).astype(np.float32)
    weight = (rng.uniform(size=(2, 200, 1)) * [[[1.0]], [[0.0]]]).astype(np.float32)
    inputs = {
        "x": ndx.argument(shape=("N", "T", 30), dtype=ndx.float32),
        "weight": ndx.argument(shape=("N", "T", 1), dtype=ndx.float32),
    }
    traced = log_covariance(ClipSeries(GraphOps(), {}), inputs["x"], inputs["weight"])
    model = spox.build(
        {name: value.unwrap_spox() for name, value in inputs.items()},
        {"columns": traced.unwrap_spox()},
    )
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    theirs = session.run(None, {"x": x, "weight": weight})[0]
    np.testing.assert_allclose(theirs, log_covariance(clip, x, weight), rtol=1e-5, atol=1e-5)


# ---- Lags ----


@pytest.mark.parametrize(
    ("n_frames", "lag", "used"), [(20, 3, 3), (20, 10, 10), (20, 43, 10), (3, 8, 1), (2, 1, 1)]
)
def test_a_lag_is_half_the_clip_at_most(clip, n_frames, lag, used):
    x = np.arange(n_frames, dtype=np.float32)[None, :, None]
    late, inside = lagged(clip, x, lag)
    assert inside[0, :, 0].tolist() == [0.0] * used + [1.0] * (n_frames - used)
    assert (x - late)[inside > 0].tolist() == [used] * (n_frames - used)


def test_one_frame_has_no_pair(clip):
    assert lagged(clip, np.ones((1, 1, 2), np.float32), 1)[1].tolist() == [[[0.0]]]


# ---- The families ----


@pytest.fixture
def cepstrum(mer_data):
    """A song and its coefficients."""
    from mer_sklearn import read_audio
    from mer_sklearn.features.clip_series import clip_series

    path = mer_data / "emotify/full/rock/76.mp3"
    signal = read_audio(path, offset=10.0, duration=8.0).signal
    return signal, clip_series(NumpyOps(), signal[None], ["mel"]).mfcc(20)[0]


def test_the_columns_are_values_and_steps(cepstrum):
    signal, mfcc = cepstrum
    expected = [*by_scipy(mfcc), *by_scipy(np.diff(mfcc, axis=0))]
    np.testing.assert_allclose(MFCCCovariance().fit_transform(signal[None])[0], expected, atol=1e-3)


def test_the_columns_are_changes_over_8_and_43_frames(cepstrum):
    signal, mfcc = cepstrum
    few = mfcc[:, :13]
    expected = [*by_scipy(few[8:] - few[:-8]), *by_scipy(few[43:] - few[:-43])]
    np.testing.assert_allclose(
        LaggedCovariance().fit_transform(signal[None])[0], expected, atol=1e-3
    )


@pytest.mark.parametrize("family", [MFCCCovariance(), LaggedCovariance()])
def test_level_does_not_matter(family, rng):
    noise = 0.5 * rng.normal(size=22_050) * (1 + np.sin(np.arange(22_050) / 500))
    loud, soft = family.fit_transform([noise, noise / 50])
    np.testing.assert_allclose(soft, loud, atol=1e-3)
