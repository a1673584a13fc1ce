"""Keys and chords: scales, triads, root motion, registers."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.features.harmony import KeyAndChords

TONICS = [60, 64, 67, 71]


@pytest.mark.parametrize("tonic", TONICS)
@pytest.mark.parametrize("kind", ["scale", "cadence"])
def test_major_scores_major_and_minor_minor(request, columns, kind, tonic):
    make = request.getfixturevalue(kind)
    table = columns(KeyAndChords(), make(tonic, "major"), make(tonic, "minor"))
    assert table["mode_all"][0] > 0.1 > -0.1 > table["mode_all"][1]
    assert table["tonic_mode_all"][0] > 0 > table["tonic_mode_all"][1]
    assert table["major_fit_all"][0] > 0.6
    assert table["minor_fit_all"][1] > 0.6
    difference = table["major_fit_all"] - table["minor_fit_all"]
    np.testing.assert_allclose(difference, table["mode_all"], atol=1e-5)


@pytest.mark.parametrize("tonic", TONICS)
def test_triads_stand_on_their_degrees(cadence, columns, tonic):
    table = columns(KeyAndChords(), cadence(tonic, "major"), cadence(tonic, "minor"))
    assert table["chord_major"][0] > 2 * table["chord_minor"][0]
    assert table["chord_minor"][1] > 1.5 * table["chord_major"][1]
    major = table.filter(like="major_chord_on_").to_numpy()[0]
    minor = table.filter(like="minor_chord_on_").to_numpy()[1]
    assert set(np.argsort(-major)[:3]) == {0, 5, 7}
    assert set(np.argsort(-minor)[:2]) == {0, 5}


@pytest.mark.parametrize("tonic", TONICS)
def test_the_tonic_is_degree_0(scale, cadence, columns, tonic):
    degrees = columns(KeyAndChords(), cadence(tonic, "major")).filter(regex="degree_.*_all")
    assert degrees.to_numpy()[0].argmax() == 0
    assert degrees.to_numpy().sum() == pytest.approx(12, rel=1e-3)


def test_roots_that_fall_by_fifths(play, columns):
    roots = [60, 65, 58, 63, 56, 61]
    signal = play([[r - 12, r, r + 4, r + 7] for r in roots], seconds=0.743)
    motion = columns(KeyAndChords(), signal).filter(like="root_motion_").to_numpy()[0]
    assert motion.argmax() == 5
    assert motion.sum() == pytest.approx(1, abs=1e-3)


def test_notes_are_fewer_in_a_drone_than_in_a_cluster(play, columns):
    table = columns(KeyAndChords(), play([[57]]), play([[57 + i for i in range(12)]]))
    assert table["entropy_all"][0] < table["entropy_all"][1] <= np.log(12) + 1e-4
    assert table["largest_1_all"][0] > table["largest_1_all"][1]
    largest = table.filter(regex="largest_.*_middle").to_numpy()
    assert (np.diff(largest, axis=1) <= 1e-6).all()


@pytest.mark.parametrize("up", [-3, 2, 5])
def test_transposition_leaves_about_the_same(cadence, columns, up):
    here, there, other = (
        columns(KeyAndChords(), signal).filter(regex="_all|chord")
        for signal in (cadence(65, "major"), cadence(65 + up, "major"), cadence(65, "minor"))
    )
    far, near = (np.abs(x.to_numpy() - here.to_numpy()).mean() for x in (other, there))
    assert near < 0.6 * far


def test_silence_has_no_key(columns):
    table = columns(KeyAndChords(), np.zeros(40_000)).loc[0]
    assert table.filter(regex="fit|mode|degree|largest").abs().max() == 0
