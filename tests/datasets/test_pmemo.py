"""PMEmo: copies on another scale, DEAM under its name, artists with many songs."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.datasets import load_dataset
from mer_sklearn.datasets.pmemo import check
from mer_sklearn.errors import DatasetError, MerWarning


def load(root, **options):
    """Load the labels alone."""
    return load_dataset("pmemo", root, missing="keep", **options)


def curve_means(dataset):
    return np.array([curve.mean(axis=0) for curve in dataset.frame["curve"]])


def test_labels_are_brought_to_minus_one_and_one(pmemo):
    dataset = load(pmemo)
    np.testing.assert_allclose(dataset.y("va"), curve_means(dataset), atol=1e-9)
    assert dataset.frame["valence_std"].iloc[0] == pytest.approx(0.4)
    assert dataset.info.labels == "static, as published"
    assert dataset.split is None


def test_a_copy_on_another_scale_is_told_apart(pmemo_tree):
    dataset = load(pmemo_tree(scale=8, offset=1))
    np.testing.assert_allclose(dataset.y("va"), curve_means(dataset), atol=1e-9)
    # Its deviations stayed on the scale from 0 to 1.
    assert dataset.frame["valence_std"].iloc[0] == pytest.approx(0.4)
    assert "The labels of this copy run from 1 to 9 instead of 0 to 1." in dataset.remarks


def test_deviations_of_the_other_scale_are_told_apart(pmemo_tree):
    root = pmemo_tree(scale=8, offset=1)
    path = next(root.rglob("static_annotations_std.csv"))
    path.write_text(path.read_text().replace(",0.1,0.2", ",0.8,1.6"))
    assert load(root).frame["valence_std"].iloc[0] == pytest.approx(0.4)


def test_deam_under_another_name_is_refused(pmemo_tree):
    with pytest.raises(DatasetError, match="labels of DEAM under another name"):
        load(pmemo_tree(scale=8, offset=1, last=2058))


def test_a_copy_that_is_exchanged_is_put_right(pmemo_tree):
    with pytest.warns(MerWarning, match="pmemo: the file has valence and arousal exchanged"):
        dataset = load(pmemo_tree(exchanged=True))
    np.testing.assert_allclose(dataset.y("va"), curve_means(dataset), atol=1e-9)


def test_metadata_and_groups(pmemo):
    dataset = load_dataset("pmemo", pmemo)
    assert dataset.frame["artist"].tolist() == ["Drake, the", "Drake, the", "Singer 3"]
    assert dataset.groups.tolist() == ["drake, the", "drake, the", "singer 3"]
    assert dataset.frame["file"].tolist()[0] == "PMEmo2019/chorus/1.mp3"
    bare = {check.name: check for check in check(pmemo)}["songs without labels"]
    assert bare.found == "1 of 31 songs of the metadata have no labels: 900"


def test_without_metadata_songs_are_the_groups(pmemo):
    next(pmemo.rglob("metadata.csv")).unlink()
    dataset = load(pmemo)
    assert dataset.info.group == "song"
    assert len(set(dataset.groups)) == 30
    assert dataset.frame["title"].tolist() == [""] * 30


def test_without_metadata_nothing_is_said_of_them(pmemo):
    next(pmemo.rglob("metadata.csv")).unlink()
    assert [found.name for found in check(pmemo)] == [
        "V and A in the file, all songs",
        "V and A as loaded",
    ]


def test_windows(pmemo):
    dataset = load_dataset("pmemo", pmemo, annotation="dynamic", window=1.0)
    assert [item.offset for item in dataset.X[:3]] == [15.5, 16.5, 17.5]
    assert len(dataset) == 9


def test_ready_features(pmemo):
    place = pmemo / "PMEmo2019" / "features"
    place.mkdir()
    (place / "static_features.csv").write_text("musicId,a,b\n1,0.5,1\n3,0.25,2\n")
    lines = ["musicId,frameTime,a"] + [f"1,{k / 2},{k}" for k in range(40)]
    (place / "dynamic_features.csv").write_text("\n".join(lines) + "\n")
    songs = load_dataset("pmemo", pmemo, ready=True)
    assert songs.X.to_dict("list") == {"a": [0.5, 0.25], "b": [1, 2]}
    assert songs.frame["song_id"].tolist() == [1, 3]
    parts = load_dataset("pmemo", pmemo, ready=True, annotation="dynamic", window=1.0)
    assert parts.X["a"].tolist() == [31.5, 33.5, 35.5]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,a\n1,2\n", "has no column 'musicId'"),
        ("musicId,a\n1,x\n", "must hold a number in every row"),
        ("musicId,a\n1,\n2,1\n", "must hold a number in every row"),
        ("musicId,a\n7000,1\n", "no row of its features belongs to a label"),
    ],
)
def test_broken_features_are_refused(pmemo, text, message):
    (pmemo / "static_features.csv").write_text(text)
    with pytest.raises(DatasetError, match=message):
        load_dataset("pmemo", pmemo, ready=True)


@pytest.fixture
def real(mer_data):
    if not (mer_data / "pmemo").is_dir():
        pytest.skip("no folder pmemo in the real data")
    return mer_data / "pmemo"


def test_real_labels(real):
    dataset = load(real)
    assert len(dataset) == 767
    assert dataset.y("va").corr().iloc[0, 1] == pytest.approx(0.71, abs=0.01)
    columns, loaded, bare, artists, *_ = check(real)
    assert "767 songs: V~V 0.991, A~A 0.993" in columns.found
    assert loaded.verdict == "ok"
    assert bare.found.startswith("27 of 794 songs")
    assert "drake has 40 of 767 songs" in artists.found


def test_real_random_split_tears_as_many_artists_as_the_published_one(real):
    """Of its 98 test artists 47 were also in training: so it was drawn by songs."""
    artists, rng = load(real).groups, np.random.default_rng(0)
    shares = []
    for _ in range(50):
        order = rng.permutation(len(artists))
        test, train = set(artists[order[:116]]), set(artists[order[116 + 115 :]])
        shares.append(len(test & train) / len(test))
    assert np.mean(shares) == pytest.approx(47 / 98, abs=2 * np.std(shares))
    assert min(shares) > 0.3


def test_real_labels_of_deam_in_its_place_are_refused(real, mer_data, tmp_path):
    """The file that goes around: DEAM's labels under PMEmo's headers, 1802 rows."""
    lines = ["musicId,Arousal(mean),Valence(mean)"]
    for path in sorted((mer_data / "deam").rglob("static_annotations_averaged*.csv")):
        for line in path.read_text().splitlines()[1:]:
            cells = line.split(",")
            lines.append(f"{cells[0]},{cells[3]},{cells[1]}")
    (tmp_path / "static_annotations.csv").write_text("\n".join(lines) + "\n")
    with pytest.raises(DatasetError, match="has 1802 songs, some with numbers beyond 1000"):
        load(tmp_path)
