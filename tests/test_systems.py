"""The recipes of published systems: honest where they say so, and nothing leaks by a copy."""

from __future__ import annotations

import importlib
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mer_sklearn import Dataset, EmotionPipeline, evaluate, load_dataset
from mer_sklearn.datasets import DatasetInfo, Target

FOLDER = Path(__file__).resolve().parent.parent / "benchmarks"
NAMES = ("common", "copies", "layouts", "system_a", "system_b", "system_c", "system_e")


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
    from sklearn.metrics import log_loss
    from sklearn.neural_network import MLPClassifier

    module = systems["system_a"]
    X, y = table.X.to_numpy(), table.y().to_numpy()
    wrong = np.where(y == "sad", "happy", "sad")
    network = MLPClassifier((4,), random_state=0, learning_rate_init=0.1)
    losses = {}
    for name, truth in (("right", y), ("wrong", wrong)):
        kept = module.BestOnTest(network, (X, truth)).fit(X, y).network_
        losses[name] = log_loss(y, kept.predict_proba(X))
    # The more it learns, the worse it is on labels turned round: there the first epoch is kept.
    assert losses["right"] < losses["wrong"]


def protocols_of(name, systems, roots):
    rows = list(systems[name].SYSTEM.protocols(roots))
    return [row for row in rows if not isinstance(row, str)]


@pytest.mark.parametrize("name", ["system_a", "system_b", "system_e"])
def test_honest_rows_keep_artists_apart_and_original_ones_do_not(name, systems, roots):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = protocols_of(name, systems, roots)
    splits = {protocol: {r.result.split for r in rows if r.protocol == protocol} for protocol in
              ("original", "honest")}  # fmt: skip
    assert splits["honest"] == {"artists apart"}
    assert all("artists on both sides" in split for split in splits["original"])


def test_a_list_knows_moments_of_songs_it_has_seen_and_no_others(systems, roots):
    rows = protocols_of("system_b", systems, roots)
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


def test_the_ready_table_and_the_files_of_deam_agree(systems, mer_data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        files = load_dataset("deam", mer_data / "deam", missing="keep")
    table = systems["common"].deam_songs(systems["common"].Roots(mer_data), repair=True)
    assert table.frame["song_id"].tolist() == files.frame["song_id"].tolist()
    np.testing.assert_allclose(table.y("va"), files.y("va"), atol=2e-3)
