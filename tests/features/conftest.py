"""Signals that features must bear, real clips, and feature code traced into graphs."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from mer_sklearn.audio import SAMPLE_RATE, read_audio

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("MER_DATA", ROOT.parent / "shared" / "data"))
REAL = [
    "emotify/full/classical/66.mp3",
    "emotify/full/classical/73.mp3",
    "emotify/full/rock/5.mp3",
    "emotify/full/rock/76.mp3",
    "emotify/full/electronic/48.mp3",
    "emotify/full/electronic/83.mp3",
    "emotify/full/pop/11.mp3",
    "emotify/full/pop/69.mp3",
    "ravdess_speech/Actor_01/03-01-05-01-01-01-01.flac",
    "ravdess_speech/Actor_02/03-01-04-01-01-01-02.flac",
    "ravdess_speech/Actor_04/03-01-08-01-02-01-04.flac",
]


def _read(name: str) -> np.ndarray:
    """Return five seconds from the middle of a song, or a whole utterance."""
    if not DATA.is_dir():
        pytest.skip(f"no real data: set MER_DATA to its folder (looked in {DATA})")
    span = {"offset": 10.0, "duration": 5.0} if name.endswith("mp3") else {}
    return read_audio(DATA / name, **span).signal


@pytest.fixture(scope="session")
def real_clips():
    """All real clips by name."""
    return {name: _read(name) for name in REAL}


@pytest.fixture(params=REAL, ids=lambda name: "-".join(Path(name).with_suffix("").parts[-2:]))
def real(request, real_clips):
    """Each real clip."""
    return real_clips[request.param]


def _noise(level: float, n_samples: int = 30_000) -> np.ndarray:
    return level * np.random.default_rng(440).normal(size=n_samples)


def _time(n_samples: int = 30_000) -> np.ndarray:
    return np.arange(n_samples) / SAMPLE_RATE


def _sine(hz: float = 440.0, n_samples: int = 30_000) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hz * _time(n_samples))


def _clicks() -> np.ndarray:
    return (np.arange(30_000) % 5_000 == 100).astype(float)


EDGES = {
    "silence": np.zeros(30_000),
    "one sample": np.array([0.3]),
    "two samples": np.array([0.3, -0.2]),
    "hop - 1": _noise(0.1, 511),
    "hop": _noise(0.1, 512),
    "frame": _noise(0.1, 2_048),
    "nine frames": _noise(0.1, 8 * 512),
    "constant": np.full(30_000, 0.5),
    "impulse": np.eye(1, 30_000, 9_000)[0],
    "sine": _sine(),
    "clipped": np.clip(4 * _sine() + _noise(0.1), -1, 1),
    "square": np.sign(_sine(220.0)),
    "chirp": 0.5 * np.sin(2 * np.pi * (50 + 3_000 * _time()) * _time()),
    "noise": _noise(0.1),
    "faint noise": _noise(1e-6),
    "denormals": _noise(1e-40),
    "hundredfold": _noise(20.0),
    "dust": _noise(5e-11),
    "half silent": np.where(np.arange(30_000) < 15_000, 0.0, _noise(0.2)),
    "clicks": _clicks(),
    "tremolo": _sine() * (1 + np.sin(2 * np.pi * 5 * _time())),
    "enormous": _noise(1e11),
}


@pytest.fixture(scope="session")
def speech():
    """Thirty utterances of six actors: they begin and end in near or digital silence."""
    files = sorted((DATA / "ravdess_speech").rglob("*.flac"))
    if not files:
        pytest.skip(f"no real data: set MER_DATA to its folder (looked in {DATA})")
    return [read_audio(file).signal for file in files[:: len(files) // 30][:30]]


@pytest.fixture(params=sorted(EDGES), ids=lambda name: name.replace(" ", "-"))
def edge(request):
    """Each signal that could break a definition."""
    return EDGES[request.param].astype(np.float32)


@pytest.fixture
def series():
    """Return the series of one clip, each of shape (n_frames, n_rows)."""
    from mer_sklearn.features.clip_series import clip_series
    from mer_sklearn.features.ops import NumpyOps

    def series(signal, *names, block=192):
        signal = np.asarray(signal, np.float32)
        clip = clip_series(NumpyOps(block), np.atleast_2d(signal), names)
        values = [getattr(clip, name)[0] for name in names]
        return values[0] if len(values) == 1 else values

    return series


@pytest.fixture(scope="session")
def trace():
    """Return a function that traces families into a graph and opens it."""
    import ndonnx as ndx
    import onnxruntime
    import spox

    from mer_sklearn.features.onnx_ops import GraphOps
    from mer_sklearn.features.rows import family_columns

    def trace(families, **options):
        signal = ndx.argument(shape=("N", "T"), dtype=ndx.float32)
        parts = family_columns(GraphOps(**options), signal, families)
        columns = ndx.concat(parts, axis=-1).unwrap_spox()
        model = spox.build({"waveform": signal.unwrap_spox()}, {"columns": columns})
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), settings, providers=["CPUExecutionProvider"]
        )

        def run(waveform):
            waveform = np.atleast_2d(np.asarray(waveform, np.float32))
            return session.run(None, {"waveform": waveform})[0]

        return run

    return trace
