"""Note activity: layers, onsets, sustain, registers."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.features.harmony import NoteActivity


def test_a_chord_has_more_layers_than_a_note(play, columns):
    chords = [[57], [57, 64], [57, 64, 73], [57, 64, 73, 82]]
    layers = columns(NoteActivity(), *(play([chord] * 2) for chord in chords))["layers_median"]
    assert (np.diff(layers) > 0).all()
    assert layers[3] > 1.5 * layers[0]
    assert layers[0] == pytest.approx(5, abs=1.5)


@pytest.mark.parametrize("rate", [2, 4])
def test_notes_a_second_are_onsets_a_second(play, columns, rate):
    pitches = [[60 + 5 * (i % 4)] for i in range(4 * rate)]
    onsets = columns(NoteActivity(), play(pitches, seconds=1 / rate))["onset_rate_all"][0]
    assert onsets == pytest.approx(rate, rel=0.3)


def test_held_notes_sound_on(play, columns):
    held = play([[57], [62]], seconds=2.0)
    moving = play([[57], [62], [66], [71]] * 4, seconds=0.25)
    table = columns(NoteActivity(), held, moving)
    assert table["sustain_0.5s_all"][0] > 0.4 > 0.1 > table["sustain_0.5s_all"][1]
    assert table["rise_all"][0] < table["rise_all"][1]


def test_a_note_sounds_in_its_register(play, columns):
    """More than notes of the other registers do; their octaves sound in it too."""
    registers = ["low", "middle", "high"]
    notes = [play([[pitch]], seconds=1.5) for pitch in (34, 53, 78)]
    levels = columns(NoteActivity(), *notes)[[f"level_{name}" for name in registers]].to_numpy()
    assert (levels.argmax(axis=0) == [0, 1, 2]).all()


def test_level_does_not_matter(play, columns):
    signal = play([[57, 64], [60, 69], [55, 62]])
    loud, soft = columns(NoteActivity(), signal, signal / 100).to_numpy()
    np.testing.assert_allclose(soft, loud, atol=0.05)


def test_nothing_happens_in_silence(columns):
    table = columns(NoteActivity(), np.zeros(40_000)).loc[0]
    assert table.filter(regex="rate|sustain|layers|variation").abs().max() == 0
