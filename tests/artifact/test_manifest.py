"""What a manifest says, and that a forged one is refused before anything trusts it."""

from __future__ import annotations

import json
from copy import copy as copy_of

import numpy as np
import pytest

from mer_sklearn import AudioFeatures, load
from mer_sklearn.artifact import fields, self_test
from mer_sklearn.artifact.manifest import checksum, from_json, to_json
from mer_sklearn.artifact.runtime import OnnxModel, load_with_manifest, read_manifest
from mer_sklearn.cli.inspect import _card
from mer_sklearn.errors import ArtifactError
from mer_sklearn.features import resampling

KINDS = ("joblib", "onnx")


@pytest.fixture(scope="module")
def folder(fit, corpus, tmp_path_factory):
    """A classifier and a regressor with a labeller, each in both forms, and all that is known."""
    folder = tmp_path_factory.mktemp("models")
    scores = {
        "scores": {"accuracy": 0.5},
        "intervals": {"accuracy": [0.4, 0.6]},
        "baseline": {"name": "majority", "accuracy": 0.25},
        "split": "artists apart",
        "n_rows": 32,
        "remarks": ["1 rare class"],
    }
    study = {"metric": "accuracy", "start": None, "best": 0.5, "n_trials": 3, "split": "5 folds"}
    training = corpus.describe("quadrant")
    info = {"scores": scores, "study": study, "training": training}
    models = {
        "classes": fit(model="logistic"),
        "numbers": fit("va", model="ridge", labeller="quadrants", task="regression"),
    }
    for name, model in models.items():
        for kind in KINDS:
            model.save(folder / f"{name}.{kind}", info=info)
    return folder


@pytest.fixture
def copy(folder, tmp_path):
    def copy(name):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
        return tmp_path / name

    return copy


# ---------------------------------------------------------------------------------- what it says


@pytest.mark.parametrize("name", ["classes", "numbers"])
def test_both_kinds_say_the_same(folder, name):
    own = {"kind", "outputs", "gate", "self_test", "n_bytes", "sha256"}
    says = [read_manifest(folder / f"{name}.{kind}") for kind in KINDS]
    same = [{key: value for key, value in m.items() if key not in own} for m in says]
    assert same[0] == same[1]
    assert {"labels", "scale", "features", "scores", "training", "fit", "versions"} <= set(same[0])
    answers = [m["self_test"]["answer"] for m in says]
    assert answers[0] == pytest.approx(answers[1], abs=1e-3)


def test_the_data_are_named_with_licence_and_checksum(folder):
    training = read_manifest(folder / "classes.onnx")["training"]
    assert training["name"] == "synthetic"
    assert training["licence"]
    assert len(training["sha256"]) == 64


def test_the_features_have_a_checksum_of_their_own(folder, fit, tmp_path):
    names = ("classes.onnx", "numbers.joblib")
    says = [read_manifest(folder / name)["features"] for name in names]
    assert says[0] == says[1]
    assert says[0]["sha256"] == checksum({k: v for k, v in says[0].items() if k != "sha256"})
    fit(model="ridge", y="va", features="mfcc40-mean").save(tmp_path / "other.joblib")
    assert read_manifest(tmp_path / "other.joblib")["features"]["sha256"] != says[0]["sha256"]


def test_the_names_of_all_columns_cost_little(music):
    names = read_manifest(music)["features"]["names"]
    assert names == list(AudioFeatures("music").fit(["any.wav"]).get_feature_names_out())
    assert len(json.dumps(names)) < 0.03 * music.stat().st_size


def test_the_rates_are_those_that_a_graph_takes():
    assert fields.RATES == resampling.RATES


def test_valence_and_arousal_say_their_emotions(folder):
    says = read_manifest(folder / "numbers.onnx")
    assert says["scale"] == [-1.0, 1.0]
    assert says["labels"] is None
    assert sorted(says["emotions"]) == ["angry", "calm", "happy", "sad"]


def test_what_could_not_be_read_again_is_not_saved(fit, tmp_path):
    model = fit(model="logistic")
    for info, sentence in (
        ({"training": {"name": 3}}, r"training\.name is 3, not a text .* mend `info`"),
        ({"training": {"licence": "\x1b"}}, r"training\.licence is .* control characters\. Rename"),
        ({"training": {"name": "x" * 2**22}}, "its manifest has 4 MB, .* Say less in `info`"),
        ({"scores": {"scores": {"accuracy": "good"}}}, "scores.scores.accuracy is 'good'"),
    ):
        for kind in KINDS:
            with pytest.raises(ArtifactError, match=rf"mood\.{kind}: cannot be saved: {sentence}"):
                model.save(tmp_path / f"mood.{kind}", info=info)
    assert list(tmp_path.iterdir()) == []


def test_a_label_that_a_terminal_may_not_print_is_not_saved(fit, corpus, tmp_path):
    y = np.where(corpus.y("quadrant")[:32] == "sad", "\x1b[31msad", "else")
    with pytest.raises(ArtifactError, match=r"cannot be saved: labels\[0\] is .*\. Rename it"):
        fit(y, model="logistic").save(tmp_path / "mood.joblib")
    assert list(tmp_path.iterdir()) == []


# -------------------------------------------------------------------------------- forged manifests


FORGED = {
    "labels": 3,
    "labels ": ["happy", 3],
    "labels  ": ["happy", "happy"],
    "labels   ": ["\x1b[31mhappy", "sad"],
    "targets": [],
    "targets ": "valence",
    "target_ndim": 3,
    "target_ndim ": True,
    "task": "poetry",
    "sample_rate": 10**9,
    "sample_rate ": "22050",
    "features": [],
    "features ": {"names": ["a"]},
    "steps": {"model": ["\x1b"]},
    "fit": None,
    "versions": {"numpy": 2},
    "versions ": [],
    "scores": 3,
    "scores ": {"intervals": {"accuracy": [1]}},
    "scores  ": {"baseline": 1},
    "scores   ": {"split": ["artists apart"]},
    "study": {"metric": "accuracy"},
    "training": {"sha256": "abc"},
    "training ": {"name": "a\nb"},
    "self_test": {},
    "self_test ": {"signal": "noise", "answer": {}, "allowed": {}},
    "self_test  ": {"signal": "chirp", "answer": {}, "allowed": {"p": 0}},
    "scale": [1, -1],
    "scale ": [1, 2, 3],
    "labeller": 3,
    "emotions": "happy",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("entry", FORGED)
def test_a_forged_entry_is_refused_by_name(kind, entry, copy, forge):
    path = forge(copy(f"classes.{kind}"), {entry.strip(): FORGED[entry]})
    for read in (load, read_manifest):
        with pytest.raises(ArtifactError, match="its manifest is none that mer_sk") as caught:
            read(path)
        assert f": {entry.strip()}" in str(caught.value)
        assert str(caught.value).isprintable()


TOLERANCES = {
    "none": lambda test: {**test, "allowed": {}},
    "one less": lambda test: {**test, "allowed": {"p_calm": 0.1}},
    "of nothing": lambda test: {**test, "allowed": {**test["allowed"], "p_bored": 1.0}},
    "of a label": lambda test: {**test, "allowed": {**test["allowed"], "emotion": 1.0}},
    "of a text": lambda test: {**test, "answer": {**test["answer"], "p_calm": "calm"}},
    "of nobody": lambda test: {**test, "answer": {**test["answer"], "p_calm": None}},
    "none of a whole number": lambda test: {
        **test,
        "answer": {**test["answer"], "p_calm": 1},
        "allowed": {name: 0.1 for name in test["allowed"] if name != "p_calm"},
    },
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("change", TOLERANCES.values(), ids=TOLERANCES)
def test_the_self_test_has_a_tolerance_for_each_number(kind, change, copy, forge):
    path = copy(f"classes.{kind}")
    forge(path, {"self_test": change(read_manifest(path)["self_test"])})
    with pytest.raises(ArtifactError, match=r"self_test\.allowed is .* tolerance for each number"):
        load(path)


def test_a_graph_is_asked_by_a_sound(copy, forge):
    """Not by a row of as many zeros as a forged file likes."""
    path = copy("classes.onnx")
    says = read_manifest(path)
    asked = {**says["self_test"], "signal": "zeros"}
    with pytest.raises(ArtifactError, match=r"self_test\.signal is 'zeros', not chirp"):
        load(forge(path, {"self_test": asked}))
    heard = {**says["features"], "families": [], "names": [], "n_columns": 2**31}
    path = copy("classes.onnx")
    with pytest.raises(ArtifactError, match=r"features\.families is \[\], not what a graph takes"):
        load(forge(path, {"self_test": asked, "features": heard}))


@pytest.mark.parametrize("outputs", [["label"], ["values"], ["label", "label"], ["other"], None, 3])
def test_forged_outputs_are_refused(outputs, copy, forge):
    path = forge(copy("classes.onnx"), {"outputs": outputs})
    with pytest.raises(ArtifactError, match="outputs is"):
        load(path)


def places(value, way=()):
    """Yield the way to everything in a manifest, of lists to the first entry."""
    if way:
        yield way
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*way, key))
    elif isinstance(value, list) and value:
        yield from places(value[0], (*way, 0))


def changed(value, way, new):
    if not way:
        return new
    if isinstance(value, list):
        return [changed(value[0], way[1:], new), *value[1:]]
    return {**value, way[0]: changed(value[way[0]], way[1:], new)}


WRONG = [
    None,
    True,
    -1,
    1e308,
    10**400,
    "",
    "x" * 1000,
    "\x1b[2J",
    "\u202e",
    "\ud800",
    [],
    [[]],
    {},
    {"": 0},
    {"elsewhere": 1.0},
]


def shown_or_refused(text, name, model):
    try:
        manifest = from_json(text, name, name.rpartition(".")[2])
        found = self_test.run(saying(model, manifest), manifest)
    except ArtifactError as error:
        return str(error).replace("\n", "\x1b")
    to_json(manifest).encode()
    return _card(manifest, found)


def saying(model, manifest):
    """Return a model as it would be loaded from a file of another manifest."""
    if not isinstance(model, OnnxModel):
        return model
    model = copy_of(model)
    model.manifest, model.path = manifest, "classes.onnx"
    return model


@pytest.mark.parametrize("name", ["classes.joblib", "classes.onnx", "numbers.onnx"])
def test_whatever_is_accepted_can_be_shown(name, folder):
    """Every entry, turned into everything else: refused in one sentence, or harmless."""
    model, says = load_with_manifest(folder / name)
    refused = shown = 0
    for way in places(says):
        for new in WRONG:
            text = json.dumps(changed(says, way, new)).encode()
            said = shown_or_refused(text, name, model)
            assert all(line.isprintable() for line in said.splitlines()), (way, new)
            refused += said.startswith(name)
            shown += not said.startswith(name)
    assert refused > 5 * shown > 100


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff",
        b'{"format": NaN}',
        b'{"format": 1e999}',
        b"[" * 2**20,
        b'{"a":' * 2**16,
        b"9" * 2**16,
    ],
    ids=lambda text: repr(text[:12]),
)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_manifest_is_one_sentence(kind, text, copy, forge):
    path = forge(copy(f"classes.{kind}"), {}, text=text)
    with pytest.raises(ArtifactError, match=r"damaged|no model of mer_sklearn") as caught:
        load(path)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("entry", ["accuracy", "of_another_time"])
def test_what_is_no_number_is_refused(entry, number, copy, forge):
    path = copy("classes.onnx")
    scores = {"scores": {"accuracy": 0.125}, "of_another_time": [0.25]}
    text = json.dumps({**read_manifest(path), "scores": scores})
    text = text.replace({"accuracy": "0.125", "of_another_time": "0.25"}[entry], number)
    with pytest.raises(ArtifactError, match=rf"scores.*{entry}.* is -?(nan|inf), not a number"):
        load(forge(path, {}, text=text.encode()))


@pytest.mark.parametrize("depth", [20, 200, 400, 900])
def test_what_is_nested_deeply_is_one_sentence(depth, copy, forge):
    """However deep: refused, or nested so little that it can be read and shown."""
    path = copy("classes.onnx")
    deep = "[" * depth + "]" * depth
    text = json.dumps({**read_manifest(path), "more": "here"}).replace('"here"', deep)
    with pytest.raises(ArtifactError, match=r"nested too deeply|was damaged|is damaged") as caught:
        load(forge(path, {}, text=text.encode()))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("schema", [0, 2, "1", None, [], 10**300, "\x1b" * 10**5])
@pytest.mark.parametrize("kind", KINDS)
def test_other_formats_are_refused_whatever_else_they_say(kind, schema, copy, forge):
    change = {"schema": schema, "versions": ["of", "another", "kind"]}
    with pytest.raises(ArtifactError, match="was written in format") as caught:
        load(forge(copy(f"classes.{kind}"), change))
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


# ---------------------------------------------------------------------------------- the self-test


@pytest.mark.parametrize("name", ["classes", "numbers"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_good_file_passes(name, kind, folder):
    load(folder / f"{name}.{kind}", check=True)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("name", "entry", "answer"),
    [
        ("classes", "p_calm", 0.9),
        ("classes", "emotion", "sad"),
        ("numbers", "arousal", 0.9),
    ],
)
def test_an_answer_that_moved_is_found(kind, name, entry, answer, copy, forge):
    path = copy(f"{name}.{kind}")
    test = read_manifest(path)["self_test"]
    assert test["answer"][entry] != answer
    forge(path, {"self_test": {**test, "answer": {**test["answer"], entry: answer}}})
    load(path)
    with pytest.raises(ArtifactError, match="does not answer as when it was saved") as caught:
        load(path, check=True)
    assert str(caught.value).isprintable()


def test_other_answers_are_found(copy, forge):
    path = copy("classes.onnx")
    test = read_manifest(path)["self_test"]
    forge(path, {"self_test": {**test, "answer": {"mood": 1.0}, "allowed": {"mood": 0.1}}})
    with pytest.raises(ArtifactError, match="it answers"):
        load(path, check=True)


def test_of_two_classes_that_are_tied_either_may_be_named(copy, forge):
    path = copy("classes.onnx")
    test = read_manifest(path)["self_test"]
    first, second = (f"p_{label}" for label in ("sad", test["answer"]["emotion"]))
    assert first != second
    gap = abs(test["answer"][first] - test["answer"][second])
    wide = {**test["allowed"], first: gap, second: gap}
    answer = {**test["answer"], "emotion": "sad"}
    forge(path, {"self_test": {**test, "answer": answer, "allowed": wide}})
    load(path, check=True)


def test_a_model_of_a_table_is_asked_about_zeros(table, corpus, tmp_path):
    from mer_sklearn import EmotionPipeline

    pipeline = EmotionPipeline(None, model="forest", random_state=0)
    pipeline.fit(table, corpus.y("quadrant")).save(tmp_path / "mood.joblib")
    assert read_manifest(tmp_path / "mood.joblib")["self_test"]["signal"] == "zeros"
    load(tmp_path / "mood.joblib", check=True)


def test_trees_may_move_further(fit, tmp_path):
    fit(model="forest").save(tmp_path / "mood.onnx")
    allowed = read_manifest(tmp_path / "mood.onnx")["self_test"]["allowed"]
    assert set(allowed.values()) == {0.1}
    load(tmp_path / "mood.onnx", check=True)
