"""One-file models: round trips, damage, versions, and places that cannot be written."""

from __future__ import annotations

import pickle
import shutil

import joblib
import numpy as np
import pytest
from sklearn.feature_selection import SelectKBest

from mer_sklearn import AudioFeatures, EmotionLabeller, EmotionPipeline, load
from mer_sklearn.artifact import joblib_file
from mer_sklearn.errors import ArtifactError


@pytest.fixture(scope="module")
def pipeline(corpus):
    pipeline = EmotionPipeline("mfcc40-mean", model="logistic", random_state=0, cache=False)
    return pipeline.fit(corpus.X[:20], corpus.y("quadrant")[:20], groups=corpus.groups[:20])


@pytest.fixture
def saved(pipeline, tmp_path):
    path = tmp_path / "mood.joblib"
    pipeline.save(path, info={"scores": {"accuracy": 0.5}, "training": {"name": "test"}})
    return path


def test_what_is_loaded_answers_alike(pipeline, saved, corpus):
    np.testing.assert_array_equal(
        load(saved).predict_proba(corpus.X), pipeline.predict_proba(corpus.X)
    )


def test_a_model_of_a_table_is_saved_too(table, corpus, tmp_path):
    pipeline = EmotionPipeline(None, model="ridge", labeller="quadrants")
    pipeline.fit(table, corpus.y("va")).save(tmp_path / "va.joblib")
    loaded = load(tmp_path / "va.joblib")
    np.testing.assert_array_equal(loaded.predict(table), pipeline.predict(table))
    assert joblib_file.read_manifest(tmp_path / "va.joblib")["scale"] == [-1.0, 1.0]


def test_the_manifest_says_what_the_file_holds(saved):
    manifest = joblib_file.read_manifest(saved)
    assert manifest["format"] == "mer_sklearn model"
    assert manifest["schema"] == 1
    assert manifest["task"] == "classification"
    assert manifest["labels"] == sorted(manifest["labels"])
    assert manifest["sample_rate"] == 22050
    assert manifest["features"]["families"][0]["parameters"]["n_mfcc"] == 40
    assert len(manifest["features"]["names"]) == manifest["features"]["n_columns"] == 40
    assert manifest["scores"] == {"accuracy": 0.5}
    assert manifest["training"] == {"name": "test"}
    assert manifest["self_test"]["answer"]["emotion"] in manifest["labels"]
    assert manifest["fit"] == {"apart": "groups", "n_dropped": 0, "n_skipped": 0}
    assert "scikit-learn" in manifest["versions"]


def test_the_same_pipeline_makes_the_same_bytes(pipeline, saved, tmp_path):
    info = {"scores": {"accuracy": 0.5}, "training": {"name": "test"}}
    pipeline.save(tmp_path / "again.joblib", info=info)
    assert (tmp_path / "again.joblib").read_bytes() == saved.read_bytes()


def test_joblib_itself_reads_the_file(saved, corpus):
    assert isinstance(joblib.load(saved), EmotionPipeline)


def test_nothing_is_left_beside(saved):
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_a_changed_word_of_the_manifest_is_found(saved):
    saved.write_bytes(saved.read_bytes().replace(b'"accuracy": 0.5', b'"accuracy": 0.9'))
    with pytest.raises(ArtifactError, match=r"mood\.joblib: was damaged"):
        joblib_file.read_manifest(saved)


@pytest.mark.parametrize("place", [0, 100, -200, -10, -1])
def test_a_flipped_byte_is_found(saved, place):
    content = bytearray(saved.read_bytes())
    content[place] ^= 0xFF
    saved.write_bytes(content)
    with pytest.raises(ArtifactError, match=r"mood\.joblib"):
        load(saved)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.99])
def test_a_cut_file_is_found(saved, share):
    content = saved.read_bytes()
    saved.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ArtifactError, match=r"mood\.joblib.*complete"):
        load(saved)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"schema": 2}, "format 2"),
        ({"format": "other"}, "no model of mer_sklearn"),
        ({"versions": {"scikit-learn": "0.1.0"}}, r"scikit-learn 0\.1\.0"),
    ],
    ids=["schema", "format", "scikit-learn"],
)
def test_files_of_other_versions_are_refused(saved, change, sentence, forge):
    forge(saved, change)
    with pytest.raises(ArtifactError, match=sentence):
        load(saved)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("mood.pkl", "ends in .joblib"),
        ("no/folder/mood.joblib", "does not exist"),
    ],
)
def test_a_wrong_place_is_refused(pipeline, tmp_path, name, sentence):
    with pytest.raises(ArtifactError, match=sentence):
        pipeline.save(tmp_path / name)


def test_a_folder_is_no_place(pipeline, tmp_path):
    (tmp_path / "mood.joblib").mkdir()
    with pytest.raises(ArtifactError, match="is a folder"):
        pipeline.save(tmp_path / "mood.joblib")


def test_a_failed_save_keeps_the_old_file(pipeline, saved, monkeypatch):
    before = saved.read_bytes()

    def broken(loaded):
        raise ArtifactError("no")

    with pytest.raises(ArtifactError, match="no"):
        joblib_file.write(saved, pipeline, joblib_file.read_manifest(saved), broken)
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


@pytest.mark.parametrize("name", ["missing.joblib", "song.wav"])
def test_what_is_no_model_is_refused(tmp_path, name):
    with pytest.raises(ArtifactError, match=name):
        load(tmp_path / name)


def test_the_file_does_not_know_where_it_was_trained(corpus, tmp_path):
    saved = {}
    for name, place in (
        ("here", {}),
        ("there", {"n_jobs": 1, "cache": str(tmp_path / "private")}),
        ("inside", {"features": AudioFeatures("mfcc40-mean", cache=tmp_path / "other", n_jobs=1)}),
    ):
        pipeline = EmotionPipeline(
            **{"features": AudioFeatures("mfcc40-mean"), "model": "ridge", **place}
        )
        pipeline.fit(corpus.X[:8], corpus.y("va")[:8])
        pipeline.save(tmp_path / f"{name}.joblib")
        assert pipeline.n_jobs == place.get("n_jobs")
        saved[name] = (tmp_path / f"{name}.joblib").read_bytes()
    assert saved["here"] == saved["there"]
    assert b"private" not in saved["there"]
    assert b"other" not in saved["inside"]
    shutil.rmtree(tmp_path / "private", ignore_errors=True)
    load(tmp_path / "there.joblib").predict(corpus.X[:1])
    assert not (tmp_path / "private").exists()


def test_numbers_of_numpy_go_into_the_manifest(table, corpus, tmp_path):
    labeller = EmotionLabeller(scale=(np.int64(-1), np.int64(1)), thresholds=np.array([0.1, 0.2]))
    pipeline = EmotionPipeline(None, model="ridge", labeller=labeller).fit(table, corpus.y("va"))
    path = tmp_path / "va.joblib"
    pipeline.save(path, info={"scores": {"r2": np.float32(0.5), "folds": np.arange(2)}})
    manifest = joblib_file.read_manifest(path)
    assert manifest["scores"] == {"r2": 0.5, "folds": [0, 1]}
    assert manifest["labeller"]["thresholds"] == [0.1, 0.2]


def test_what_cannot_be_pickled_is_said(table, corpus, tmp_path):
    select = SelectKBest(lambda X, y: np.ones(X.shape[1]), k=5)
    pipeline = EmotionPipeline(None, model="logistic", select=select)
    pipeline.fit(table, corpus.y("quadrant"))
    with pytest.raises(ArtifactError, match=r"mood\.joblib: the pipeline holds a part that cannot"):
        pipeline.save(tmp_path / "mood.joblib")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("columns", "factor", "scale"),
    [
        (["valence", "arousal"], 1.0, [-1.0, 1.0]),
        (["valence", "arousal"], 5.0, None),
        (["tension", "power"], 1.0, None),
    ],
)
def test_the_scale_of_valence_and_arousal_is_stated(
    table, corpus, tmp_path, columns, factor, scale
):
    y = (corpus.y("va") * factor).set_axis(columns, axis=1)
    EmotionPipeline(None, model="ridge").fit(table, y).save(tmp_path / "va.joblib")
    manifest = joblib_file.read_manifest(tmp_path / "va.joblib")
    assert manifest["scale"] == scale
    assert manifest["targets"] == columns


# ---------------------------------------------------------------------- before it is unpickled


class Trap:
    """What a hostile file does when it is unpickled."""

    def __reduce__(self):
        return (pytest.fail, ("it was unpickled",))


@pytest.fixture
def trapped(saved, forge):
    """A model whose estimator was put in the place of ours, under a manifest that fits it."""

    def trapped(change):
        return forge(saved, change, payload=pickle.dumps(Trap()))

    return trapped


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"schema": 2}, "format 2 by mer_sklearn"),
        ({"versions": {"scikit-learn": "1.0.2"}}, r"saved under scikit-learn 1\.0\.2"),
        ({"versions": {}}, "does not say under which scikit-learn it was saved, and pickled"),
        ({"labels": 3}, "labels is 3"),
        ({"sha256": "0" * 64}, "was damaged"),
        ({"kind": "onnx"}, "kind is 'onnx', not joblib"),
    ],
    ids=lambda value: next(iter(value), "") if isinstance(value, dict) else "",
)
def test_what_is_refused_is_not_unpickled(trapped, change, sentence):
    with pytest.raises(ArtifactError, match=sentence) as caught:
        load(trapped(change))
    assert "\n" not in str(caught.value)


def test_the_trap_would_spring(trapped):
    """A manifest that fits finds no malice: that is why joblib files are for friends."""
    with pytest.raises(pytest.fail.Exception):
        load(trapped({}))


def test_the_manifest_is_read_without_unpickling(trapped):
    assert joblib_file.read_manifest(trapped({}))["kind"] == "joblib"


def test_what_cannot_be_unpickled_here_is_one_sentence(saved, forge):
    forge(saved, {}, payload=b"cno_such_module\nModel\n.")
    with pytest.raises(ArtifactError, match=r"cannot be loaded here .*no_such_module") as caught:
        load(saved)
    assert "\n" not in str(caught.value)


def test_another_patch_of_scikit_learn_loads_in_silence(saved, forge):
    import sklearn

    patch = ".".join([*sklearn.__version__.split(".")[:2], "99"])
    forge(saved, {"versions": {"scikit-learn": patch}})
    assert isinstance(load(saved), EmotionPipeline)


def test_a_huge_footer_costs_no_memory(tmp_path, peak_memory):
    path = tmp_path / "huge.joblib"
    length = 2**28
    with path.open("wb") as file:
        file.truncate(length)
        file.seek(length)
        file.write(length.to_bytes(8, "little") + b"MERmodel")
    with pytest.raises(ArtifactError, match="its manifest has 256 MB, more than the 4 MB"):
        load(path)
    assert peak_memory() < 2**21
