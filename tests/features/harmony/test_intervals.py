"""Intervals that sound together."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn.features.clip_series import ClipSeries
from mer_sklearn.features.harmony import Intervals
from mer_sklearn.features.harmony.intervals import _autocorrelation
from mer_sklearn.features.ops import NumpyOps


@pytest.mark.parametrize("interval", [3, 4, 5, 6, 8, 9])
@pytest.mark.parametrize("low", [65, 72])
def test_two_notes_show_at_their_interval(play, columns, interval, low):
    """More than in two notes a step nearer or farther."""
    around = [play([[low, low + interval + i]], seconds=1.0) for i in (-1, 0, 1)]
    found = columns(Intervals(), *around)[f"all_{interval}"]
    assert found.argmax() == 1


def test_a_note_alone_shows_its_harmonics(play, columns):
    found = columns(Intervals(), play([[57]], seconds=1.0)).loc[0]
    assert found["all_12"] > found["all_11"]
    assert found["all_12"] > found["all_6"]


@pytest.mark.parametrize(("low", "register", "other"), [(48, "low", "high"), (76, "high", "low")])
def test_registers_are_apart(play, columns, low, register, other):
    fourth, second = (play([[low, low + i]], seconds=1.0) for i in (5, 2))
    table = columns(Intervals(), fourth, second)
    rise = table.loc[0] - table.loc[1]
    assert rise[f"{register}_5"] > 0
    assert rise[f"{register}_5"] > rise[f"{other}_5"]


def test_the_autocorrelation_does_not_wrap_around(rng):
    x = rng.normal(size=(1, 3, 20)).astype(np.float32)
    found = _autocorrelation(ClipSeries(NumpyOps(), {}), x, 7)
    wanted = [(x[..., lag:] * x[..., : 20 - lag]).sum(axis=-1) for lag in range(8)]
    np.testing.assert_allclose(found, np.stack(wanted, axis=-1), atol=1e-4)


def test_intervals_that_come_and_go_deviate(play, columns):
    steady, changing = play([[65, 70]] * 4, 0.5), play([[65, 70], [65, 69]] * 2, 0.5)
    table = columns(Intervals(), steady, changing)
    assert table["all_5_std"][1] > table["all_5_std"][0]


def test_silence_has_none(columns):
    assert not columns(Intervals(), np.zeros(40_000)).to_numpy().any()
