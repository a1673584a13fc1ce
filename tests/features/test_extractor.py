"""AudioFeatures: containers, names, parameters, workers, cache."""

from __future__ import annotations

import pickle
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import soundfile
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from mer_sklearn import audio
from mer_sklearn.audio import Clip, Segment, read_audio
from mer_sklearn.errors import AudioError, InputError, MerWarning
from mer_sklearn.extraction import engine
from mer_sklearn.features import MFCC, PRESETS, AudioFeatures, Chroma, SpectralStatistics, preset


@pytest.fixture
def files(tmp_path, rng):
    """Six files of one length, of several kinds."""
    paths = []
    for number, kind in enumerate(["wav", "flac", "ogg", "mp3", "wav", "wav"]):
        path = tmp_path / f"{number}.{kind}"
        soundfile.write(path, rng.uniform(-0.1, 0.1, 12_000) * (number + 1), 22_050)
        paths.append(str(path))
    return paths


def small(**options):
    return AudioFeatures([MFCC(5, deltas=0, statistics=("mean",)), Chroma()], **options)


# ---- Rows ----


def test_columns_are_those_of_the_families_side_by_side(files):
    families = [MFCC(13), Chroma(), SpectralStatistics(statistics=("mean",))]
    together = AudioFeatures(families).fit(files)
    expected = np.hstack([family.fit_transform(files) for family in families])
    np.testing.assert_allclose(together.transform(files), expected, rtol=1e-6, atol=1e-6)
    names = [name for family in families for name in family.get_feature_names_out()]
    assert together.get_feature_names_out().tolist() == names
    assert together.get_feature_names_out().dtype == object


def test_rows_do_not_depend_on_company(files):
    features = small().fit(files)
    together = features.transform(files)
    alone = np.vstack([features.transform([path]) for path in files])
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(features.transform(files[::-1]), together[::-1])


@pytest.mark.parametrize(
    "container",
    [tuple, np.array, pd.Series, lambda x: np.array(x, object), lambda x: [Path(p) for p in x]],
    ids=["tuple", "array", "Series", "object array", "Path"],
)
def test_containers_agree(files, container):
    expected = small().fit_transform(files)
    np.testing.assert_array_equal(small().fit_transform(container(files)), expected)


@pytest.mark.parametrize(
    "items",
    [lambda x: [Segment(p) for p in x], lambda x: [read_audio(p) for p in x]],
    ids=["Segment", "Clip"],
)
def test_a_decoded_clip_gives_what_its_file_gives(files, items):
    np.testing.assert_array_equal(small().fit_transform(items(files)), small().fit_transform(files))


def test_a_matrix_gives_what_its_clips_give(rng):
    X = rng.normal(size=(3, 5_000)).astype(np.float32)
    clips = [Clip(row) for row in X]
    np.testing.assert_array_equal(small().fit_transform(X), small().fit_transform(clips))


def test_float64_and_float32_agree(rng):
    X = rng.uniform(-0.5, 0.5, (2, 5_000))
    single = small().fit_transform(X.astype(np.float32))
    np.testing.assert_array_equal(small().fit_transform(X), single)


def test_a_read_only_signal_is_left_alone(rng):
    X = rng.normal(size=(2, 5_000)).astype(np.float32)
    before = X.copy()
    X.flags.writeable = False
    small().fit_transform(X)
    np.testing.assert_array_equal(X, before)


def test_pandas_output_has_names_and_keeps_the_index(files):
    index = [f"song {number}" for number in range(6)]
    features = small().set_output(transform="pandas")
    table = features.fit_transform(pd.Series(files, index=index))
    assert list(table.columns) == list(features.get_feature_names_out())
    assert list(table.index) == index
    assert set(table.dtypes) == {np.dtype(np.float32)}
    assert list(features.fit_transform(files).index) == list(range(6))


def test_transform_changes_nothing(files):
    features, paths = small().fit(files), list(files)
    before, content = vars(features).copy(), [Path(path).read_bytes() for path in files]
    first, second = features.transform(paths), features.transform(paths)
    np.testing.assert_array_equal(first, second)
    assert vars(features) == before
    assert paths == files
    assert [Path(path).read_bytes() for path in files] == content


@pytest.mark.parametrize("dump", [pickle.dumps, lambda x: pickle.dumps(clone(x).fit(["a.wav"]))])
def test_a_copy_gives_the_same_rows(files, dump):
    features = small().fit(files)
    copy = pickle.loads(dump(features))
    np.testing.assert_array_equal(copy.transform(files), features.transform(files))
    assert list(copy.get_feature_names_out()) == list(features.get_feature_names_out())


def test_transform_and_names_need_a_fit():
    with pytest.raises(NotFittedError):
        small().get_feature_names_out()
    with pytest.raises(NotFittedError):
        small().transform(np.zeros((1, 100)))


# ---- Files that fail ----


def test_an_unreadable_file_is_named(files, tmp_path):
    (tmp_path / "bad.wav").write_text("text")
    with pytest.raises(AudioError, match=r"bad\.wav"):
        small().fit_transform([*files, tmp_path / "bad.wav"])


def test_or_its_row_is_nan(files, tmp_path):
    (tmp_path / "bad.wav").write_text("text")
    with pytest.warns(MerWarning, match=r"1 of 7 items gave no features: .*bad\.wav"):
        table = small(on_error="nan").fit_transform([*files[:2], tmp_path / "bad.wav", *files[2:]])
    assert np.isnan(table[2]).all()
    np.testing.assert_array_equal(np.delete(table, 2, axis=0), small().fit_transform(files))


# ---- Workers and cache ----


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_workers_give_the_same_bits(files, backend, monkeypatch):
    monkeypatch.setattr(engine, "BATCH_PER_WORKER", 2)
    alone = AudioFeatures(n_jobs=1).fit_transform(files)
    with joblib.parallel_config(backend=backend):
        np.testing.assert_array_equal(AudioFeatures(n_jobs=2).fit_transform(files), alone)


def test_the_cache_gives_the_same_bits(files, tmp_path):
    plain = AudioFeatures().fit_transform(files)
    for _ in range(2):
        cached = AudioFeatures(cache=tmp_path / "cache").fit_transform(files)
        np.testing.assert_array_equal(cached, plain)


def test_a_search_over_families_decodes_once(files, tmp_path, monkeypatch):
    families = [MFCC(5), Chroma()]
    AudioFeatures(families, cache=tmp_path / "cache").fit_transform(files)
    monkeypatch.setattr(audio, "stream_audio", None)
    for part in ([families[1]], families[::-1], families):
        AudioFeatures(part, cache=tmp_path / "cache").fit_transform(files)


def test_cache_true_is_the_folder_of_the_environment(files, tmp_path, monkeypatch):
    monkeypatch.setenv("MER_CACHE", str(tmp_path / "here"))
    small(cache=True).fit_transform(files)
    assert list((tmp_path / "here").iterdir())


# ---- Parameters ----


def test_parameters_of_families_are_reached_by_name():
    features = AudioFeatures([MFCC(), Chroma()])
    assert features.get_params()["mfcc__n_mfcc"] == 20
    features.set_params(mfcc__n_mfcc=13, chroma__statistics=("mean",), n_jobs=2)
    assert features.get_params()["mfcc__n_mfcc"] == 13
    assert features.families[0].n_mfcc == 13
    assert features.n_jobs == 2


def test_a_preset_becomes_ones_own_when_a_parameter_changes():
    features = AudioFeatures("plain").set_params(mfcc__n_mfcc=13)
    assert [type(family) for family in features.families] == [MFCC, Chroma, SpectralStatistics]
    assert features.families[0].n_mfcc == 13
    assert AudioFeatures("plain").get_params()["mfcc__n_mfcc"] == 20


def test_a_family_can_be_replaced():
    features = AudioFeatures("plain").set_params(mfcc=MFCC(7))
    assert features.get_params()["mfcc__n_mfcc"] == 7


@pytest.mark.parametrize("families", ["chroma", ["chroma"], [Chroma()]])
def test_a_family_is_named_or_given(families):
    features = AudioFeatures(families)
    assert features.resolve()[0].identity() == Chroma().identity()
    assert clone(features).set_params(chroma__statistics=("mean",)).resolve()[0].statistics == (
        "mean",
    )


def test_families_and_their_parameters_in_one_call():
    features = AudioFeatures("plain").set_params(families="mfcc40-mean", mfcc__n_mfcc=7)
    assert features.families[0].get_params() == MFCC(7, deltas=0, statistics=("mean",)).get_params()


@pytest.mark.parametrize("features", [AudioFeatures(), small(cache="here", n_jobs=2)])
def test_a_clone_is_equal_and_its_own(features):
    copy = clone(features)
    assert repr(copy) == repr(features)
    assert copy.get_params().keys() == features.get_params().keys()
    if not isinstance(features.families, str):
        assert copy.families[0] is not features.families[0]
        copy.set_params(mfcc__n_mfcc=2)
        assert features.get_params()["mfcc__n_mfcc"] == 5


def test_a_clone_keeps_changed_parameters():
    changed = AudioFeatures("plain").set_params(mfcc__n_mfcc=9)
    assert clone(changed).get_params()["mfcc__n_mfcc"] == 9


def test_a_search_reaches_the_families(rng):
    X, y = rng.normal(size=(8, 3_000)), [0, 1] * 4
    pipeline = make_pipeline(small(), KNeighborsClassifier(1))
    grid = {"audiofeatures__mfcc__n_mfcc": np.arange(1, 4)}
    search = GridSearchCV(pipeline, grid, cv=2).fit(X, y)
    assert sorted(search.cv_results_["param_audiofeatures__mfcc__n_mfcc"]) == [1, 2, 3]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("mfc__n_mfcc", "'mfc__n_mfcc'.*Known: .*mfcc"),
        ("n_job", "'n_job'.*Did you mean 'n_jobs'"),
        ("mfcc__n_mfc", "'n_mfc'.*MFCC"),
    ],
)
def test_a_parameter_that_does_not_exist_is_named(name, sentence):
    with pytest.raises(ValueError, match=sentence):
        AudioFeatures([MFCC()]).set_params(**{name: 3})


def test_nonsense_can_be_stored_and_replaced():
    features = AudioFeatures("plian").set_params(n_jobs=0)
    assert features.get_params()["families"] == "plian"
    assert features.set_params(families="plain", n_jobs=None).fit(np.zeros((1, 9)))


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"families": "plian"}, "Unknown preset or family 'plian'.*Did you mean 'plain'"),
        ({"families": []}, r"families=\[\] must hold at least one"),
        ({"families": [MFCC(), MFCC(13)]}, r"families=\['mfcc', 'mfcc'\].*only once"),
        ({"families": ["mfc"]}, "Unknown feature family 'mfc'. Did you mean 'mfcc'"),
        ({"families": [MFCC]}, "families holds <class.*no feature family"),
        ({"families": None}, "families holds None"),
        ({"families": 5}, "families holds 5"),
        ({"on_error": "skip"}, "on_error='skip'"),
        ({"on_error": None}, "on_error=None"),
        ({"n_jobs": 0}, "n_jobs=0"),
        ({"n_jobs": "2"}, "n_jobs='2'"),
        ({"n_jobs": 1.5}, "n_jobs=1.5"),
        ({"cache": 5}, "cache=5"),
    ],
)
def test_nonsense_is_refused_by_name(parameters, sentence):
    with pytest.raises(InputError, match=sentence):
        AudioFeatures(**parameters).fit_transform(np.zeros((1, 600)))


def test_a_single_family_is_taken_as_a_list():
    assert AudioFeatures(MFCC(13)).fit_transform(np.zeros((1, 600))).shape == (1, 195)


# ---- Presets ----


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_gives_new_families_each_time(name):
    first, second = preset(name), preset(name)
    assert [family.get_params() for family in first] == [family.get_params() for family in second]
    assert all(a is not b for a, b in zip(first, second, strict=True))


def test_the_presets_have_the_columns_they_promise():
    assert len(AudioFeatures("plain").fit(np.zeros((1, 9))).get_feature_names_out()) == 425
    names = AudioFeatures("mfcc40-mean").fit(np.zeros((1, 9))).get_feature_names_out()
    assert names.tolist() == [f"mfcc__{k}__mean" for k in range(40)]


def test_an_unknown_preset_is_named():
    with pytest.raises(InputError, match=r"Known: compact, .*plain"):
        preset("everything")
