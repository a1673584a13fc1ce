"""What holds for every corpus of the folder."""

from __future__ import annotations

import inspect
from importlib import import_module

import numpy as np
import pytest

from mer_sklearn.datasets import DatasetInfo, dataset_info, dataset_names, load_dataset


@pytest.fixture
def loaded(request, name):
    """Load a tiny form of the corpus, from the fixture of its name."""
    if name == "synthetic":
        return load_dataset(name, n=4, duration=1.0)
    if name == "table":
        write = request.getfixturevalue("table")
        return load_dataset(name, write("file,artist,emotion", "a.wav,x,sad", "b.wav,y,happy"))
    if name == "ready":
        write = request.getfixturevalue("table")
        return load_dataset(name, write("artist,emotion,tempo", "x,sad,60.5", "y,happy,128.0"))
    root = request.getfixturevalue({"folders": "classes"}.get(name, name))
    return load_dataset(name, root)


every_corpus = pytest.mark.parametrize("name", dataset_names())


@every_corpus
def test_docstring_names_source_and_licence(name):
    text = import_module(f"mer_sklearn.datasets.{name}").__doc__
    assert all(f"{word}:" in text for word in ("Source", "Licence"))


@every_corpus
def test_info_says_what_a_user_has_to_know(name):
    info = dataset_info(name)
    assert isinstance(info, DatasetInfo)
    assert info.title
    assert info.licence
    assert info.group
    assert info.traps


@every_corpus
def test_options_are_keyword_only_and_have_defaults(name):
    module = import_module(f"mer_sklearn.datasets.{name}")
    root, *options = inspect.signature(module.load).parameters.values()
    assert root.name == "root"
    assert all(option.kind is inspect.Parameter.KEYWORD_ONLY for option in options)
    assert all(option.default is not inspect.Parameter.empty for option in options)


@every_corpus
def test_rows_agree(loaded):
    assert len(loaded) == len(loaded.X) == len(loaded.frame) >= 2
    assert list(loaded.frame.index) == list(range(len(loaded)))
    assert loaded.groups is None or loaded.groups.shape == (len(loaded),)
    assert all(remark.endswith(".") for remark in loaded.remarks)


@every_corpus
def test_targets_are_complete(loaded):
    assert loaded.targets
    for name, target in loaded.targets.items():
        assert target.task in ("classification", "regression")
        values = np.asarray(loaded.y(name))
        assert values.shape[0] == len(loaded)
        assert values.dtype.kind == ("f" if target.task == "regression" else "O")
        if target.task == "classification":
            assert all(isinstance(value, str) and value for value in values)
        else:
            assert np.isfinite(values).all()
