"""Files of this and of all earlier versions load, and answer as they did."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import sklearn

from mer_sklearn import Clip, __version__, load
from mer_sklearn.artifact.runtime import read_manifest
from mer_sklearn.artifact.signals import made_signals
from mer_sklearn.cli import main
from mer_sklearn.errors import ArtifactError

DATA = Path(__file__).parent.parent / "data"
KEPT = [(path.parent.name, path.stem) for path in sorted(DATA.glob("*/*.joblib"))]
COLUMNS = {
    "classes": ["  mfcc     40 columns: deltas=0"],
    "numbers": ["  mfcc     40 columns: deltas=0"],
    "trees": ["  chroma  ", "  spectral  "],
    "parts": ["  modulation  ", "  mfcc_dynamics  ", ", of a clip and its halves"],
}


def assert_alike(model, version, name):
    """A forest does not forgive the rounding of a feature."""
    clips, expected = answers(version, name)
    for found, said in zip(model.predict_records(clips), expected, strict=True):
        assert found == pytest.approx(said, abs=0.1 if name == "trees" else 1e-3)


def answers(version, name):
    """Return the signals, and what the model answered to each when it was written."""
    said = json.loads((DATA / version / "answers.json").read_text(encoding="utf-8"))[name]
    signals = made_signals()
    assert set(said) <= set(signals)
    return [Clip(signals[signal]) for signal in said], list(said.values())


@pytest.fixture
def kept(tmp_path):
    def kept(version, name):
        content = gzip.decompress((DATA / version / f"{name}.onnx.gz").read_bytes())
        (tmp_path / f"{name}.onnx").write_bytes(content)
        return tmp_path / f"{name}.onnx"

    return kept


def test_this_version_is_kept():
    assert {name for version, name in KEPT if version == __version__} == set(COLUMNS)


@pytest.mark.parametrize(("version", "name"), KEPT)
def test_a_kept_onnx_file_answers_as_it_did(version, name, kept):
    assert_alike(load(kept(version, name), check=True), version, name)


@pytest.mark.parametrize(("version", "name"), KEPT)
def test_a_kept_joblib_file_answers_as_it_did_or_says_why_not(version, name):
    path = DATA / version / f"{name}.joblib"
    saved = read_manifest(path)["versions"]["scikit-learn"]
    if saved.split(".")[:2] != sklearn.__version__.split(".")[:2]:
        with pytest.raises(ArtifactError, match=f"was saved under scikit-learn {saved}, this is"):
            load(path)
        return
    assert_alike(load(path, check=True), version, name)


@pytest.mark.parametrize(("version", "name"), KEPT)
def test_a_kept_file_is_shown(version, name, kept, capsys):
    for path in (kept(version, name), DATA / version / f"{name}.joblib"):
        assert main(["inspect", str(path)]) == 0
        said = capsys.readouterr().out
        assert all(words in said for words in COLUMNS[name])


def test_they_are_small():
    assert sum(path.stat().st_size for path in DATA.rglob("*") if path.is_file()) < 3_000_000
