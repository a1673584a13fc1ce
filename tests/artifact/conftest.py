"""Small fitted pipelines, forged files, and what is expected of a save that is refused."""

from __future__ import annotations

import ast
import hashlib
import json
import subprocess
import sys
import tracemalloc

import pytest

from mer_sklearn import EmotionPipeline
from mer_sklearn.artifact import joblib_file
from mer_sklearn.artifact.manifest import to_json
from mer_sklearn.artifact.runtime import read_manifest
from mer_sklearn.errors import ArtifactError
from mer_sklearn.features import MFCC

# What a prediction by an ONNX model has no need of.
HEAVY = [
    *("sklearn", "scipy", "pandas", "librosa", "xgboost", "optuna", "onnx", "numba"),
    *("imblearn", "joblib", "skl2onnx", "spox", "ndonnx"),
]


@pytest.fixture(scope="session")
def fit(corpus):
    """Fit a pipeline on 32 clips: `fit(y="quadrant", features=small family, **parts)`."""

    def fit(y="quadrant", features=None, **parts):
        features = MFCC(n_mfcc=13, deltas=0, statistics=("mean",)) if features is None else features
        y = corpus.y(y)[:32] if isinstance(y, str) else y
        pipeline = EmotionPipeline(features, cache=False, random_state=0, **parts)
        return pipeline.fit(corpus.X[:32], y, groups=corpus.groups[:32])

    return fit


@pytest.fixture(scope="session")
def music(fit, tmp_path_factory):
    """A file of the default preset and model."""
    path = tmp_path_factory.mktemp("music") / "mood.onnx"
    fit(features="music", model="mlp").save(path)
    return path


@pytest.fixture
def refused(tmp_path):
    """Check that a save is refused in one sentence, and that nothing is left anywhere."""

    def refused(pipeline, sentence, **options):
        with pytest.raises(ArtifactError, match=sentence) as caught:
            pipeline.save(tmp_path / "mood.onnx", **options)
        assert "mood.onnx: nothing was saved" in str(caught.value)
        assert "\n" not in str(caught.value)
        assert list(tmp_path.iterdir()) == []

    return refused


@pytest.fixture
def forge():
    """Change what a file says of itself, or what it holds, under a checksum that fits."""

    def forge(path, change, *, payload=None, text=None):
        manifest = {**read_manifest(path), **change}
        own = _payload(path) if payload is None else payload
        if path.suffix == ".onnx":
            manifest = {**manifest, "n_bytes": len(own), **change}
        if "sha256" not in change:
            says = to_json({key: value for key, value in manifest.items() if key != "sha256"})
            manifest["sha256"] = hashlib.sha256(own + says.encode()).hexdigest()
        written = json.dumps(manifest).encode() if text is None else text
        path.write_bytes(own + _footer(path.suffix, written))
        return path

    return forge


def _payload(path):
    if path.suffix == ".onnx":
        return path.read_bytes()[: read_manifest(path)["n_bytes"]]
    return joblib_file._split(path)[0]


def _footer(suffix, text):
    if suffix == ".onnx":
        return _field(14, _field(1, b"mer_sklearn") + _field(2, text))
    return text + len(text).to_bytes(8, "little") + b"MERmodel"


def _field(number, content):
    """Return a field of protobuf: its number, its length, and what it holds."""
    length, left = b"", len(content)
    while left > 127:
        length += bytes([left & 127 | 128])
        left >>= 7
    return bytes([number << 3 | 2]) + length + bytes([left]) + content


@pytest.fixture
def peak_memory():
    """Tell the largest amount of memory that Python had at once, in bytes."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()


@pytest.fixture
def cold():
    """Run code in a process of its own; return what it printed, and what heavy it imported."""

    def cold(code):
        code += f"\nimport sys; print([m for m in {HEAVY} if m in sys.modules])"
        command = [sys.executable, "-c", code]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        *printed, loaded = run.stdout.splitlines()
        return printed, ast.literal_eval(loaded)

    return cold
