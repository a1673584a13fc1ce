"""emoMusic: columns named rightly, a split that is not apart, songs of DEAM."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mer_sklearn import EmotionPipeline, evaluate
from mer_sklearn.audio import Segment
from mer_sklearn.datasets import load_dataset
from mer_sklearn.datasets.emomusic import check
from mer_sklearn.errors import DatasetError, MerWarning


def load(root, **options):
    """Load the labels alone."""
    return load_dataset("emomusic", root, missing="keep", **options)


def curve_means(dataset):
    return np.array([curve.mean(axis=0) for curve in dataset.frame["curve"]])


@pytest.mark.parametrize("names", [("mean_{}", "std_{}"), ("{}_mean", "{}_std")])
def test_columns_are_right_under_both_names(emomusic_tree, names):
    dataset = load(emomusic_tree(names=names))
    np.testing.assert_allclose(dataset.y("va"), curve_means(dataset), atol=0.01)
    assert dataset.info.labels == "static, as published"
    assert dataset.frame[["valence_std", "arousal_std"]].iloc[0].tolist() == [0.3, 0.2]


def test_a_copy_that_is_exchanged_is_put_right(emomusic_tree):
    root = emomusic_tree(exchanged=True)
    with pytest.warns(MerWarning, match="exchanged in all songs") as caught:
        dataset = load(root)
    assert len(caught) == 1
    np.testing.assert_allclose(dataset.y("va"), curve_means(dataset), atol=0.01)
    raw = load(root, repair=False)
    np.testing.assert_allclose(raw.y("va"), curve_means(raw)[:, ::-1], atol=0.01)
    assert raw.info.labels.startswith("static, as published: valence and arousal exchanged")


def test_official_split_and_artists_on_both_sides(emomusic):
    dataset = load(emomusic)
    assert dataset.split[:4].tolist() == ["train", "train", "train", "test"]
    split = check(emomusic)[2]
    assert split.verdict == "note"
    assert split.found.startswith("1 of 3 artists of the test part are also in the other")


def test_evaluation_says_labels_and_artists_on_both_sides(emomusic):
    dataset = load(emomusic)
    pipeline = EmotionPipeline(features=None, model="ridge")
    table = dataset.frame[["valence_std"]].assign(x=np.arange(len(dataset), dtype=float))
    result = evaluate(pipeline, replace(dataset, X=table), cv="official")
    assert result.split == "1 artists on both sides (official split)"
    assert result.remarks[0] == "Labels: static, as published."
    assert result.to_dict()["remarks"][0] == "Labels: static, as published."


def test_windows(emomusic):
    dataset = load_dataset("emomusic", emomusic, annotation="dynamic", window=2.0)
    assert [item.offset for item in dataset.X] == [15.0, 17.0] * 2
    assert isinstance(dataset.X[0], Segment)
    assert dataset.split.tolist() == ["train"] * 4


def test_without_curves_windows_are_refused(emomusic):
    (emomusic / "annotations" / "arousal_cont_average.csv").unlink()
    assert load(emomusic).info.labels == "static, as published (all songs: not compared)"
    with pytest.raises(DatasetError, match="holds no valence_cont_average"):
        load(emomusic, annotation="dynamic")


def test_metadata_without_a_split(emomusic):
    path = emomusic / "annotations" / "songs_info.csv"
    path.write_text(path.read_text().replace('"development"', '""'))
    assert load(emomusic).split is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("mean_valence", "v", "has no valence"),
        ("\n3,", "\n2,", "songs 2 are rated in two rows"),
        ("\n3,", "\n3,9", "arousal is missing or outside 1 to 9 in line 3"),
    ],
)
def test_broken_labels_are_refused(emomusic, old, new, message):
    path = emomusic / "annotations" / "static_annotations.csv"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(DatasetError, match=message):
        load(emomusic)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("song_id", "id", "must have the columns song_id"),
        ("\n3,", "\n2,", "songs 2 have several rows"),
        ("\n3,", "\n3,7", "songs 3 have values that are no numbers from -1 to 1"),
        ("\n3,", "\n3,x", "songs 3 have values that are no numbers from -1 to 1"),
    ],
)
def test_broken_curves_are_refused(emomusic, old, new, message):
    path = emomusic / "annotations" / "valence_cont_average.csv"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(DatasetError, match=message):
        load(emomusic)


@pytest.fixture
def real(mer_data):
    if not (mer_data / "emomusic").is_dir():
        pytest.skip("no folder emomusic in the real data")
    return mer_data / "emomusic"


def test_real_clips(real):
    dataset = load_dataset("emomusic", real)
    assert len(dataset) == 10
    assert dataset.frame["file"].iloc[0] == "clips_45seconds/2.mp3"
    assert dataset.remarks[0].startswith("734 of 744 clips lack their audio and were left out: 18")


def test_real_labels(real):
    dataset = load(real)
    assert len(dataset) == 744
    assert len(set(dataset.groups)) == 411
    assert np.unique(dataset.split, return_counts=True)[1].tolist() == [125, 619]
    assert dataset.frame["genre"].value_counts()["Classical"] == 116
    columns, loaded, split, *_ = check(real)
    assert "744 songs: V~V 0.950, A~A 0.956; crossed: V~A 0.570, A~V 0.575: right" in columns.found
    assert loaded.verdict == "ok"
    assert split.found.startswith("52 of 112 artists")


def test_ready_features(emomusic):
    place = emomusic / "default_features"
    place.mkdir()
    lines = ["frameTime;F0final_sma_amean", *(f"{k / 2};{k}" for k in range(40))]
    (place / "3.csv").write_text("\n".join(lines) + "\n")
    dataset = load_dataset("emomusic", emomusic, ready=True)
    assert dataset.X.to_dict("list") == {
        "F0final_sma_amean__mean": [19.5],
        "F0final_sma_amean__std": [pytest.approx(11.543, abs=1e-3)],
    }
    assert dataset.frame["song_id"].tolist() == [3]
