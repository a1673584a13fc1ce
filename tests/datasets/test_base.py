"""What a loaded corpus gives: paths, where its rows have any."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mer_sklearn.audio import Clip, Segment
from mer_sklearn.datasets import Dataset, load_dataset
from mer_sklearn.datasets.base import DatasetInfo, Target
from mer_sklearn.errors import DatasetError


def dataset_of(*items):
    return Dataset(
        name="mine",
        X=items,
        frame=pd.DataFrame({"emotion": ["sad"] * len(items)}),
        targets={"emotion": Target(("emotion",), "classification")},
        groups=None,
        info=DatasetInfo(title="Mine", licence="mine", citation=""),
    )


def test_paths_are_those_of_whole_files():
    assert dataset_of("a.wav", Path("b.wav"), Segment("c.wav")).paths == ["a.wav", "b.wav", "c.wav"]


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        (Segment("c.wav", 5.0), r"mine: row 1 is a part of a file, .*; use \.X\."),
        (Segment("c.wav", duration=5.0), r"row 1 is a part of a file, .*; use \.X\."),
        (Clip(np.zeros(5)), r"row 1 is a clip without a file, .*; use \.X\."),
    ],
    ids=["offset", "duration", "clip"],
)
def test_rows_that_no_path_can_say_are_refused(item, sentence):
    with pytest.raises(DatasetError, match=sentence):
        _ = dataset_of("a.wav", item).paths


def test_a_table_of_parts_has_no_paths(table):
    path = table("file,offset,duration,emotion", "a.wav,0.01,0.02,sad", "b.wav,0,0.05,happy")
    with pytest.raises(DatasetError, match="part of a file"):
        _ = load_dataset("table", path).paths


def test_a_saved_model_says_which_labels_it_learned(emomusic):
    dataset = load_dataset("emomusic", emomusic)
    assert dataset.describe("va")["labels"] == "static, as published"
    assert "labels" not in dataset_of("a.wav").describe()


def test_valence_arousal_is_another_name(deam):
    dataset = load_dataset("deam", deam)
    assert dataset.target("valence_arousal") is dataset.target("va") is dataset.target()
