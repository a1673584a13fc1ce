"""Register: notes whose numbers are known."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.features import AudioFeatures, MelodyAndBass, Register

TIME = np.arange(3 * 22_050) / 22_050


def note(number):
    """Return a sound of eight harmonics with a note number."""
    hz = 440 * 2 ** ((number - 69) / 12)
    return sum(0.1 * np.sin(2 * np.pi * hz * k * TIME) / k for k in range(1, 9))


def register(signal):
    table = AudioFeatures([Register()]).set_output(transform="pandas").fit_transform(signal[None])
    return {name.removeprefix("register__"): value for name, value in table.iloc[0].items()}


@pytest.mark.parametrize("number", [57, 69, 81])
def test_a_held_note_has_its_number(number):
    found = register(note(number))
    assert found["melody"] == pytest.approx(number, abs=0.4)
    assert found["melody_range"] == pytest.approx(0, abs=0.4)


def test_two_notes_in_turn_are_a_range():
    found = register(np.where(TIME < 1.5, note(64), note(76)))
    assert found["melody_low"] == pytest.approx(64, abs=0.4)
    assert found["melody_high"] == pytest.approx(76, abs=0.4)
    assert found["melody_range"] == pytest.approx(12, abs=0.7)


def test_the_bass_lies_below_the_melody():
    found = register(3 * note(38) + note(81))
    assert found["bass"] == pytest.approx(38, abs=0.5)
    assert found["width"] == pytest.approx(found["melody"] - found["bass"], abs=1e-3)
    assert found["width"] > 12


def test_pauses_do_not_count():
    held, broken = (register(note(69) * gate) for gate in (1.0, TIME % 1.0 < 0.5))
    assert broken["melody_low"] == pytest.approx(held["melody_low"], abs=0.4)


def test_it_is_the_melody_of_the_other_family():
    signal = np.where(TIME < 1.0, note(60), note(67))[None]
    ours = Register().set_output(transform="pandas").fit_transform(signal).iloc[0]
    other = MelodyAndBass().set_output(transform="pandas").fit_transform(signal).iloc[0]
    for line in ("melody", "bass"):
        expected = other[f"melody__{line}_pitch"] + 69 + 12 * np.log2(40 / 440)
        assert ours[f"register__{line}"] == pytest.approx(expected, abs=1e-3)


def test_silence_has_no_range():
    found = register(np.zeros(5_000))
    assert found["melody_range"] == found["bass_range"] == found["width"] == 0
    assert found["melody"] == pytest.approx(27.5, abs=0.1)


def test_the_graph_agrees(trace, real):
    family = Register()
    np.testing.assert_allclose(
        trace([family])(real[None]), family.fit_transform(real[None]), atol=0.1
    )
