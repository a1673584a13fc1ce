"""What a transformer says of files that it could not read, and that it reads each file once."""

from __future__ import annotations

import time

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from mer_sklearn import AudioFeatures
from mer_sklearn.errors import InputError, MerWarning
from mer_sklearn.extraction import workers
from mer_sklearn.features import MFCC


@pytest.fixture
def bad(tmp_path):
    path = tmp_path / "bad.wav"
    path.write_text("text")
    return str(path)


def features(**parameters):
    return AudioFeatures([MFCC(5, statistics=("mean",))], **parameters)


def test_the_report_names_file_reason_and_remedy_by_the_row(wav_files, bad):
    transformer = features(on_error="nan").fit(wav_files)
    assert transformer.report_.shape == (0, 3)
    with pytest.warns(MerWarning, match="1 of 3"):
        transformer.transform([*wav_files[:2], bad])
    report = transformer.report_
    assert report.index.tolist() == [2]
    assert report.loc[2, "file"] == bad
    assert report.loc[2, "reason"].startswith("cannot be read as audio")
    assert report.loc[2, "remedy"].startswith("Get the file itself")


def test_the_report_is_of_the_last_call(wav_files, bad):
    transformer = features(on_error="nan").fit(wav_files)
    with pytest.warns(MerWarning):
        transformer.transform([bad])
    assert clone(transformer).fit(wav_files).report_.empty
    transformer.transform(wav_files[:1])
    assert transformer.report_.empty


def test_a_timeout_is_a_parameter(wav_files, monkeypatch):
    monkeypatch.setattr(workers, "GRACE", 0.0)
    alone = features().fit_transform(wav_files[:3])
    np.testing.assert_array_equal(features(timeout=60).fit_transform(wav_files[:3]), alone)
    with pytest.raises(InputError, match="timeout=0"):
        features(timeout=0).fit(wav_files)


def test_validation_and_search_read_each_file_once(wav_files, tmp_path, monkeypatch):
    read = []
    real = workers.open_audio
    monkeypatch.setattr(workers, "open_audio", lambda item: (read.append(item), real(item))[1])
    time.sleep(0.01)
    model = make_pipeline(features(cache=tmp_path / "cache"), KNeighborsClassifier(1))
    y = [0, 1] * 6
    cross_val_score(model, wav_files, y, cv=3)
    GridSearchCV(model, {"kneighborsclassifier__n_neighbors": [1, 3]}, cv=3).fit(wav_files, y)
    assert sorted(read) == wav_files
