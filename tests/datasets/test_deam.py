"""DEAM: exchanged labels, headers with blanks, ragged metadata, mirrors."""

from __future__ import annotations

import shutil
import warnings

import numpy as np
import pytest

from mer_sklearn import EmotionPipeline, evaluate
from mer_sklearn.audio import Segment
from mer_sklearn.datasets import deam as deam_module
from mer_sklearn.datasets import load_dataset
from mer_sklearn.datasets.deam import check, rater_curves
from mer_sklearn.errors import DatasetError, InputError, MerWarning

STATIC = "static_annotations_averaged_songs_1_2000.csv"
EXCHANGED = "valence and arousal exchanged in songs up to 1000"


def load(root, **options):
    """Load the labels alone."""
    return load_dataset("deam", root, missing="keep", **options)


def find(root, name):
    return next(root.rglob(name))


def by_song(dataset):
    return dataset.frame.set_index("song_id")[["valence", "arousal"]]


def test_exchanged_columns_are_put_right_with_one_warning(deam_tree, tmp_path):
    right = by_song(load(deam_tree(tmp_path / "right", exchanged=False)))
    with pytest.warns(MerWarning, match=EXCHANGED) as caught:
        mended = load(deam_tree(tmp_path / "published", exchanged=True))
    assert len(caught) == 1
    assert mended.info.labels.startswith("static, repaired")
    curves = np.array([curve.mean(axis=0) for curve in mended.frame["curve"]])
    np.testing.assert_allclose(by_song(mended), curves, atol=0.01)
    assert by_song(mended).shape == right.shape


def test_what_belongs_to_a_dimension_moves_with_it(deam_tree):
    with pytest.warns(MerWarning):
        frame = load(deam_tree()).frame.set_index("song_id")
    assert frame.loc[2, ["valence_std", "arousal_std"]].tolist() == pytest.approx([0.2, 0.3])
    assert frame.loc[1001, ["valence_std", "arousal_std"]].tolist() == pytest.approx([0.3, 0.2])


def test_as_published_is_the_file(deam_tree):
    root = deam_tree()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        raw = load(root, repair=False)
    assert raw.info.labels == f"static, as published: {EXCHANGED} (30 rows)"
    with pytest.warns(MerWarning):
        mended = by_song(load(root))
    np.testing.assert_array_equal(
        by_song(raw).loc[:1000], mended.loc[:1000, ["arousal", "valence"]]
    )
    np.testing.assert_array_equal(by_song(raw).loc[1001:], mended.loc[1001:])


def test_labels_that_are_right_are_left_alone(deam):
    dataset = load(deam)
    assert dataset.info.labels == "static, as published (songs 2001 to 2058: not compared)"
    curves = np.array([curve.mean(axis=0) for curve in dataset.frame["curve"]])
    np.testing.assert_allclose(by_song(dataset), curves, atol=0.01)


def test_without_curves_an_unknown_file_is_left_and_said(deam_tree):
    dataset = load(deam_tree(curves=False))
    assert "songs up to 1000 and songs 1001 to 2000" in dataset.info.labels
    assert dataset.info.labels.endswith("not compared)")


def test_check_shows_the_correlations(deam_tree):
    first, second, third, loaded, *_ = check(deam_tree())
    assert (first.verdict, second.verdict, third.verdict) == ("note", "ok", "note")
    assert first.found.endswith(": exchanged")
    assert second.found.endswith(": right")
    assert "too few" in third.found  # three songs
    assert loaded.name == "V and A, repaired"
    assert "songs up to 1000: V~V 1.000, A~A 1.000, right" in loaded.found


def test_headers_with_blanks_and_both_files(deam):
    dataset = load(deam)
    assert len(dataset) == 63
    assert dataset.frame["year"].tolist() == ["2013"] * 30 + ["2014"] * 30 + ["2015"] * 3
    assert dataset.split is None
    assert dataset.target("va").scale == (-1.0, 1.0)
    assert dataset.y("valence_arousal").equals(dataset.y("va"))
    assert set(dataset.y("quadrant")) <= {"happy", "angry", "sad", "calm"}


def test_metadata_of_all_years(deam):
    frame = load(deam).frame.set_index("song_id")
    columns = ["artist", "title", "genre"]
    assert frame.loc[12, columns].tolist() == ["Ann 2", "Tune", "Blues"]  # tabs gone
    assert frame.loc[1005, columns].tolist() == ["Bob 5", "Song 1005", "Rock"]  # ragged
    assert frame.loc[2003, columns].tolist() == ["Cy", "Long 2003", "Pop"]  # other order


@pytest.mark.parametrize("name", ["songs_info_2013.csv", "songs_info.csv"])
def test_metadata_of_2013_go_by_other_names(deam, name):
    find(deam, "metadata_2013.csv").rename(deam / "metadata" / name)
    assert load(deam).frame["artist"].iloc[0] == "Ann 2"


def test_groups_are_artists_and_songs_where_nothing_is_known(deam):
    find(deam, "metadata_2014.csv").unlink()
    dataset = load(deam)
    groups = dict(zip(dataset.frame["song_id"], dataset.groups, strict=True))
    assert groups[2] == groups[12] == "ann 2"
    assert groups[1001] == "song 1001"
    assert any(text.startswith("30 songs without an artist") for text in dataset.remarks)
    shutil.rmtree(deam / "metadata")
    dataset = load(deam)
    assert dataset.info.group == "song"
    assert len(set(dataset.groups)) == 63


@pytest.mark.parametrize("form", ["blanks", "flat", "nested"])
def test_folders_of_mirrors(deam, tmp_path, form):
    mirror = tmp_path / "mirror"
    for path in list(deam.rglob("*.*")):
        place = path.relative_to(deam)
        if form == "blanks":
            place = type(place)(str(place).replace(" ", "_").replace("DEAM_Annotations", "x"))
        elif form == "flat":
            place = type(place)("data") / path.name
        else:
            place = "DEAM" / place
        (mirror / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, mirror / place)
    dataset = load_dataset("deam", mirror)
    assert dataset.frame["song_id"].tolist() == [2, 1001, 2001]


def test_two_files_of_one_name_that_differ_are_refused(deam):
    copy = deam / "copy" / STATIC
    copy.parent.mkdir()
    shutil.copy(find(deam, STATIC), copy)
    assert len(load(deam)) == 63
    copy.write_text(copy.read_text() + "999,5,1,5,1\n")
    with pytest.raises(DatasetError, match=r"several files .* that differ"):
        load(deam)


def test_songs_without_audio_are_left_out_and_named(deam):
    dataset = load_dataset("deam", deam)
    assert dataset.frame["file"].tolist()[0] == "DEAM_audio/MEMD_audio/2.mp3"
    assert len(dataset) == 3
    assert dataset.remarks == (
        "60 of 63 clips lack their audio and were left out: 3, 4, 5, 6, 7 and 55 more.",
    )


def test_audio_without_a_label_is_counted(deam, write_audio):
    write_audio(deam / "DEAM_audio" / "MEMD_audio" / "1999.mp3")
    remarks = load_dataset("deam", deam).remarks
    assert "1 audio files have no label and were left out: 1999." in remarks


def test_no_audio_says_how_to_look_at_the_labels(deam):
    shutil.rmtree(deam / "DEAM_audio")
    with pytest.raises(DatasetError, match=r'none of 63 clips .*missing="keep"'):
        load_dataset("deam", deam)
    assert len(load(deam)) == 63


def test_windows_of_the_curves(deam):
    dataset = load_dataset("deam", deam, annotation="dynamic", window=1.0)
    first = dataset.X[0]
    assert first == Segment(dataset.X[1].path, offset=15.0, duration=1.0)
    assert [item.offset for item in dataset.X[:4]] == [15.0, 16.0, 17.0, 18.0]
    assert len(dataset) == 3 * 4
    assert dataset.info.labels == "dynamic, as published"
    assert len(set(dataset.groups)) == 3


def test_windows_may_overlap_and_are_means_of_their_moments(deam):
    apart = load(deam, annotation="dynamic", window=1.0).frame
    dense = load(deam, annotation="dynamic", window=1.0, hop=0.5).frame
    moments = load(deam, annotation="dynamic", window=0.5).frame
    assert len(dense) == 63 * 7
    assert len(moments) == 63 * 8
    assert apart["valence"].iloc[0] == pytest.approx(moments["valence"].iloc[:2].mean())
    assert dense["offset"].iloc[:3].tolist() == [15.0, 15.5, 16.0]


@pytest.mark.parametrize("option", [{"window": 0.7}, {"window": 0}, {"hop": 0.2}])
def test_windows_that_are_no_multiple_of_the_step_are_refused(deam, option):
    with pytest.raises(InputError, match=r"must be a multiple of 0\.5 s"):
        load(deam, annotation="dynamic", **option)


def test_songs_of_other_lengths_give_the_windows_they_have(deam):
    path = find(deam, "arousal.csv")
    lines = path.read_text().splitlines()
    lines[1] = ",".join(lines[1].split(",")[:4])  # short row: three moments
    cells = lines[2].split(",")
    lines[2] = ",".join([*cells[:3], "", *cells[4:]])  # a gap
    path.write_text("\n".join(lines) + "\n")
    frame = load(deam, annotation="dynamic", window=1.0).frame
    assert frame["offset"][frame["song_id"] == 2].tolist() == [15.0]
    assert frame["offset"][frame["song_id"] == 3].tolist() == [15.0, 17.0, 18.0]


def test_ratings_of_each_rater(deam_tree):
    root = deam_tree(raters=True)
    with pytest.warns(MerWarning, match=r"\(90 rows\)"):
        dataset = load(root, annotation="raters")
    with pytest.warns(MerWarning):
        means = by_song(load(root))
    assert len(dataset) == 60 * 3 + 3
    found = dataset.frame.groupby("song_id")[["valence", "arousal"]].mean()
    np.testing.assert_allclose(found, means.loc[found.index], atol=0.01)
    sums = dataset.frame.assign(w=dataset.weights).groupby("song_id")["w"].sum()
    np.testing.assert_allclose(sums, 1)
    assert dataset.info.labels.startswith("raters, repaired")


def test_raters_without_curves_are_compared_with_means_that_are_known(deam_tree, monkeypatch):
    root = deam_tree(curves=False, raters=True)
    assert load(root, annotation="raters").info.labels.endswith("not compared)")
    monkeypatch.setattr("mer_sklearn.datasets.deam.EXCHANGED", deam_digest(root))
    with pytest.warns(MerWarning, match=r"\(90 rows\)"):
        mended = load(root, annotation="raters")
    with pytest.warns(MerWarning):
        means = by_song(load(root))
    found = mended.frame.groupby("song_id")[["valence", "arousal"]].mean()
    np.testing.assert_allclose(found, means.loc[found.index], atol=0.01)


def deam_digest(root):
    """Return the digest of the labels of a made-up DEAM, as that of the real file is known."""
    labels = by_song(load(root, repair=False))
    return deam_module._digest(labels.loc[:1000])


def test_each_rater_over_time(deam):
    for axis in ("arousal", "valence"):
        place = deam / "annotations per each rater" / "dynamic (per second annotations)" / axis
        place.mkdir(parents=True)
        (place / "2.csv").write_text("WorkerId,sample_15000ms,sample_15500ms\na,0.1,0.2\nb,-0.1,\n")
        (place / "3.csv").write_text("sample_15000ms,sample_15500ms\n0.5,0.6\n")
    found = rater_curves(deam)
    assert len(found) == 2 * 5
    two = found[(found["song_id"] == 2) & (found["dimension"] == "valence")]
    assert two[["rater", "time", "value"]].to_numpy().tolist() == [
        [0, 15.0, 0.1], [1, 15.0, -0.1], [0, 15.5, 0.2],
    ]  # fmt: skip


def test_no_raters_over_time_is_refused(deam):
    with pytest.raises(DatasetError, match="of single raters"):
        rater_curves(deam)


def write_features(root, song, folder="features", n_frames=40):
    """Write ready features: the time itself, and a constant."""
    place = root / folder
    place.mkdir(exist_ok=True)
    lines = ["frameTime;F0final_sma_stddev;F0final_sma_amean"]
    lines += [f"{k / 2};{k};{song}" for k in range(n_frames)]
    (place / f"{song}.csv").write_text("\n".join(lines) + "\n")


def test_ready_features_of_songs(deam):
    for song in (2, 1001):
        write_features(deam, song)
    dataset = load_dataset("deam", deam, ready=True)
    assert dataset.is_ready
    assert dataset.X["F0final_sma_amean__mean"].tolist() == [2.0, 1001.0]
    assert dataset.X["F0final_sma_stddev__mean"].tolist() == [19.5, 19.5]
    assert dataset.X["F0final_sma_amean__std"].tolist() == [0.0, 0.0]
    assert any(text.startswith("61 of 63 rows lack features") for text in dataset.remarks)


def test_ready_features_of_windows_are_those_of_their_time(deam):
    write_features(deam, 2)
    dataset = load_dataset("deam", deam, ready=True, annotation="dynamic", window=1.0)
    # The row at 15.0 s is the 31st, and belongs to the value sample_15000ms.
    assert dataset.X["F0final_sma_stddev"].tolist() == [30.5, 32.5, 34.5, 36.5]
    assert dataset.frame["offset"].tolist() == [15.0, 16.0, 17.0, 18.0]


def test_no_ready_features_is_refused(deam):
    with pytest.raises(DatasetError, match=r"no features/ID\.csv"):
        load_dataset("deam", deam, ready=True)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("valence_mean", "v", "has no column valence_mean"),
        ("\n3,", "\n2,", "songs 2 are rated in two rows"),
        ("\n3,", "\n3.5,", "must be a whole number"),
    ],
)
def test_broken_static_file_is_refused(deam, old, new, message):
    path = find(deam, STATIC)
    path.write_bytes(path.read_bytes().replace(old.encode(), new.encode(), 1))
    with pytest.raises(DatasetError, match=message):
        load(deam)


def test_numbers_outside_the_scale_are_refused(deam):
    path = find(deam, STATIC)
    lines = path.read_text().splitlines()
    lines[1] = "2,0.4,1,5,1"
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(DatasetError, match="valence_mean is missing or outside 1 to 9 in line 2"):
        load(deam)


def test_without_the_static_files_is_refused(tmp_path):
    with pytest.raises(DatasetError, match=f"holds no {STATIC}"):
        load(tmp_path)


def test_the_year_is_no_split(deam):
    with pytest.raises(InputError, match="needs a corpus with a split of its own"):
        evaluate(EmotionPipeline(), load_dataset("deam", deam), cv="official")


def test_a_benchmark_has_the_songs_and_the_split_of_its_year(deam):
    path = find(deam, "metadata_2013.csv")
    *head, last = path.read_text().splitlines()
    path.write_text("\n".join([*head, last.replace("development", "evaluation")]) + "\n")
    first = load(deam, benchmark="2013")
    assert first.frame["song_id"].tolist() == list(range(2, 32))
    assert first.split.tolist() == ["train"] * 29 + ["test"]
    second = load(deam, benchmark="2014")
    assert second.frame["song_id"].max() == 1030
    assert second.split.tolist() == ["train"] * 30 + ["test"] * 30
    dynamic = load(deam, benchmark="2014", annotation="dynamic")
    assert set(dynamic.split[dynamic.frame["song_id"] <= 1000]) == {"train"}


def test_a_benchmark_whose_parts_are_not_known_is_refused(deam):
    with pytest.raises(InputError, match="'2015'"):
        load(deam, benchmark="2015")  # what it learned is listed nowhere
    find(deam, "metadata_2013.csv").unlink()
    with pytest.raises(DatasetError, match=r"benchmark='2013' needs songs .* metadata_2013"):
        load(deam, benchmark="2013")


# ----------------------------------------------------------------------------- the real annotations


@pytest.fixture
def real(mer_data):
    if not (mer_data / "deam").is_dir():
        pytest.skip("no folder deam in the real data")
    return mer_data / "deam"


@pytest.fixture
def real_frame(real):
    with pytest.warns(MerWarning, match=r"exchanged in songs up to 1000 \(744 rows\)"):
        return load(real)


def test_real_labels_are_put_right(real, real_frame):
    assert len(real_frame) == 1802
    assert len(set(real_frame.groups)) == 948
    song = real_frame.frame.set_index("song_id").loc[2]
    assert (5 + 4 * song[["valence", "arousal"]].astype(float)).tolist() == pytest.approx([3, 3.1])
    raw = load(real, repair=False).frame.set_index("song_id").loc[2]
    assert (5 + 4 * raw[["valence", "arousal"]].astype(float)).tolist() == pytest.approx([3.1, 3])


def test_real_file_is_the_one_of_emomusic_crossed(real, mer_data):
    if not (mer_data / "emomusic").is_dir():
        pytest.skip("no folder emomusic in the real data")
    other = by_song(load_dataset("emomusic", mer_data / "emomusic", missing="keep"))
    raw = by_song(load(real, repair=False)).loc[:1000]
    assert raw.index.equals(other.index)
    assert (abs(raw["valence"] - other["arousal"]) < 0.0126).mean() > 0.99
    assert (abs(raw["valence"] - other["valence"]) < 0.0126).mean() < 0.05


@pytest.mark.parametrize(("benchmark", "parts"), [("2013", (125, 619)), ("2014", (1000, 744))])
def test_real_benchmarks(real, benchmark, parts):
    with pytest.warns(MerWarning):
        dataset = load(real, benchmark=benchmark)
    assert tuple(np.unique(dataset.split, return_counts=True)[1]) == parts
    artists = [set(dataset.groups[dataset.split == part]) for part in ("train", "test")]
    shared = len(set.intersection(*artists)), len(artists[1])
    assert shared == {"2013": (52, 112), "2014": (67, 555)}[benchmark]


def test_real_correlations_are_those_of_the_notes(real):
    found = [part.found for part in check(real)]
    assert "744 songs: V~V 0.575, A~A 0.570; crossed: V~A 0.956, A~V 0.949" in found[0]
    assert "1000 songs: V~V 0.912, A~A 0.942; crossed: V~A 0.591, A~V 0.570" in found[1]
    assert "58 songs: V~V 0.984, A~A 0.929; crossed: V~A 0.050, A~V -0.101" in found[2]
    assert "songs up to 1000: V~V 0.949, A~A 0.956, right" in found[3]


@pytest.mark.parametrize("edit", ["as it is", "unix", "header"])
def test_copies_are_known_without_their_curves(real, tmp_path, edit):
    content = find(real, STATIC).read_bytes()
    if edit != "as it is":
        content = content.replace(b"\r\n", b"\n")
    if edit == "header":
        content = content.replace(b", ", b",")
    (tmp_path / STATIC).write_bytes(content)
    with pytest.warns(MerWarning, match=EXCHANGED):
        dataset = load(tmp_path)
    assert (5 + 4 * by_song(dataset).loc[2]).tolist() == pytest.approx([3.0, 3.1])


def test_real_metadata_are_those_of_the_clean_table(real, real_frame):
    from mer_sklearn.datasets.reading import read_table

    clean = read_table(real / "song_metadata.csv").reset_index(drop=True)
    for name in ("artist", "title", "genre"):
        assert real_frame.frame[name].tolist() == clean[name].tolist()


def test_real_ceiling(real_frame):
    assert real_frame.target("va").ceiling["r2"] == pytest.approx(0.816, abs=0.002)


def test_real_windows(real):
    dataset = load(real, annotation="dynamic", window=5.0)
    assert dataset.frame["song_id"].nunique() == 1802
    assert dataset.frame["offset"].min() == 15.0
    assert dataset.frame["offset"].max() > 600
