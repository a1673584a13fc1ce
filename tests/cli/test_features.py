"""`mer features`: families, columns, units and sources."""

from __future__ import annotations

import json

import pytest

from mer_sklearn.cli import main
from mer_sklearn.features import FAMILIES, PRESETS, AudioFeatures


@pytest.fixture
def said(capsys):
    """Run `mer features` and return what it prints."""

    def said(*words):
        assert main(["features", *words]) == 0
        return capsys.readouterr().out

    return said


def test_every_family_and_preset_is_listed(said):
    listed = said()
    assert all(f"\n{name} " in f"\n{listed}" for name in [*FAMILIES, *PRESETS])


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_preset_lists_its_columns(said, name):
    families = json.loads(said(name, "--json"))
    found = [column["name"] for family in families for column in family["columns"]]
    expected = AudioFeatures(name).fit([[0.0] * 512]).get_feature_names_out()
    assert found == list(expected)
    assert all(name in family["presets"] for family in families)
    assert all(family["source"] for family in families)


def test_a_family_says_what_it_measures_and_in_which_unit(said):
    text = said("spectral")
    assert "Hz" in text
    assert "contrast_*" in text


def test_columns_stand_one_a_line(said):
    lines = said("mfcc40-mean", "--columns").splitlines()
    assert len(lines) == 40
    assert lines[3].split()[:2] == ["mfcc__3__mean", "dB"]


def test_a_wrong_name_is_answered_by_the_nearest(capsys):
    assert main(["features", "chrome"]) == 1
    assert "Did you mean 'chroma'" in capsys.readouterr().err
