"""Fixtures that all tests share: a seeded generator, the real data, a cache of their own."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("MER_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture
def rng():
    return np.random.default_rng(440)


@pytest.fixture
def mer_data():
    """The folder of real audio, read in place."""
    if not DATA.is_dir():
        pytest.skip(f"no real data: set MER_DATA to its folder (looked in {DATA})")
    return DATA


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """Keep the tests out of the user's feature cache."""
    monkeypatch.setenv("MER_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="session")
def corpus():
    """Forty short rendered pieces by a few artists."""
    from mer_sklearn import make_emotion_clips

    return make_emotion_clips(40, random_state=0, duration=2.0)


@pytest.fixture(scope="session")
def table(corpus):
    """Their plain features, extracted once."""
    from mer_sklearn import AudioFeatures

    return AudioFeatures("plain").set_output(transform="pandas").fit_transform(corpus.X)


@pytest.fixture(scope="session")
def wav_files(corpus, tmp_path_factory):
    """The first twelve pieces as files."""
    import soundfile

    folder = tmp_path_factory.mktemp("pieces")
    paths = [str(folder / f"{number:02}.wav") for number in range(12)]
    for path, clip in zip(paths, corpus.X, strict=False):
        soundfile.write(path, clip.signal, clip.sr, subtype="FLOAT")
    return paths
