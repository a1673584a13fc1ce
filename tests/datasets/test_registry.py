from __future__ import annotations

import subprocess
import sys

import pytest

from mer_sklearn.datasets import dataset_names, load_dataset, load_source
from mer_sklearn.datasets.registry import _parse, dataset_options, needs_root
from mer_sklearn.errors import DatasetError, InputError


def test_names_are_the_corpora_and_nothing_else():
    names = dataset_names()
    assert names == sorted(names)
    assert {"emotify", "folders", "ravdess", "table"} <= set(names)
    assert not {"base", "reading", "registry"} & set(names)
    assert not any(name.startswith("_") for name in names)


def test_corpora_are_imported_on_request_only():
    code = (
        "import sys; from mer_sklearn.datasets import dataset_names; dataset_names(); "
        "print([m for m in sys.modules if m == 'pandas' or m.endswith(('emotify', 'ravdess'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_name_is_read_in_any_case(ravdess):
    assert load_dataset("RAVDESS", ravdess).name == "ravdess"


@pytest.mark.parametrize(
    ("name", "fixture"),
    [("4Q", "fourq"), ("CREMA-D", "cremad"), ("folder", "classes"), ("MTG-Jamendo", "jamendo")],
)
def test_other_names_lead_there(request, name, fixture):
    root = request.getfixturevalue(fixture)
    assert len(load_dataset(name, root)) >= 2
    assert len(load_source(f"{name}:{root}")) >= 2


def test_source_of_a_corpus_under_another_name(fourq, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="needs a root"):
        load_source("4q")


def test_options_and_whether_there_is_a_root():
    assert dataset_options("deam")["window"] == 2.0
    assert "root" not in dataset_options("deam")
    assert needs_root("deam")
    assert not needs_root("synthetic")


def test_unknown_name_gets_the_nearest():
    with pytest.raises(InputError, match=r"Unknown corpus 'ravdes'.*Did you mean 'ravdess'\?"):
        load_dataset("ravdes", "somewhere")


@pytest.mark.parametrize("name", ["base", "registry", "reading", "_render", "os"])
def test_other_modules_are_no_corpora(name):
    with pytest.raises(InputError, match="Unknown corpus"):
        load_dataset(name, "somewhere")


def test_unknown_option_gets_the_nearest(ravdess):
    with pytest.raises(InputError, match=r"option of ravdess 'chanel'.*'channel'\?"):
        load_dataset("ravdess", ravdess, chanel="song")


def test_option_of_a_corpus_without_any_is_refused(classes):
    with pytest.raises(InputError, match="'folders' has no options; got 'channel'"):
        load_dataset("folders", classes, channel="song")


def test_unknown_choice_gets_the_nearest(ravdess):
    with pytest.raises(InputError, match=r"channel of ravdess 'sing'.*Known: both, song, speech"):
        load_dataset("ravdess", ravdess, channel="sing")


@pytest.mark.parametrize("root", [None, ""])
def test_missing_root_is_refused(root):
    with pytest.raises(InputError, match="'emotify' needs a root"):
        load_dataset("emotify", root)


@pytest.mark.parametrize("root", ["no/such/place", "a" * 300, "nul\0"])
def test_root_that_does_not_exist_is_refused(root):
    with pytest.raises(DatasetError, match="cannot be found"):
        load_dataset("ravdess", root)


def test_home_is_expanded(ravdess, monkeypatch):
    monkeypatch.setenv("HOME", str(ravdess))
    monkeypatch.setenv("USERPROFILE", str(ravdess))
    assert len(load_source("ravdess:~/Audio")) == 6


def test_source_with_a_name(ravdess):
    dataset = load_source(f"ravdess:{ravdess}", {"channel": "song"})
    assert len(dataset) == 1


def test_source_of_a_table(table):
    path = table("file\tvalence\tarousal", "a.wav\t1\t9", name="songs.TSV")
    dataset = load_source(str(path), {"scale": "1,9"})
    assert dataset.y().to_numpy().tolist() == [[-1.0, 1.0]]


def test_source_of_folders(classes):
    assert set(load_source(str(classes)).y()) == {"happy", "sad"}


def test_source_with_an_unknown_name_is_no_path():
    with pytest.raises(InputError, match=r"Unknown corpus 'ravdes'"):
        load_source("ravdes:data")


@pytest.mark.parametrize("source", ["C:/music", "c:songs.csv", "./odd:name", "D:"])
def test_drive_or_path_with_a_colon_is_no_name(source):
    with pytest.raises(DatasetError, match="cannot be found"):
        load_source(source)


@pytest.mark.parametrize("source", ["ravdess", "ravdess:"])
def test_source_without_a_root_says_how_to_write_it(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"needs a root.*ravdess:FOLDER"):
        load_source(source)


def test_empty_source_is_refused():
    with pytest.raises(InputError, match="source is empty"):
        load_source("")


def test_audio_file_is_no_source(classes):
    with pytest.raises(InputError, match="neither a table"):
        load_source(str(classes / "sad" / "1.ogg"))


@pytest.mark.parametrize("option", ["root", "return", "name", "chanel"])
def test_source_with_an_unknown_option_is_refused(ravdess, option):
    with pytest.raises(InputError, match="Unknown option of ravdess"):
        load_source(f"ravdess:{ravdess}", {option: "x"})


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("3", int, 3),
        ("3", int | None, 3),
        ("0.5", float, 0.5),
        ("Yes", bool, True),
        ("false", bool, False),
        ("3", str, "3"),
        ("1,9", str | tuple[float, float] | None, "1,9"),
    ],
)
def test_text_becomes_the_type_of_the_option(text, kind, value):
    parsed = _parse("n", text, kind)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("3.5", int, "a whole number"),
        ("many", float | None, "a number"),
        ("maybe", bool, "true or false"),
        ("1,2", tuple[float, float], "set in Python only"),
    ],
)
def test_text_of_the_wrong_type_is_refused(text, kind, expected):
    with pytest.raises(InputError, match=f"n={text!r} must be {expected}"):
        _parse("n", text, kind)
