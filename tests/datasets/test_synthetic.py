from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mer_sklearn.audio import SAMPLE_RATE
from mer_sklearn.datasets import _render
from mer_sklearn.datasets.registry import dataset_names, load_dataset, load_source
from mer_sklearn.datasets.synthetic import CUES, INFO, load, make_emotion_clips
from mer_sklearn.errors import InputError
from mer_sklearn.labels import SCHEMES

# Key profiles of Albrecht & Shanahan 2013.
MAJOR = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
MINOR = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)

CALM = _render.Cues(
    tempo=100.0,
    mode=0.6,
    loudness=-20.0,
    register=66.0,
    brightness=-9.0,
    articulation=0.3,
    attack=20.0,
    dissonance=0.0,
    variability=0.5,
    regularity=1.0,
)


@pytest.fixture(scope="module")
def corpus():
    return make_emotion_clips(80, random_state=3, duration=8.0)


@pytest.fixture(scope="module")
def ratings():
    """Many pieces, of which only the table matters."""
    return make_emotion_clips(300, random_state=1, duration=1.0).frame


def play(seed, **changes):
    """Play a piece, almost without drums, with some cues changed."""
    band = _render.found_band(np.random.default_rng(seed))
    quiet = replace(band, drums=np.full(3, -40.0, np.float32))
    cues = replace(CALM, **changes)
    return _render.render([cues] * 16, quiet, 8.0, np.random.default_rng(seed + 1))


def level(signal):
    return 10 * np.log10(np.mean(np.square(signal, dtype=np.float64)))


def spectrum(signal):
    return np.abs(np.fft.rfft(signal)) ** 2, np.fft.rfftfreq(len(signal), 1 / SAMPLE_RATE)


def centroid(signal):
    power, frequency = spectrum(signal)
    return np.sum(power * frequency) / np.sum(power)


def majorness(signal):
    """Best correlation with a major key less best correlation with a minor one."""
    power, frequency = spectrum(signal)
    use = (frequency > 100) & (frequency < 600)
    pitch = np.round(69 + 12 * np.log2(frequency[use] / 440)).astype(int) % 12
    chroma = np.bincount(pitch, np.sqrt(power[use]), minlength=12)
    best = [
        max(np.corrcoef(chroma, np.roll(profile, key))[0, 1] for key in range(12))
        for profile in (MAJOR, MINOR)
    ]
    return best[0] - best[1]


def onsets(signal):
    """Onsets a second."""
    import librosa

    found = librosa.onset.onset_detect(y=signal, sr=SAMPLE_RATE)
    return len(found) / len(signal) * SAMPLE_RATE


def sharpness(signal):
    """Steepest rises of the level, dB in 10 ms."""
    frames = signal[: len(signal) // 220 * 220].reshape(-1, 220)
    decibels = 10 * np.log10(np.mean(frames**2, axis=1) + 1e-6)
    return np.quantile(np.diff(decibels), 0.98)


def roughness(signal):
    """Share of the envelope's power between 25 and 75 Hz."""
    power, frequency = spectrum(np.abs(signal))
    return power[(frequency > 25) & (frequency < 75)].sum() / power[frequency < 25].sum()


def spread(signal):
    """Standard deviation of the level of half seconds, in dB."""
    frames = signal[: len(signal) // 11025 * 11025].reshape(-1, 11025)
    return np.std(10 * np.log10(np.mean(frames**2, axis=1)))


def silence(signal):
    """Share of frames of 10 ms at least 25 dB below the loudest."""
    frames = signal[: len(signal) // 220 * 220].reshape(-1, 220)
    decibels = 10 * np.log10(np.mean(frames**2, axis=1) + 1e-12)
    return np.mean(decibels < decibels.max() - 25)


def pitch_height(signal):
    """Median of the spectrum from 200 Hz up, where the bass is silent."""
    power, frequency = spectrum(signal)
    total = np.cumsum(power * (frequency > 200))
    return frequency[np.searchsorted(total, total[-1] / 2)]


@pytest.mark.parametrize(
    ("measure", "cue", "more", "less", "margin"),
    [
        pytest.param(onsets, "tempo", 160.0, 65.0, 1.0, id="tempo"),
        pytest.param(majorness, "mode", 0.6, -0.5, 0.1, id="mode"),
        pytest.param(level, "loudness", -18.0, -30.0, 11.0, id="loudness"),
        pytest.param(pitch_height, "register", 76.0, 57.0, 150.0, id="register"),
        pytest.param(centroid, "brightness", -4.0, -14.0, 400.0, id="brightness"),
        pytest.param(silence, "articulation", 0.75, 0.05, 0.1, id="articulation"),
        pytest.param(sharpness, "attack", 4.0, 120.0, 0.8, id="attack"),
        pytest.param(roughness, "dissonance", 0.8, 0.0, 0.04, id="dissonance"),
        pytest.param(spread, "variability", 8.0, 0.5, 2.0, id="variability"),
    ],
)
def test_each_cue_is_heard(measure, cue, more, less, margin):
    """Over six pieces, as a single one may be ambiguous."""
    differences = [
        measure(play(seed, **{cue: more})) - measure(play(seed, **{cue: less}))
        for seed in range(7, 13)
    ]
    assert np.mean(differences) > margin


def test_a_regular_rhythm_stands_on_the_grid():
    def lateness(regularity):
        cues = replace(CALM, regularity=regularity)
        slots = list(_render._grid([cues] * 16, 8.0, np.random.default_rng(0)))
        return max(slot.time - index * 0.3 for index, slot in enumerate(slots))

    assert lateness(1.0) == pytest.approx(0)
    assert lateness(0.3) > 0.1


def test_tones_begin_and_end_softly():
    note = _render.Note(0.0, 0.5, 60.0, 0.0, _render.CHORDS, CALM)
    tone = _render._tone(note, _render.found_band(np.random.default_rng(0)))
    assert np.abs(tone[[0, -1]]).max() < 0.01
    assert np.abs(tone).max() > 0.5


def test_tones_have_no_partials_above_the_limit():
    bright = replace(CALM, brightness=0.0)
    note = _render.Note(0.0, 0.5, 96.0, 0.0, _render.LEAD, bright)
    tone = _render._tone(note, _render.found_band(np.random.default_rng(0)))
    power, frequency = spectrum(tone)
    assert power[frequency > 0.47 * SAMPLE_RATE].sum() < 1e-3 * power.sum()


def test_clips_are_float32_at_the_working_rate(corpus):
    shapes = {(clip.signal.dtype, clip.sr, clip.signal.shape) for clip in corpus.X}
    assert shapes == {(np.dtype("float32"), SAMPLE_RATE, (8 * SAMPLE_RATE,))}


def test_no_clip_clips_and_none_is_silent(corpus):
    assert max(np.abs(clip.signal).max() for clip in corpus.X) < 1
    assert min(level(clip.signal) for clip in corpus.X) > -45


def test_every_second_of_most_pieces_sounds(corpus):
    seconds = np.array([clip.signal.reshape(8, -1) for clip in corpus.X])
    heard = np.sqrt(np.mean(seconds**2, axis=2)) > 1e-3
    assert heard.mean() > 0.99


def test_the_same_seed_gives_the_same_corpus_whatever_the_processes():
    one = make_emotion_clips(6, random_state=5, duration=1.0)
    two = make_emotion_clips(6, random_state=5, duration=1.0, n_jobs=2)
    assert [clip.signal.tobytes() for clip in one.X] == [clip.signal.tobytes() for clip in two.X]
    assert one.frame.drop(columns="curve").equals(two.frame.drop(columns="curve"))
    assert np.array_equal(np.stack(one.frame["curve"]), np.stack(two.frame["curve"]))


def test_another_seed_gives_another_corpus():
    first, second = (make_emotion_clips(2, random_state=seed, duration=1.0) for seed in (1, 2))
    assert not np.array_equal(first.X[0].signal, second.X[0].signal)
    assert not first.frame["valence"].equals(second.frame["valence"])


@pytest.mark.parametrize("kind", [np.random.default_rng, np.random.RandomState], ids=["new", "old"])
def test_generators_are_seeds_that_move_on(kind):
    generator = kind(4)
    first, second = (make_emotion_clips(2, generator, duration=1.0) for _ in range(2))
    again = make_emotion_clips(2, kind(4), duration=1.0)
    assert np.array_equal(first.X[0].signal, again.X[0].signal)
    assert not np.array_equal(first.X[0].signal, second.X[0].signal)


def test_without_a_seed_each_corpus_is_new():
    first, second = (make_emotion_clips(2, duration=1.0) for _ in range(2))
    assert not np.array_equal(first.X[0].signal, second.X[0].signal)


def test_a_piece_does_not_depend_on_how_many_raters_heard_it():
    few, many = (make_emotion_clips(2, 0, duration=1.0, n_raters=n) for n in (2, 30))
    assert few.frame["valence_true"].equals(many.frame["valence_true"])


def test_static_ratings_are_the_mean_of_the_curve(corpus):
    curves = np.stack(corpus.frame["curve"])
    assert curves.shape == (80, 16, 2)
    assert np.abs(curves.mean(axis=1) - corpus.y("va").to_numpy()).max() < 1e-12


def test_pieces_that_change_have_curves_that_move(ratings):
    frame = make_emotion_clips(60, random_state=3, duration=5.0).frame
    moves = frame["curve"].map(lambda curve: np.abs(curve[-2:].mean(0) - curve[:2].mean(0)).max())
    by_form = moves.groupby(frame["form"]).mean()
    assert set(by_form.index) == {"steady", "change", "drift"}
    assert by_form["change"] > 2 * by_form["steady"]
    assert by_form["drift"] > 2 * by_form["steady"]


def test_ratings_lie_on_their_scale(ratings):
    columns = ["valence", "arousal", "valence_true", "arousal_true"]
    assert ratings[columns].abs().to_numpy().max() <= 1
    assert ratings[["valence_std", "arousal_std"]].to_numpy().min() > 0


def test_raters_differ_as_people_do(ratings):
    assert 0.25 < ratings["valence_std"].mean() < 0.35
    assert 0.25 < ratings["arousal_std"].mean() < 0.35


def test_more_raters_come_nearer_to_the_truth():
    def error(n_raters):
        frame = make_emotion_clips(60, 0, duration=1.0, n_raters=n_raters).frame
        return np.mean((frame["valence"] - frame["valence_true"]) ** 2)

    assert error(50) < error(2)


@pytest.mark.parametrize("name", ["valence", "arousal"])
def test_the_cues_say_much_but_not_all(ratings, name):
    told = ratings[f"{name}_true"]
    untold = np.var(ratings[name] - told) / np.var(ratings[name])
    assert 0.10 < untold < 0.25


@pytest.mark.parametrize(
    ("cue", "emotion", "sign"),
    [
        pytest.param("tempo", "arousal", 1, id="tempo-arousal"),
        pytest.param("loudness", "arousal", 1, id="loudness-arousal"),
        pytest.param("brightness", "arousal", 1, id="brightness-arousal"),
        pytest.param("attack", "arousal", -1, id="attack-time-arousal"),
        pytest.param("mode", "valence", 1, id="mode-valence"),
        pytest.param("register", "valence", 1, id="register-valence"),
        pytest.param("dissonance", "valence", -1, id="dissonance-valence"),
        pytest.param("variability", "valence", -1, id="variability-valence"),
    ],
)
def test_cues_tell_what_experiments_found(ratings, cue, emotion, sign):
    correlation = ratings[f"cue_{cue}"].corr(ratings[emotion])
    assert 0.15 < sign * correlation < 0.9


def test_what_is_true_follows_from_the_cues(ratings):
    steady = ratings[ratings["form"] == "steady"]
    scores = np.column_stack(
        [
            np.log(steady[f"cue_{name}"]) if cue.ratio else steady[f"cue_{name}"]
            for name, cue in CUES.items()
        ]
    )
    design = np.column_stack([scores, np.ones(len(scores))])
    inside = (steady["valence_true"].abs() < 1).to_numpy()
    truth = steady["valence_true"].to_numpy()[inside]
    weights = np.linalg.lstsq(design[inside], truth, rcond=None)[0]
    assert np.abs(design[inside] @ weights - truth).max() < 1e-9


def test_quadrants_are_heard_apart(corpus):
    measures = {
        measure.__name__: [measure(clip.signal) for clip in corpus.X]
        for measure in (level, centroid, onsets)
    }
    means = corpus.frame[["quadrant"]].assign(**measures).groupby("quadrant").mean()
    assert means.loc["happy", "onsets"] > means.loc["sad", "onsets"] + 0.5
    assert means.loc["angry", "centroid"] > 1.15 * means.loc["calm", "centroid"]
    assert means.loc["angry", "level"] > means.loc["calm", "level"] + 2


def test_pleasant_pieces_are_rather_in_major(corpus):
    heard = np.array([majorness(clip.signal) for clip in corpus.X])
    pleasant = corpus.frame["valence"].to_numpy() > 0
    assert heard[pleasant].mean() > heard[~pleasant].mean() + 0.04
    assert np.corrcoef(heard, corpus.frame["cue_mode"])[0, 1] > 0.25


@pytest.mark.parametrize("seed", range(5))
def test_all_quadrants_occur(seed):
    frame = make_emotion_clips(40, seed, duration=1.0).frame
    assert set(frame["quadrant"]) == set(SCHEMES["quadrants"])


def test_quadrants_are_those_of_the_observed_ratings(ratings):
    happy = (ratings["valence"] > 0) & (ratings["arousal"] > 0)
    assert ((ratings["quadrant"] == "happy") == happy).all()


def test_groups_are_artists_of_different_sizes(corpus):
    sizes = corpus.frame["artist"].value_counts()
    assert list(corpus.groups) == list(corpus.frame["artist"])
    assert len(sizes) == 10
    assert sizes.min() >= 1
    assert sizes.max() > sizes.min()
    assert corpus.groups[0].startswith("artist_")


def test_artists_have_a_sound_of_their_own(corpus):
    """Pieces of one artist have spectra more alike than pieces of two."""
    bands = np.array([_octaves(clip.signal) for clip in corpus.X])
    distance = np.linalg.norm(bands[:, None] - bands[None], axis=2)
    same = corpus.groups[:, None] == corpus.groups[None]
    others = ~np.eye(len(bands), dtype=bool)
    assert distance[same & others].mean() < 0.9 * distance[~same].mean()


def _octaves(signal):
    """Levels of octaves, dB relative to their mean."""
    power, frequency = spectrum(signal)
    octave = np.digitize(frequency, 60 * 2.0 ** np.arange(8))
    decibels = 10 * np.log10(np.bincount(octave, power)[1:])
    return decibels - decibels.mean()


@pytest.mark.parametrize("name", ["valence", "arousal"])
def test_artists_have_emotions_of_their_own(ratings, name):
    """Artists explain more of the variance than groups by chance do."""
    values = ratings[name]
    within = values - values.groupby(ratings["artist"]).transform("mean")
    explained = 1 - within.var() / values.var()
    by_chance = (ratings["artist"].nunique() - 1) / (len(ratings) - 1)
    assert explained > 1.3 * by_chance


@pytest.mark.parametrize(
    ("n", "n_artists", "expected"),
    [(2, None, 2), (5, None, 5), (12, None, 5), (64, None, 8), (6, 3, 3), (1, None, 1), (1, 1, 1)],
)
def test_number_of_artists(n, n_artists, expected):
    dataset = make_emotion_clips(n, 0, duration=1.0, n_artists=n_artists)
    assert len(set(dataset.groups)) == expected


def test_targets(corpus):
    assert list(corpus.targets) == ["va", "quadrant"]
    assert list(corpus.y().columns) == ["valence", "arousal"]
    assert corpus.y("quadrant").name == "quadrant"


def test_ceilings_are_the_scores_of_the_truth(corpus):
    from sklearn.metrics import r2_score

    frame = corpus.frame
    r2 = r2_score(corpus.y("va"), frame[["valence_true", "arousal_true"]])
    assert corpus.target("va").ceiling == {"r2": pytest.approx(r2)}
    happy_or_calm = (frame["valence_true"] > 0) == (frame["valence"] > 0)
    awake = (frame["arousal_true"] > 0) == (frame["arousal"] > 0)
    share = (happy_or_calm & awake).mean()
    assert corpus.target("quadrant").ceiling == {"accuracy": pytest.approx(share)}


def test_few_pieces_have_no_ceiling():
    dataset = make_emotion_clips(3, 0, duration=1.0)
    assert not dataset.target("va").ceiling
    assert not dataset.target("quadrant").ceiling


def test_cues_stand_in_natural_units(ratings):
    assert [column for column in ratings if column.startswith("cue_")] == [
        f"cue_{name}" for name in CUES
    ]
    for name, cue in CUES.items():
        low, high = sorted((cue.low, cue.high))
        assert ratings[f"cue_{name}"].between(low - 1e-9, high + 1e-9).all(), name


def test_cues_of_the_table_are_those_of_the_renderer():
    assert list(CUES) == list(vars(CALM))


def test_it_is_loaded_by_name():
    dataset = load_dataset("synthetic", n=3, duration=1.0)
    assert dataset.name == "synthetic"
    assert dataset.info is INFO
    same = make_emotion_clips(3, 0, duration=1.0)
    assert np.array_equal(dataset.X[2].signal, same.X[2].signal)


def test_it_is_a_source_of_the_command_line():
    dataset = load_source("synthetic", {"n": "2", "seed": "4", "duration": "1"})
    assert len(dataset) == 2


def test_the_renderer_is_no_corpus():
    names = dataset_names()
    assert "synthetic" in names
    assert not [name for name in names if "render" in name]


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="has no root"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"n": 0}, "n=0 must be a whole number from 1 up"),
        ({"n": 2.5}, "n=2.5 must be a whole number"),
        ({"n": True}, "n=True must be a whole number"),
        ({"n": "many"}, "n='many' must be a whole number"),
        ({"n": 10, "n_artists": 1}, "n_artists=1 must be a whole number from 2 up"),
        ({"n": 3, "n_artists": 4}, "n_artists=4 is more than n=3"),
        ({"n_raters": 1}, "n_raters=1 must be a whole number from 2 up"),
        ({"duration": 0.5}, "duration=0.5 must be a number of seconds from 1 up"),
        ({"duration": float("nan")}, "duration=nan must be a number of seconds"),
        ({"duration": float("inf")}, "duration=inf must be a number of seconds"),
        ({"duration": "10"}, "duration='10' must be a number of seconds"),
        ({"random_state": -1}, "random_state=-1 is no seed"),
        ({"random_state": "seed"}, "random_state='seed' is no seed"),
        ({"random_state": 1.5}, "random_state=1.5 is no seed"),
        ({"random_state": True}, "random_state=True is no seed"),
    ],
    ids=str,
)
def test_nonsense_is_a_sentence(arguments, sentence):
    with pytest.raises(InputError, match=sentence):
        make_emotion_clips(**arguments)
