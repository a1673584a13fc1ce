"""Families: parameters, names, identity, and one of a user's own."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from mer_sklearn.errors import InputError
from mer_sklearn.features import (
    FAMILIES,
    MFCC,
    AudioFeatures,
    Chroma,
    FeatureFamily,
    SpectralStatistics,
)
from mer_sklearn.features import family as family_module
from mer_sklearn.features.family import StatisticsFamily

BUILT_IN = list(FAMILIES.values())
WITH_STATISTICS = [family for family in BUILT_IN if "statistics" in family().get_params()]


@pytest.fixture
def X(rng):
    return (0.1 * rng.normal(size=(3, 6_000))).astype(np.float32)


# ---- The families that are there ----


def test_the_register_holds_them_by_name():
    assert {FAMILIES[name] for name in ("mfcc", "chroma", "spectral")} <= set(BUILT_IN)
    assert all(family.name == name for name, family in FAMILIES.items())


@pytest.mark.parametrize("make", BUILT_IN)
def test_every_column_has_one_meaning(make):
    family = make()
    for name in family.column_names():
        found = [meaning for meaning in family.meanings if meaning.fits(name)]
        assert found, f"{name} has no meaning"
        assert all(meaning.text for meaning in found)
    assert family.source


@pytest.mark.parametrize("make", BUILT_IN)
def test_names_match_columns(make, X):
    family = make().fit(X)
    names = family.get_feature_names_out()
    table = family.transform(X)
    assert table.shape == (3, len(names))
    assert table.dtype == np.float32
    assert len(set(names)) == len(names)
    assert all(name.startswith(f"{family.name}__") for name in names)
    assert {name.count("__") for name in names} <= {1, 2}


@pytest.mark.parametrize("make", WITH_STATISTICS)
def test_a_statistic_alone_is_the_same_column(make, X):
    whole = make().set_output(transform="pandas").fit_transform(X)
    part = make(statistics=("max", "mean")).set_output(transform="pandas").fit_transform(X)
    assert set(part.columns) < set(whole.columns)
    np.testing.assert_allclose(part, whole[part.columns], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("n_mfcc", [1, 13, 128])
@pytest.mark.parametrize("deltas", [0, 1, 2])
def test_coefficients_and_differences_are_counted(X, n_mfcc, deltas):
    family = MFCC(n_mfcc, deltas=deltas, statistics=("mean",))
    assert family.fit_transform(X).shape == (3, n_mfcc * (deltas + 1))


def test_fewer_coefficients_are_the_first_ones(X):
    few, many = (MFCC(n, deltas=0, statistics=("mean",)).fit_transform(X) for n in (13, 20))
    np.testing.assert_allclose(few, many[:, :13], rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("make", BUILT_IN)
def test_names_need_a_fit(make):
    with pytest.raises(NotFittedError):
        make().get_feature_names_out()


@pytest.mark.parametrize(
    ("family", "parameter"),
    [
        (MFCC(0), "n_mfcc=0"),
        (MFCC(129), "n_mfcc=129"),
        (MFCC(13.5), "n_mfcc=13.5"),
        (MFCC("13"), "n_mfcc='13'"),
        (MFCC(None), "n_mfcc=None"),
        (MFCC(True), "n_mfcc=True"),
        (MFCC(deltas=3), "deltas=3"),
        (MFCC(deltas=-1), "deltas=-1"),
        (MFCC(deltas=1.0), "deltas=1.0"),
        (MFCC(deltas=(1, 2)), r"deltas=\(1, 2\)"),
        (Chroma(statistics="mean"), "statistics='mean'"),
        (Chroma(statistics=("meen",)), "statistic 'meen'.*'mean'"),
        (SpectralStatistics(statistics=()), r"statistics=\(\)"),
    ],
)
def test_nonsense_is_refused_by_name(family, parameter, X):
    with pytest.raises(InputError, match=parameter):
        family.fit(X)
    with pytest.raises(InputError, match=parameter):
        AudioFeatures([family]).fit(X)


# ---- Identity ----


def test_identity_is_json_and_tells_parameters_apart():
    texts = [
        json.dumps(family.identity(), sort_keys=True)
        for family in (MFCC(), MFCC(13), MFCC(deltas=1), MFCC(statistics=("mean",)), Chroma())
    ]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(
    "same",
    [
        MFCC(np.int64(20)),
        MFCC(statistics=["mean", "std", "min", "max", "median"]),
        MFCC(statistics=np.array(["mean", "std", "min", "max", "median"])),
        clone(MFCC()),
    ],
)
def test_identity_does_not_see_how_a_value_is_written(same, X):
    assert json.dumps(same.identity()) == json.dumps(MFCC().identity())
    np.testing.assert_array_equal(same.fit_transform(X), MFCC().fit_transform(X))


# ---- A family of one's own ----


@pytest.fixture
def register(monkeypatch):
    """Keep what a test registers out of the other tests."""
    monkeypatch.setattr(family_module, "_FAMILIES", dict(family_module._FAMILIES))
    return family_module._FAMILIES


@pytest.fixture
def loudness(register):
    class Loudness(StatisticsFamily):
        name = "my_level"
        needs = ("rms",)

        def __init__(self, *, floor=1e-5, statistics=("mean", "max")):
            self.floor = floor
            self.statistics = statistics

        def series_names(self):
            return ["level"]

        def series(self, clip):
            rms = clip.xp.maximum(clip.rms, clip.ops.scalar(self.floor))
            return clip.xp.log(rms) * (20 / np.log(10))

    return Loudness


def test_a_family_of_ones_own_is_a_transformer(loudness, rng):
    tone = np.sin(2 * np.pi * 441 * np.arange(22_050) / 22_050)
    table = loudness().set_output(transform="pandas").fit_transform([tone, tone / 10])
    assert list(table.columns) == ["my_level__level__mean", "my_level__level__max"]
    np.testing.assert_allclose(table["my_level__level__max"], [-3.01, -23.01], atol=0.05)


def test_it_joins_the_others(loudness, X, register):
    both = AudioFeatures([MFCC(13), loudness()]).fit(X)
    assert both.set_params(my_level__floor=0.5).resolve()[1].floor == 0.5
    table = both.transform(X)
    np.testing.assert_array_equal(table[:, -2:], loudness(floor=0.5).fit_transform(X))
    assert "my_level" in register


def test_it_is_cached_by_its_parameters(loudness, tmp_path, X):
    import soundfile

    path = tmp_path / "a.wav"
    soundfile.write(path, X[0], 22_050, subtype="FLOAT")
    rows = [
        AudioFeatures([loudness(floor=floor)], cache=tmp_path / "cache").fit_transform([path])
        for floor in (1e-5, 0.5, 1e-5)
    ]
    assert rows[0].tolist() == rows[2].tolist() != rows[1].tolist()


def test_it_is_traced_into_a_graph(loudness, trace, X):
    family = loudness()
    np.testing.assert_allclose(trace([family])(X), family.fit_transform(X), rtol=1e-5)


def test_it_is_gone_after_its_test():
    assert "my_level" not in family_module._FAMILIES


def test_two_families_cannot_share_a_name(register):
    with pytest.raises(InputError, match="both call themselves 'mfcc'"):

        class Other(FeatureFamily):
            name = "mfcc"


def test_a_class_defined_again_takes_the_place_of_the_first(register):
    """A cell of a notebook that is run twice."""
    for _ in range(2):

        class Again(FeatureFamily):
            name = "again"

    assert register["again"] is Again


def test_a_series_that_does_not_exist_is_named(loudness, X):
    class Odd(loudness):
        needs = ("rmss",)

    with pytest.raises(InputError, match=r"series in Odd\.needs 'rmss'.*Did you mean 'rms'"):
        Odd().fit(X)


def test_columns_without_a_name_are_counted(loudness, X):
    class Odd(loudness):
        def series_names(self):
            return ["level", "more"]

    with pytest.raises(InputError, match=r"Odd computes columns of shape \(2,\), but names 4"):
        Odd().fit_transform(X)


@pytest.mark.parametrize("subclass", [True, False])
def test_the_shell_alone_is_no_family(subclass):
    with pytest.raises(TypeError, match="abstract"):
        FeatureFamily()
