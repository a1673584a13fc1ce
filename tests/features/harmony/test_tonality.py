"""Key, chords and symmetries of music written for the test."""

from __future__ import annotations

import numpy as np
import pytest

from mer_sklearn import Clip
from mer_sklearn.audio import SAMPLE_RATE
from mer_sklearn.features.clip_series import ClipSeries
from mer_sklearn.features.harmony import Tonality
from mer_sklearn.features.harmony.pitch_classes import CHORDS, key_correlations, tonic_of
from mer_sklearn.features.harmony.tonality import SYMMETRIES
from mer_sklearn.features.ops import NumpyOps

N_FRAMES = 16 * 43  # 43 spans, 5 windows
# Pitch classes that stand out in one Fourier component and are silent in the ones before and after.
SETS = {"triadic": (0, 4, 8), "octatonic": (0, 3, 6, 9), "whole_tone": (0, 2, 4, 6, 8, 10)}


def columns(chroma):
    """Return the columns of chroma (n_frames, 12) by name."""
    clip = ClipSeries(NumpyOps(), {"chroma": np.asarray(chroma, np.float32)[None]})
    names = [name.removeprefix("tonality__") for name in Tonality().column_names()]
    return dict(zip(names, Tonality().columns(clip)[0], strict=True))


def sounding(*notes, n_frames=N_FRAMES, soft=0.0):
    """Return frames in which some pitch classes sound."""
    chroma = np.full((n_frames, 12), soft)
    chroma[:, np.array(notes) % 12] = 1
    return chroma


@pytest.mark.parametrize("root", [0, 5, 11])
@pytest.mark.parametrize("kind", CHORDS)
def test_a_chord_is_like_its_kind(kind, root):
    found = columns(sounding(*(root + np.array(CHORDS[kind]))))
    likeness = {other: found[f"chord_{other}_mean"] for other in CHORDS}
    assert max(likeness, key=likeness.get) == kind
    assert likeness[kind] == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("tonic", [0, 4, 9])
def test_a_key_is_found_and_its_degrees_count_from_the_tonic(tonic):
    profile = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
    found = columns(np.tile(np.roll(profile / 6.35, tonic), (N_FRAMES, 1)))
    assert found["major_fit"] == pytest.approx(1, abs=5e-3)
    assert found["mode"] > 0.2
    assert found["is_major"] == found["window_major"] == 1
    assert found["clarity"] > 0.1
    degrees = [found[f"degree_{i}"] for i in range(12)]
    assert int(np.argmax(degrees)) == 0
    assert np.mean(degrees) == pytest.approx(1, abs=1e-3)


def test_what_holds_does_not_change():
    found = columns(sounding(0, 4, 7))
    assert found["chord_changes"] == found["chroma_change"] == found["key_changes"] == 0
    assert found["chord_major_std"] == pytest.approx(0, abs=1e-5)


def test_chords_that_alternate_change_every_time():
    both = [sounding(0, 4, 7, n_frames=16), sounding(5, 9, 12, n_frames=16)]
    found = columns(np.concatenate(both * 20))
    assert found["chord_changes"] > 0.9
    assert found["chroma_change"] > 1


def test_roots_stand_on_their_degrees_above_each_likely_tonic():
    cadence = [sounding(*chord, n_frames=32) for chord in ((0, 4, 7), (7, 11, 2), (0, 4, 7))]
    chroma = np.concatenate(cadence * 8).astype(np.float32)
    found = columns(chroma)
    roots = [found[f"root_{i}"] for i in range(12)]
    clip = ClipSeries(NumpyOps(), {})
    tonic = tonic_of(clip, key_correlations(clip, chroma.mean(axis=0)[None]))[0]
    on_c, on_g = np.roll(tonic[::-1], 1), np.roll(tonic[::-1], 8)  # degrees of C, of G above each
    np.testing.assert_allclose(roots, on_c * 2 / 3 + on_g / 3, atol=0.01)
    assert np.argmax(roots) == 0


@pytest.mark.parametrize("kind", SETS)
def test_symmetric_sets_are_their_component(kind):
    found = columns(sounding(*SETS[kind]))
    sizes = {other: found[f"{other}_clip"] for other in SYMMETRIES}
    assert sizes.pop(kind) == pytest.approx(1, abs=1e-4)
    multiples = {"triadic": ("whole_tone",)}.get(kind, ())
    assert max(size for other, size in sizes.items() if other not in multiples) < 1e-3


def test_the_diatonic_scale_is_diatonic_and_a_cluster_chromatic():
    scale, cluster = columns(sounding(0, 2, 4, 5, 7, 9, 11)), columns(sounding(0, 1, 2))
    assert scale["diatonic_mean"] > 0.5 > scale["chromatic_mean"]
    assert cluster["chromatic_mean"] > 0.5 > cluster["diatonic_mean"]


def test_intervals_are_those_that_sound():
    found = columns(sounding(0, 7))
    intervals = [found[f"interval_{i}"] for i in range(1, 7)]
    np.testing.assert_allclose(intervals, [0, 0, 0, 0, 12 / 4, 0], atol=1e-3)


def test_entropy_counts_the_notes():
    for n_notes in (1, 3, 12):
        found = columns(sounding(*range(n_notes)))
        assert found["entropy"] == pytest.approx(np.log(n_notes), abs=1e-3)
        assert found["clip_entropy"] == pytest.approx(np.log(n_notes), abs=1e-3)


def test_transposed_it_is_the_same(rng):
    chroma = rng.uniform(size=(N_FRAMES // 32, 12)) ** 4
    chroma = np.repeat(chroma / chroma.max(axis=1, keepdims=True), 32, axis=0)
    there, up = columns(chroma), columns(np.roll(chroma, 5, axis=1))
    np.testing.assert_allclose(list(there.values()), list(up.values()), atol=1e-4)


def test_the_level_does_not_matter(real_clips):
    song = real_clips["emotify/full/rock/76.mp3"]
    clips = [Clip(level * song, SAMPLE_RATE) for level in np.float32([1, 0.01])]
    loud, soft = Tonality().fit_transform(clips)
    np.testing.assert_allclose(loud, soft, rtol=1e-3, atol=1e-3)
