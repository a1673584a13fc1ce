"""The leak audit of data: every planted leak is found, and clean data is silent."""

from __future__ import annotations

import functools
import json
import shutil

import numpy as np
import pandas as pd
import pytest
import soundfile
from imblearn.over_sampling import SMOTE
from sklearn.model_selection import GroupKFold, KFold

from mer_sklearn import Clip, Segment, load_dataset, make_emotion_clips
from mer_sklearn.audio import resample
from mer_sklearn.errors import AudioError, InputError
from mer_sklearn.evaluation.audit import KINDS, audit

N = 10  # clean pieces beside each planted leak


@functools.cache
def pieces():
    return make_emotion_clips(N, random_state=5, duration=4.0).X


@pytest.fixture
def files(tmp_path):
    """Ten different pieces."""
    paths = [str(tmp_path / f"piece {letter}.wav") for letter in "abcdefghij"]
    for path, clip in zip(paths, pieces(), strict=True):
        soundfile.write(path, clip.signal, clip.sr)
    return paths


def ids(n):
    """Groups that keep every row apart from all others."""
    return [f"group {number}" for number in range(n)]


# Copies of piece 3, as somebody could have saved them.


def mp3_64(path, x, sr):
    soundfile.write(path, x, sr, format="MP3", bitrate_mode="CONSTANT", compression_level=0.65)


def ogg(path, x, sr):
    soundfile.write(path, x, sr, format="OGG", subtype="VORBIS", compression_level=0.2)


def at_8_khz(path, x, sr):
    soundfile.write(path, resample(x, sr, 8000), 8000, format="WAV")


def at_48_khz_24_bits(path, x, sr):
    soundfile.write(path, resample(x, sr, 48_000), 48_000, format="FLAC", subtype="PCM_24")


def of_8_bits(path, x, sr):
    soundfile.write(path, x / abs(x).max(), sr, format="WAV", subtype="PCM_U8")


def quiet(path, x, sr):
    soundfile.write(path, x * 0.05, sr, format="WAV", subtype="FLOAT")


def turned_over(path, x, sr):
    soundfile.write(path, -x, sr, format="WAV")


def in_stereo(path, x, sr):
    soundfile.write(path, np.stack([x, x], axis=1), sr, format="WAV")


def after_silence(path, x, sr):
    soundfile.write(path, np.concatenate([np.zeros(31_111, np.float32), x]), sr, format="WAV")


def cut(path, x, sr):
    soundfile.write(path, x[7_777:-9_999], sr, format="WAV")


def noisy(path, x, sr):
    noise = np.random.default_rng(0).standard_normal(len(x)).astype(np.float32)
    soundfile.write(path, x + 0.1 * x.std() * noise, sr, format="WAV")


def all_at_once(path, x, sr):
    x = resample(x[5_555:] * 0.3, sr, 16_000)
    soundfile.write(path, x, 16_000, format="MP3", bitrate_mode="CONSTANT", compression_level=0.7)


COPIES = [
    mp3_64,
    ogg,
    at_8_khz,
    at_48_khz_24_bits,
    of_8_bits,
    quiet,
    turned_over,
    in_stereo,
    after_silence,
    cut,
    noisy,
    all_at_once,
]


@pytest.mark.parametrize("save", COPIES, ids=lambda save: save.__name__)
def test_a_copy_of_a_recording_is_found(save, files, tmp_path):
    copy = tmp_path / "another name.audio"
    clip = pieces()[3]
    save(copy, clip.signal, clip.sr)
    report = audit([*files, str(copy)], groups=ids(11))
    assert [(leak.kind, leak.rows) for leak in report.findings] == [("same_audio", (3, 10))]
    assert "'group 10', 'group 3'" in report.leaks[0].sentence
    together = audit([*files, str(copy)], groups=[*ids(10), "group 3"])
    assert together.leaks == ()
    assert [remark.kind for remark in together.remarks] == ["same_audio"]


# Other leaks in audio: each takes the clean files and gives the arguments of audit, and what is to
# be found: kind, severity, rows.


def same_bytes(files):
    copy = files[0].replace("piece a", "other")
    shutil.copy(files[4], copy)
    return {"X": [*files, copy], "groups": ids(11)}, ("same_bytes", "leak", (4, 10))


def same_path_twice(files):
    return {"X": [*files, files[4]], "groups": ids(11)}, ("same_bytes", "leak", (4, 10))


def same_clip(files):
    clips = [*pieces(), Clip(pieces()[2].signal.copy())]
    return {"X": clips}, ("same_bytes", "leak", (2, 10))


def copy_on_both_sides(files):
    copy = files[0].replace("piece a", "other")
    shutil.copy(files[4], copy)
    parts = ["train"] * 10 + ["test"]
    return {"X": [*files, copy], "cv": parts}, ("same_bytes", "leak", (4, 10))


def overlapping_segments(files):
    X = [*files[:9], Segment(files[9], 0.0, 2.5), Segment(files[9], 1.5, 2.5)]
    return {"X": X, "groups": ids(11)}, ("overlap", "leak", (9, 10))


def segments_in_two_groups(files):
    X = [*files[:9], Segment(files[9], 0.0, 2.0), Segment(files[9], 2.0, 2.0)]
    return {"X": X, "groups": ids(11)}, ("parts", "leak", (9, 10))


def segments_on_both_sides(files):
    X = [Segment(path, offset, 2.0) for path in files for offset in (0.0, 2.0)]
    train = list(range(17))
    return {"X": X, "cv": [(train, [17, 18, 19])]}, ("parts", "leak", (16, 17))


def segment_in_another_file(files):
    clip = pieces()[6]
    excerpt = files[0].replace("piece a", "excerpt")
    soundfile.write(excerpt, clip.signal[30_000:75_000], clip.sr)
    X = [*files[:6], Segment(files[6], 0.5, 3.5), *files[7:], excerpt]
    return {"X": X, "groups": ids(11)}, ("same_audio", "leak", (6, 10))


def groups_ignored_by_a_splitter(files):
    groups = list("aabbccddee")
    return {"X": files, "groups": groups, "cv": KFold(2, shuffle=True, random_state=1)}, (
        "group_on_both_sides",
        "leak",
        None,
    )


def group_on_both_sides_of_pairs(files):
    cv = [([0, 1, 2], [3, 4]), ([5, 6], [7, 8, 9])]
    groups = ["x", *"bcd", "x", *"efghi"]
    return {"X": files, "groups": groups, "cv": cv}, ("group_on_both_sides", "leak", (0, 4))


def group_on_both_sides_of_a_column(files):
    cv = ["train"] * 5 + ["validation"] * 2 + ["test"] * 2 + [None]
    groups = [*"abcd", "x", *"ef", "g", "x", "a"]
    return {"X": files, "groups": groups, "cv": cv}, ("group_on_both_sides", "leak", (4, 8))


def two_spellings_of_a_group(files):
    groups = ["The Dove & the Wolf", "dove and the wolf", *ids(8)]
    return {"X": files, "groups": groups}, ("group_spelling", "remark", (0, 1))


def renamed(*names):
    def plant(files):
        X = [str(shutil.copy(old, old.replace("piece", "song"))) for old in files]
        for row, name in enumerate(names):
            X[row] = str(shutil.move(X[row], X[row].replace(f"song {'abcdefghij'[row]}", name)))
        kind = "one_artist" if " - " in names[0] else "twin_names"
        n_twins = 2 if kind == "one_artist" else len(names)
        return {"X": X, "groups": ids(10)}, (kind, "remark", tuple(range(n_twins)))

    plant.__name__ = " and ".join(names[:2])
    return plant


def contradictory_labels(files):
    y = ["happy"] * 10 + ["sad"]
    return {"X": [*files, files[4]], "y": y, "groups": [*ids(10), "group 4"]}, (
        "contradictory_labels",
        "remark",
        (4, 10),
    )


def contradictory_numbers(files):
    y = np.linspace(-1, 1, 22).reshape(11, 2)
    return {"X": [*files, files[0]], "y": y, "groups": [*ids(10), "group 0"]}, (
        "contradictory_labels",
        "remark",
        (0, 10),
    )


def unreadable(files):
    bad = files[0].replace("piece a", "bad")
    with open(bad, "w") as file:  # noqa: PTH123
        file.write("no audio")
    return {"X": [*files, bad], "groups": ids(11)}, ("unread", "remark", (10,))


PLANTED = [
    same_bytes,
    same_path_twice,
    same_clip,
    copy_on_both_sides,
    overlapping_segments,
    segments_in_two_groups,
    segments_on_both_sides,
    segment_in_another_file,
    groups_ignored_by_a_splitter,
    group_on_both_sides_of_pairs,
    group_on_both_sides_of_a_column,
    two_spellings_of_a_group,
    renamed("hymn", "hymn (1)"),
    renamed("hymn", "hymn-copy"),
    renamed("copy of hymn", "hymn"),
    renamed("hymn", "hymn_aug1", "hymn_pitch+2", "hymn_speed0.9_noise"),
    renamed("hymn_take1", "hymn_take2"),
    renamed("hymn_part1", "hymn_part2"),
    renamed("01 - Nina - Hymn", "02 - Nina - Song", *(f"Other {n} - Song" for n in "abcd")),
    contradictory_labels,
    contradictory_numbers,
    unreadable,
]


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_leak_is_found(plant, files):
    arguments, (kind, severity, rows) = plant(files)
    report = audit(**arguments)
    found = [finding for finding in report.findings if finding.kind == kind]
    assert [finding.severity for finding in found] == [severity]
    assert rows is None or found[0].rows == rows
    others = {finding.kind for finding in report.findings} - {kind}
    assert others <= ({"same_bytes"} if kind == "contradictory_labels" else set())
    assert {finding.kind for finding in report.findings} <= {*report.checked, "unread"}


# Tables.


@pytest.fixture
def features(rng):
    """Eighty rows with columns of very different scales, as features have them."""
    latent = rng.normal(size=(80, 5)) @ rng.normal(size=(5, 12)) + rng.normal(size=(80, 12))
    latent[:, 3] = np.exp(3 * latent[:, 3])
    latent[:, 4] = np.round(latent[:, 4])
    return latent * 10.0 ** np.arange(-6, 6) + 3.0


def row_twice(X, rng):
    return np.vstack([X, X[7]]), ("same_row", (7, 80))


def row_saved_as_float32(X, rng):
    return np.vstack([X, X[7].astype(np.float32)]), ("same_row", (7, 80))


def row_with_noise(X, rng):
    spread = np.subtract(*np.quantile(X, [0.75, 0.25], axis=0))
    spread[4] = 0.0  # the column of whole numbers
    return np.vstack([X, X[7] + 0.005 * spread * rng.normal(size=12)]), ("near_row", (7, 80))


def rows_of_smote(X, rng):
    y = np.repeat(["happy", "sad"], [60, 20])
    return SMOTE(random_state=0).fit_resample(X, y)[0], ("mixed_row", None)


def rows_of_smote_saved_with_six_digits(X, rng):
    mixed, _ = rows_of_smote(X, rng)
    return np.vectorize(lambda value: float(f"{value:.6g}"))(mixed), ("mixed_row", None)


def standardized_at_once(X, rng):
    return (X - X.mean(axis=0)) / X.std(axis=0), ("scaled", tuple(range(80)))


def squeezed_at_once(X, rng):
    return (X - X.min(axis=0)) / np.ptp(X, axis=0), ("scaled", tuple(range(80)))


def standardized_and_saved_with_three_digits(X, rng):
    return standardized_at_once(X, rng)[0].round(3), ("scaled", tuple(range(80)))


def standardized_beside_a_raw_column(X, rng):
    table = np.column_stack([standardized_at_once(X, rng)[0], rng.uniform(30, 300, len(X))])
    return table, ("scaled", tuple(range(80)))


def squeezed_to_both_sides(X, rng):
    return 2 * squeezed_at_once(X, rng)[0] - 1, ("scaled", tuple(range(80)))


@pytest.mark.parametrize(
    "plant",
    [
        standardized_and_saved_with_three_digits,
        standardized_beside_a_raw_column,
        squeezed_to_both_sides,
        row_twice,
        row_saved_as_float32,
        row_with_noise,
        rows_of_smote,
        rows_of_smote_saved_with_six_digits,
        standardized_at_once,
        squeezed_at_once,
    ],
    ids=lambda plant: plant.__name__,
)
def test_a_leak_planted_in_a_table_is_found(plant, features, rng):
    X, (kind, rows) = plant(features, rng)
    report = audit(X, groups=ids(len(X)), table=True)
    found = [leak for leak in report.leaks if leak.kind == kind]
    assert len(found) == 1
    assert rows is None or found[0].rows == rows
    others = {finding.kind for finding in report.findings} - {kind}
    # What SMOTE makes close to a real row is nearly that row.
    assert others <= ({"near_row"} if kind == "mixed_row" else set())


def test_rows_of_smote_are_named_and_no_real_ones(features, rng):
    mixed, _ = rows_of_smote(features, rng)
    (rows,) = (leak.rows for leak in audit(mixed, table=True).leaks if leak.kind == "mixed_row")
    assert min(rows) >= 80
    assert len(rows) >= 20  # of 40


def test_a_copied_row_inside_one_group_is_a_remark(features, rng):
    X, _ = row_twice(features, rng)
    assert audit(X, groups=[*ids(80), "group 7"], table=True).leaks == ()
    cv = GroupKFold(4)
    assert audit(X, groups=[*ids(80), "group 7"], cv=cv, table=True).leaks == ()


def test_a_coarse_table_says_nothing_about_equal_rows(rng):
    assert audit(rng.integers(0, 3, size=(100, 3)), table=True).findings == ()


def test_tables_of_other_shapes_are_silent(rng):
    answers = rng.integers(0, 2, size=(100, 40))
    shares = rng.dirichlet(np.ones(9), size=200)
    sparse = (rng.random((200, 60)) < 0.2) * rng.exponential(size=(200, 60))
    factors = rng.normal(size=(300, 2)) @ rng.normal(size=(2, 30))
    for X in (answers, shares, sparse, factors):
        assert audit(X, table=True).findings == ()


def test_names_of_rows_are_looked_at(features):
    names = [f"piece {number}.wav" for number in range(78)] + ["hymn.wav", "hymn (2).wav"]
    report = audit(features, names=names, table=True)
    assert [finding.kind for finding in report.findings] == ["twin_names"]
    assert report.findings[0].names == ("hymn.wav", "hymn (2).wav")


# Clean data.


def test_clean_files_are_silent(files):
    y = list("abababcccc")
    assert audit(files, y, ids(10)).findings == ()
    assert audit(files).findings == ()
    assert audit(files, groups=ids(10), cv=GroupKFold(5)).findings == ()


def test_a_rendered_corpus_is_silent():
    assert audit(make_emotion_clips(60, random_state=1, duration=3.0)).findings == ()


def test_a_table_is_silent(features):
    assert audit(features, table=True).findings == ()
    assert audit(pd.DataFrame(features), table=True).findings == ()


def test_segments_that_stay_together_are_silent(files):
    X = [Segment(path, offset, 2.0) for path in files for offset in (0.0, 1.0, 2.0)]
    assert audit(X).findings == ()
    assert audit(X, groups=np.repeat(ids(10), 3)).findings == ()


@pytest.mark.parametrize(
    "names",
    [
        [f"{genre}/{number}.mp3" for genre in ("rock", "pop") for number in range(1, 30)],
        [f"a/03-01-0{e}-01-0{s}-0{r}-01.wav" for e in range(9) for s in (1, 2) for r in (1, 2)],
        [f"a{number}/take_1.wav" for number in range(20)],
        [f"clip_part{number}.wav" for number in range(40)],
        [f"1001_DFA_{emotion}_XX.wav" for emotion in ("ANG", "HAP", "SAD")],
        ["OAF_back_angry.wav", "YAF_back_angry.wav", "OAF_bar_angry.wav"],
    ],
    ids=lambda names: names[0],
)
def test_ways_of_naming_are_no_twins(names, rng):
    X = rng.normal(size=(len(names), 6))
    assert audit(X, names=names, groups=ids(len(names)), table=True).findings == ()


def test_takes_of_ravdess_are_different_recordings(mer_data):
    corpus = load_dataset("ravdess", mer_data / "ravdess_speech")
    rows = [row for row, path in enumerate(corpus.X) if "Actor_02" in path or "Actor_04" in path]
    assert len(rows) == 120
    X = [corpus.X[row] for row in rows]
    assert audit(X, corpus.y().iloc[rows]).findings == ()


def test_the_five_pairs_of_emotify_are_found(mer_data):
    corpus = load_dataset("emotify", mer_data / "emotify")
    report = audit(corpus)
    pairs = {
        tuple(name.rsplit("excerpts/")[1].removesuffix(".mp3") for name in finding.names)
        for finding in report.findings
        if finding.kind == "same_audio"
    }
    assert pairs == {
        ("classical/54", "classical/80"),
        ("rock/63", "rock/66"),
        ("rock/70", "rock/76"),
        ("rock/72", "rock/75"),
        ("pop/59", "pop/66"),
    }
    assert report.leaks == ()  # each pair is by one artist, and the artists are the groups
    assert {finding.kind for finding in report.findings} == {"same_audio", "contradictory_labels"}


@pytest.mark.parametrize(
    ("name", "group", "kinds"),
    [
        ("4q_top100_features", "group", {}),
        ("pop_rock_75_librosa_stats", None, {}),
        ("turkish_music_emotion", None, {"same_row": 12, "near_row": 5}),
        ("deam_opensmile_song_means", "artist", {"same_row": 3}),
    ],
)
def test_real_tables_hold_what_is_known(mer_data, name, group, kinds):
    frame = pd.read_csv(mer_data / "feature_tables" / f"{name}.csv")
    other = ["song_id", "SongID", "id", "label"]
    other += [column for column in frame if "valence" in column or "arousal" in column]
    X = frame.select_dtypes("number").drop(columns=other, errors="ignore")
    leaks = audit(X, groups=None if group is None else frame[group], table=True).leaks
    assert pd.Series([leak.kind for leak in leaks], dtype=object).value_counts().to_dict() == kinds


# The report.


def test_the_report_is_a_document(files):
    report = audit([*files, files[0]], groups=ids(11))
    document = json.loads(json.dumps(report.to_dict()))
    assert document["schema"] == 1
    assert document["n_leaks"] == 1
    assert document["findings"][0]["rows"] == [0, 10]
    assert document["findings"][0]["kind"] in KINDS
    assert "11 rows: 1 leak, 0 remarks" in str(report)
    assert "piece a.wav" in str(report)


def test_the_text_shows_ten_of_a_kind(features):
    text = str(audit(np.vstack([features, features[:15]]), table=True))
    assert text.count("are the same row") == 10
    assert "5 more" in text


def test_copies_are_one_finding(files):
    report = audit([*files, files[0], files[0]])
    assert report.leaks == ()  # one path is one file, which stays together
    report = audit([*files, files[0], files[0]], groups=ids(12))
    assert [finding.rows for finding in report.findings] == [(0, 10, 11)]


def test_fingerprints_are_the_same_in_workers_and_from_the_cache(files, tmp_path):
    X = [*files, Segment(files[0], 0.5, 3.0), files[1]]
    alone = audit(X, groups=ids(12))
    for options in ({"n_jobs": 2}, {"cache": tmp_path / "c"}, {"cache": tmp_path / "c"}):
        assert audit(X, groups=ids(12), **options) == alone


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"X": "a.wav"}, r"pass \['a.wav'\]"),
        ({"X": []}, "0 files"),
        ({"X": ["a.wav"]}, "no file can be read: a.wav"),
        ({"X": [[1.0, 2.0], [np.nan, 1.0]], "table": True}, "NaN"),
        ({"X": [["a"], ["b"]], "table": True}, "no table of numbers"),
        ({"X": [[1e200, 1.0]], "table": True}, "beyond 1e"),
        ({"X": np.eye(3), "table": True, "y": [1]}, "3 rows but y holds 1"),
        ({"X": np.eye(3), "table": True, "groups": [1]}, "3 rows but groups"),
        ({"X": np.eye(3), "table": True, "names": ["a"]}, "3 rows but names"),
        ({"X": np.eye(3), "table": True, "target": "va"}, "target='va'"),
        ({"X": np.eye(3), "table": True, "cv": 5}, "cv=5 must be a splitter"),
        ({"X": np.eye(3), "table": True, "cv": []}, "must be a splitter"),
        ({"X": np.eye(3), "table": True, "cv": "random"}, "must be a splitter"),
        ({"X": np.eye(3), "table": True, "cv": ["a", "b"]}, "parts of 2 rows"),
        ({"X": np.eye(3), "table": True, "cv": ["a", "a", None]}, "names 1 part"),
        ({"X": np.eye(3), "table": True, "cv": [([0], [3])]}, "below 3"),
        ({"X": np.eye(3), "table": True, "cv": [([0, 1], [1, 2])]}, "row 1 in train and in test"),
        ({"X": np.eye(3), "table": True, "cv": KFold(5)}, "cannot split"),
        ({"X": make_emotion_clips(2, 0, duration=1.0), "y": [1, 2]}, "target="),
        ({"X": make_emotion_clips(2, 0, duration=1.0), "target": "v"}, "Did you mean 'va'"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_makes_no_sense_is_one_sentence(arguments, sentence):
    with pytest.raises((InputError, AudioError), match=sentence):
        audit(**arguments)


# Near rows and chance.


@pytest.mark.parametrize("n_rows", [300, 1000, 2000])
@pytest.mark.parametrize("n_columns", [3, 5, 6, 12])
def test_rows_that_are_near_by_chance_are_silent(n_columns, n_rows):
    for seed in range(3):
        X = np.random.default_rng(seed).normal(size=(n_rows, n_columns))
        assert audit(X, groups=np.arange(n_rows), table=True).findings == ()


@pytest.mark.parametrize("n_columns", [5, 12])
@pytest.mark.parametrize("n_copies", [1, 10])
def test_near_copies_are_found_among_many_rows(n_columns, n_copies, rng):
    X = rng.normal(size=(1000, n_columns))
    copies = X[7] + 0.002 * rng.normal(size=(n_copies, n_columns))
    X = np.vstack([X, copies])
    leaks = [
        leak
        for leak in audit(X, groups=np.arange(len(X)), table=True).leaks
        if leak.kind == "near_row"
    ]
    assert [leak.rows for leak in leaks] == [(7, *range(1000, len(X)))]
