"""The recipes of published systems: honest where they say so, and nothing leaks by a copy."""

from __future__ import annotations

import importlib
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss
from sklearn.utils import shuffle

from mer_sklearn import Dataset, EmotionPipeline, evaluate, load_dataset
from mer_sklearn.datasets import DatasetInfo, Target

FOLDER = Path(__file__).resolve().parent.parent / "benchmarks"
RECIPES = ("labels", *(f"system_{letter}" for letter in "abcde"))
NAMES = ("common", "copies", "layouts", *RECIPES)


@pytest.fixture
def systems(monkeypatch):
    """The modules of the recipes, by name."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return {name: importlib.import_module(f"systems.{name}") for name in NAMES}


@pytest.fixture
def roots(systems, tmp_path, monkeypatch):
    """Rendered corpora in the official layouts."""
    monkeypatch.setenv("MER_CACHE", str(tmp_path / "cache"))
    return systems["layouts"].small_roots(tmp_path)


@pytest.fixture
def table(rng):
    """Return a ready table of two classes that one column tells, by six speakers."""
    y = np.tile(["happy", "sad"], 30)
    X = pd.DataFrame({"mfcc__a": (y == "happy") + 0.1 * rng.normal(size=60), "mfcc__b": 1.0})
    return Dataset(
        name="made",
        X=X,
        frame=pd.DataFrame({"emotion": y}),
        targets={"emotion": Target(("emotion",), "classification")},
        groups=np.repeat(list("uvwxyz"), 10).astype(object),
        info=DatasetInfo("", "", "", group="actor"),
    )


def on_table(model="logistic"):
    return EmotionPipeline(None, model=model, random_state=0)


def test_copies_are_learned_and_never_asked_about(systems, table):
    copies = systems["copies"]
    # What the copies hold contradicts the clips: whoever looked at them would answer otherwise.
    turned = replace(table, X=table.X.assign(mfcc__a=10 + table.X["mfcc__a"]))
    both = copies.side_by_side([table, turned])
    model = copies.WithCopies(on_table(), n_copies=1).fit(both.X, table.y(), groups=table.groups)
    assert model.pipeline_.gate_.shape == (120, 2)
    assert model.pipeline_.feature_names_ == ["mfcc__a", "mfcc__b"]
    other = both.X.copy()
    other.iloc[:, 2:] = np.nan
    assert model.predict(other).tolist() == model.predict(both.X).tolist()


def test_copies_of_a_clip_are_on_its_side(systems, table, monkeypatch):
    copies = systems["copies"]
    both = copies.side_by_side([table, table])
    seen = []
    monkeypatch.setattr(
        EmotionPipeline, "fit", lambda self, X, y, groups: seen.append((len(X), groups)) or self
    )
    copies.WithCopies(on_table(), n_copies=1).fit(both.X, table.y(), groups=table.groups)
    ((n_rows, groups),) = seen
    assert n_rows == 120
    assert (groups[:60] == groups[60:]).all()


def test_copies_do_not_change_what_is_tested(systems, table):
    copies = systems["copies"]
    both = copies.side_by_side([table, table])
    found = evaluate(copies.WithCopies(on_table(), n_copies=1), both, cv=3)
    assert (found.split, found.n_rows) == ("actors apart", 60)
    assert found.scores["accuracy"] == 1.0


def test_copies_before_the_split_are_torn(systems, table):
    stacked = systems["copies"].stacked([table, table])
    assert (len(stacked), len(stacked.frame), len(stacked.groups)) == (120, 120, 120)


@pytest.mark.parametrize("kind", ["noise", "shift", "mask"])
def test_a_copy_is_as_long_and_another(systems, kind, rng):
    signal = rng.normal(size=1000).astype(np.float32)
    copy = getattr(systems["copies"], kind)(signal, rng)
    assert copy.shape == signal.shape
    assert copy.dtype == np.float32
    assert not np.array_equal(copy, signal)
    if kind == "noise":
        added = 10 * np.log10(np.mean(signal**2) / np.mean((copy - signal) ** 2))
        assert added == pytest.approx(20, abs=1)
    if kind == "shift":
        assert np.array_equal(np.sort(copy), np.sort(signal))
    if kind == "mask":
        assert np.mean(copy**2) < 0.9 * np.mean(signal**2)


def test_speakers_are_made_alike_without_labels(systems, table):
    habit = pd.Series(table.groups).map(dict(zip("uvwxyz", range(6), strict=True)))
    shifted = replace(table, X=table.X.add(10 * habit, axis=0))
    found = systems["system_c"].of_speakers(shifted)
    np.testing.assert_allclose(found.X, systems["system_c"].of_speakers(table).X, atol=1e-9)
    means = found.X.groupby(table.groups).mean()
    assert np.abs(means.to_numpy()).max() < 1e-9
    assert (found.X["mfcc__b"] == 0).all()


def test_the_epoch_with_the_lowest_loss_on_the_test_rows_is_kept(systems, table):
    module = systems["system_a"]
    X, y = table.X.to_numpy(), table.y().to_numpy()
    wrong = np.where(y == "sad", "happy", "sad")
    losses = {}
    for name, truth in (("right", y), ("wrong", wrong)):
        kept = module.Network(tested=(X, truth)).fit(X, y).network_
        losses[name] = log_loss(y, kept.predict_proba(X))
    # The more it learns, the worse it is on labels turned round: there the first epoch is kept.
    assert losses["right"] < losses["wrong"]


def test_both_networks_of_system_a_are_one_that_is_watched(systems, table):
    module = systems["system_a"]
    X, y = table.X.to_numpy(), table.y().to_numpy()
    last = module.Network().fit(X, y).network_
    # On rows that it learns, the last epoch has the lowest loss, so it is the one that is kept.
    best = module.Network(tested=(X, y)).fit(X, y).network_
    other = module.Network(seed=1).fit(X, y).network_
    np.testing.assert_array_equal(last.coefs_[0], best.coefs_[0])
    assert not np.allclose(last.coefs_[0], other.coefs_[0])


@pytest.mark.parametrize("watched", [False, True])
def test_every_epoch_has_an_order_of_its_own(systems, table, monkeypatch, watched):
    orders = []

    def spy(rows, random_state):
        orders.append(tuple(shuffle(rows, random_state=random_state)))
        return np.array(orders[-1])

    monkeypatch.setattr("sklearn.neural_network._multilayer_perceptron.shuffle", spy)
    X, y = table.X.to_numpy(), table.y().to_numpy()
    systems["system_a"].Network(tested=(X, y) if watched else None).fit(X, y)
    assert len(orders) == len(set(orders)) == 20


@pytest.fixture
def rows_of(systems, roots):
    """Return the rows of the table of a recipe, on rendered clips."""

    def run(name):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = list(systems[name].SYSTEM.protocols(roots))
        return [row for row in found if not isinstance(row, str)]

    return run


@pytest.mark.parametrize("name", RECIPES)
def test_honest_rows_keep_groups_apart_and_original_ones_do_not(name, rows_of):
    splits = {}
    for row in rows_of(name):
        splits.setdefault(row.protocol, set()).add(row.result.split)
    whose, how = ("actors", " (leave one out)") if name == "system_c" else ("artists", "")
    assert splits["honest"] == {f"{whose} apart{how}"}
    for split in splits.get("original", ()):
        assert split == "random split" or f"{whose} on both sides" in split
    assert "original" in splits or name == "labels"


def test_remarks_of_rows_stand_below_the_table_once(systems, table):
    common = systems["common"]
    found = evaluate(on_table(), table, cv=2)
    twice = [
        common.Line("honest", "a", replace(found, remarks=("One.", "Two."))),
        common.Line("honest", "b", replace(found, remarks=("Two.",))),
    ]
    system = common.System("T", "p", "h", "m", lambda _: iter([*twice, "Said."]), lambda _: "made")
    *_, said, remarks, last = system(common.Roots(Path("nowhere")))
    assert (said, remarks, last) == ("Said.", "- One.\n- Two.", "What misleads: m")


def test_a_column_of_one_row_is_empty_in_the_others(systems, table):
    common = systems["common"]
    found = evaluate(on_table(), table, cv=2)
    rows = [common.Line("a", "b", found, more={"more": "1"}), common.Line("a", "c", found)]
    head, _, first, second = common.table_of(rows, "protocol").splitlines()
    assert head.endswith("| more |")
    assert first.endswith("| 1 |")
    assert second.endswith("| |")


def test_artists_who_share_a_recording_are_one(systems, table):
    songs = replace(table, frame=pd.DataFrame({"song_id": range(280, 340)}))
    (first, _), *_ = systems["common"].ONE_RECORDING
    apart = systems["common"].recordings_apart(songs)
    assert list(apart.groups) == list(table.groups)  # of each pair one song is there: nothing to do
    songs.frame.loc[59, "song_id"] = 706
    groups = systems["common"].recordings_apart(songs).groups
    assert first == 296
    assert set(groups[10:20]) == set(groups[50:]) == {"v and z"}
    assert list(groups[:10]) == ["u"] * 10


def test_songs_may_lie_in_any_folder(systems, roots, tmp_path):
    common = systems["common"]
    assert common.has_audio(roots)
    (roots.deam_root / "MEMD_audio").rename(roots.deam_root / "clips")
    assert common.has_audio(roots)
    assert not common.has_audio(common.Roots(tmp_path / "nowhere"))


def test_a_list_knows_moments_of_songs_it_has_seen_and_no_others(rows_of):
    rows = rows_of("system_b")
    r2 = {(row.protocol, row.what): row.result.scores["r2"] for row in rows}
    listed = "nothing heard, list: the song's mean"
    assert r2["original", listed] > 0.99
    assert r2["honest", listed] == pytest.approx(r2["honest", "nothing heard, mean"])


def test_rendered_deam_has_the_exchanged_labels(systems, roots):
    raw, mended = (
        systems["common"].deam_songs(roots, repair=repair).y("va") for repair in (False, True)
    )
    old = systems["layouts"].N_SONGS
    np.testing.assert_allclose(raw.to_numpy()[:old], mended.to_numpy()[:old, ::-1])
    np.testing.assert_allclose(raw[old:], mended[old:])


def test_what_is_missing_is_said(systems, tmp_path):
    nowhere = systems["common"].Roots(tmp_path / "nowhere")
    *_, last = systems["system_e"].SYSTEM(nowhere)
    assert last.startswith("Not run: ")
    assert "deam_opensmile_song_means.csv is not there" in last


def test_classes_of_the_published_system_a(systems, mer_data):
    roots = systems["common"].Roots(mer_data)
    counts = []
    for repair in (False, True):
        songs = systems["common"].deam_songs(roots, repair=repair)
        named = systems["system_a"].with_classes(songs)
        counts.append(named.y().value_counts().to_dict())
    assert counts[0] == {"sadness": 729, "happiness": 582, "fear": 210}  # as it published them
    assert counts[1] == {"sadness": 742, "happiness": 582, "fear": 158}


def test_equal_songs_under_two_artists_are_those_that_are_known(systems, mer_data):
    common = systems["common"]
    path = mer_data / "feature_tables" / common.TABLE
    songs = load_dataset("ready", path, target="valence_mean", task="regression", scale=(1, 9))
    number = songs.frame["song_id"].astype(int)
    of_row = number.groupby(songs.X.apply(tuple, axis=1))
    artists = pd.Series(songs.groups).groupby(songs.X.apply(tuple, axis=1)).nunique()
    pairs = of_row.apply(lambda found: tuple(sorted(found)))[artists > 1]
    assert sorted(pairs) == sorted(common.ONE_RECORDING)
    apart = common.recordings_apart(songs)
    assert len(set(songs.groups)) - len(set(apart.groups)) == 3


def test_the_ready_table_and_the_files_of_deam_agree(systems, mer_data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        files = load_dataset("deam", mer_data / "deam", missing="keep")
    table = systems["common"].deam_songs(systems["common"].Roots(mer_data), repair=True)
    assert table.frame["song_id"].tolist() == files.frame["song_id"].tolist()
    np.testing.assert_allclose(table.y("va"), files.y("va"), atol=2e-3)
