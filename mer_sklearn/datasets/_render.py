"""A small band for the synthetic corpus: it composes a piece from cues and plays it.

Melody, chords, bass and drums stand on a grid of eighth notes. Each note is one cycle of a band's
own wave (a wavetable), read at the pitch of the note under an envelope; a room and an equaliser
colour the sum. Nothing here knows what an emotion is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import scipy.fft

from ..audio import SAMPLE_RATE

FloatArray: TypeAlias = npt.NDArray[np.float32]

STEP = 0.5  # seconds between two values of a cue
MODES = {  # place between minor (-1) and major (1), as listeners order them, and the scale
    -0.8: (0, 1, 3, 5, 7, 8, 10),  # phrygian
    -0.5: (0, 2, 3, 5, 7, 8, 10),  # minor
    -0.2: (0, 2, 3, 5, 7, 9, 10),  # dorian
    0.2: (0, 2, 4, 5, 7, 9, 10),  # mixolydian
    0.6: (0, 2, 4, 5, 7, 9, 11),  # major
}
PROGRESSIONS = (  # degrees of four bars; the tonic comes often, so that the mode is clear
    (0, 3, 4, 0),
    (0, 0, 3, 4),
    (0, 3, 0, 4),
    (0, 4, 0, 4),
    (0, 5, 4, 0),
    (0, 4, 3, 0),
)
COMPING = (  # places in a bar of eight where the chord sounds, and for how many eighths
    ((0, 8),),
    ((0, 4), (4, 4)),
    ((0, 2), (2, 2), (4, 2), (6, 2)),
    ((1, 1), (3, 1), (5, 1), (7, 1)),
)
WALKING = (((0, 4), (4, 4)), ((0, 3), (3, 3), (6, 2)), ((0, 2), (2, 2), (4, 2), (6, 2)))  # basses
BEATS = (  # kick, snare and hat of a bar: one letter an eighth
    ("x...x...", "..x...x.", "xxxxxxxx"),
    ("x..x..x.", "....x...", "x.x.x.x."),
    ("x.....x.", "....x..x", ".x.x.x.x"),
    ("x.x.x.x.", "....x...", "..x...x."),
)
LEAD, CHORDS, BASS = range(3)
BALANCE = (0.0, -8.0, -3.0)  # dB of the three parts
HARMONICS = 24
CYCLE = 4096  # samples of a wavetable
RELEASE = 0.03  # seconds a note takes to fade
EDGE = 0.01  # seconds of fade where the excerpt begins and ends
LAG = 512  # samples: the equaliser has no phase, so it begins before its sound
KNEE, CEILING = 0.7, 0.98  # from here the limiter bends the peaks, and to here


@dataclass(frozen=True)
class Cues:
    """How the music is played at one moment."""

    tempo: float  # beats a minute
    mode: float  # a key of MODES
    loudness: float  # dB of full scale, RMS
    register: float  # MIDI number around which the melody lies
    brightness: float  # dB an octave that the harmonics of a tone rise (all fall, so below 0)
    articulation: float  # share of a note's time that is silent: 0 legato, 1 staccato
    attack: float  # milliseconds until a note is at its full level
    dissonance: float  # 0 to 1: share of clashing notes, depth of the growl
    variability: float  # dB, spread of the level of the notes
    regularity: float  # 0 to 1: 1 is on the beat


@dataclass(frozen=True, eq=False)
class Band:
    """What the pieces of one artist have in common, whatever they express."""

    spectra: FloatArray  # [3, HARMONICS], dB
    decay: FloatArray  # [3], seconds
    vibrato: float  # semitones
    growl: float  # Hz
    drums: FloatArray  # [3], dB
    room: FloatArray  # impulse response of the room and the equaliser
    hiss: float  # dB below the music
    level: float  # dB that the recording is louder than played
    habits: tuple[int, int, int]  # favourite comping, bass and beat


@dataclass(frozen=True)
class Slot:
    """One eighth of the grid."""

    time: float  # seconds
    length: float  # seconds
    bar: int
    place: int  # 0 to 7
    gain: float  # dB
    cues: Cues


@dataclass(frozen=True)
class Note:
    """One tone: when, how long (both in seconds), MIDI pitch, level in dB, and in which manner."""

    time: float
    length: float
    pitch: float
    gain: float
    part: int
    cues: Cues


@dataclass(frozen=True)
class Sketch:
    """What is decided once a piece."""

    key: int
    progression: tuple[int, ...]
    motifs: tuple[tuple[tuple[int, int, int], ...], ...]  # place, eighths, degree above the chord
    comping: tuple[tuple[int, int], ...]
    walking: tuple[tuple[int, int], ...]
    beat: tuple[str, str, str]


def found_band(rng: np.random.Generator) -> Band:
    """Draw the sound and the habits of an artist."""
    even = np.where(np.arange(HARMONICS) % 2, rng.uniform(-10, 0, (3, 1)), 0)
    return Band(
        spectra=(even + rng.normal(0, 3, (3, HARMONICS))).astype(np.float32),
        decay=np.exp(rng.uniform(np.log(0.25), np.log(3), 3)).astype(np.float32),
        vibrato=rng.uniform(0, 0.35),
        growl=rng.uniform(35, 65),
        drums=rng.normal(-8, 4) + rng.normal(0, 2, 3).astype(np.float32),
        room=_room(rng),
        hiss=rng.uniform(-65, -42),
        level=rng.normal(0, 2.5),
        habits=_any_patterns(rng),
    )


def render(
    track: Sequence[Cues], band: Band, duration: float, rng: np.random.Generator
) -> FloatArray:
    """Compose a piece from its cues (one every STEP) and let a band play it.

    ``round(duration * SAMPLE_RATE)`` samples come out, all below full scale.
    """
    mix = np.zeros(round(duration * SAMPLE_RATE), np.float32)
    slots = list(_grid(track, duration, rng))
    sketch = _sketch(band, rng)
    for note in _score(slots, sketch, rng):
        _add(mix, note.time, _tone(note, band))
    for time, hit in _drumming(slots, sketch, band, rng):
        _add(mix, time, hit)
    level = float(np.mean([cues.loudness for cues in track])) + band.level
    return _master(mix, band, level, rng)


def _any_patterns(rng: np.random.Generator) -> tuple[int, int, int]:
    """Draw a pattern of comping, of the bass and of the beat."""
    comping, walking, beat = rng.integers((len(COMPING), len(WALKING), len(BEATS))).tolist()
    return comping, walking, beat


def _room(rng: np.random.Generator) -> FloatArray:
    """Draw the impulse response of a room, coloured by an equaliser of one band an octave."""
    size, seconds = 2**14, rng.uniform(0.05, 0.25)
    time = np.arange(size) / SAMPLE_RATE
    echo = rng.standard_normal(size) * np.exp(-time / seconds) / np.sqrt(seconds * SAMPLE_RATE / 2)
    echo *= rng.uniform(0.05, 0.5)
    echo[0] = 1.0
    echo *= np.minimum(1, (time[-1] - time) / 0.05)
    octaves = np.arange(8)  # 60 Hz to 8 kHz
    gains = rng.normal(0, 2.0, 8) + rng.normal(0, 0.7) * (octaves - 4)
    octave = np.log2(np.maximum(scipy.fft.rfftfreq(2 * size, 1 / SAMPLE_RATE), 60) / 60)
    colour = 10 ** (np.interp(octave, octaves, gains) / 20)
    response = scipy.fft.irfft(scipy.fft.rfft(echo, 2 * size) * colour)
    room: FloatArray = np.roll(response, LAG)[:size].astype(np.float32)
    return room


def _sketch(band: Band, rng: np.random.Generator) -> Sketch:
    """Draw key, progression and motifs; an artist plays its own patterns three times in four."""
    own = rng.random(3) < 0.75
    comping, walking, beat = np.where(own, band.habits, _any_patterns(rng)).tolist()
    density = rng.uniform(0.35, 0.95)
    return Sketch(
        key=int(rng.integers(12)),
        progression=PROGRESSIONS[rng.integers(len(PROGRESSIONS))],
        motifs=(_motif(density, rng), _motif(density, rng)),
        comping=COMPING[comping],
        walking=WALKING[walking],
        beat=BEATS[beat],
    )


def _motif(density: float, rng: np.random.Generator) -> tuple[tuple[int, int, int], ...]:
    """Draw one bar of melody: (place, eighths, degree), a walk that returns to the chord."""
    chance = density * np.array([9, 0.7, 1.2, 0.7, 1.3, 0.7, 1.2, 0.6])
    places = np.flatnonzero(rng.random(8) < chance)
    lengths = np.diff(places, append=8)
    degrees = np.clip(np.cumsum(rng.integers(-2, 3, len(places))), -4, 5)
    degrees = np.where(places % 4 == 0, 2 * (degrees // 2), degrees)  # a chord tone on the beat
    return tuple(zip(places.tolist(), lengths.tolist(), degrees.tolist(), strict=True))


def _grid(track: Sequence[Cues], duration: float, rng: np.random.Generator) -> Iterator[Slot]:
    """Walk through the piece in eighths, as even and as level as the cues want it."""
    time, count, phrase = 0.0, 0, 0.0
    while time < duration:
        cues = track[min(int(time / STEP), len(track) - 1)]
        length = 30 / cues.tempo
        if count % 8 == 0:
            phrase = rng.normal(0, 0.7 * cues.variability)
        gain = cues.loudness + phrase + rng.normal(0, 0.6 * cues.variability) - 2.0 * (count % 2)
        late = length * abs(rng.normal(0, 0.6 * (1 - cues.regularity))) if count else 0.0
        yield Slot(time + min(late, 0.8 * length), length, count // 8, count % 8, gain, cues)
        time += length
        count += 1


def _score(slots: Sequence[Slot], sketch: Sketch, rng: np.random.Generator) -> Iterator[Note]:
    """Write the notes of the three parts."""
    for slot in slots:
        degree = sketch.progression[slot.bar % len(sketch.progression)]
        motif = sketch.motifs[(slot.bar // 2) % 2]
        centre = _near(_pitch(degree, slot, sketch), slot.cues.register)
        for place, eighths, step in motif:
            if place == slot.place:
                above = _pitch(degree + step, slot, sketch) - _pitch(degree, slot, sketch)
                clash = float(rng.random() < 0.25 * slot.cues.dissonance)
                yield _note(slot, eighths, centre + above + clash, LEAD)
        for place, eighths in sketch.comping:
            if place == slot.place:
                yield from _chord(slot, eighths, degree, sketch, rng)
        for place, eighths in sketch.walking:
            if place == slot.place:
                low = 42 + 0.3 * (slot.cues.register - 66)
                yield _note(slot, eighths, _near(_pitch(degree, slot, sketch), low), BASS)


def _chord(
    slot: Slot, eighths: int, degree: int, sketch: Sketch, rng: np.random.Generator
) -> Iterator[Note]:
    """Write a triad near the melody; the more dissonance, the more tones a semitone beside it."""
    for third in (0, 2, 4):
        pitch = _near(_pitch(degree + third, slot, sketch), slot.cues.register - 9)
        yield _note(slot, eighths, pitch, CHORDS)
        if rng.random() < 0.5 * slot.cues.dissonance:
            yield _note(slot, eighths, pitch + rng.choice((-1, 1)), CHORDS)


def _note(slot: Slot, eighths: int, pitch: float, part: int) -> Note:
    """Place a note on the grid."""
    length = max(0.04, eighths * slot.length * (1 - slot.cues.articulation))
    return Note(slot.time, length, pitch, slot.gain + BALANCE[part], part, slot.cues)


def _pitch(degree: int, slot: Slot, sketch: Sketch) -> int:
    """Return the MIDI number of a degree of the scale, somewhere."""
    octave, place = divmod(degree, 7)
    return sketch.key + 12 * octave + MODES[slot.cues.mode][place]


def _near(pitch: float, centre: float) -> float:
    """Move a pitch by octaves until it is within a tritone of another."""
    return pitch - 12 * round((pitch - centre) / 12)


def _tone(note: Note, band: Band) -> FloatArray:
    """Play one note."""
    frequency = 440 * 2 ** ((note.pitch - 69) / 12)
    length = note.length + RELEASE
    time = np.arange(round(length * SAMPLE_RATE), dtype=np.float32) / np.float32(SAMPLE_RATE)
    phase = np.float32(frequency) * time
    if note.part == LEAD:
        swing = frequency * (2 ** (band.vibrato / 12) - 1) / (2 * np.pi * 5.5)
        phase += np.float32(swing) * (1 - np.cos(np.float32(2 * np.pi * 5.5) * time))
    wave = _cycle(frequency, note, band)[(phase * CYCLE).astype(np.int32) % CYCLE]
    attack = min(note.cues.attack / 1000, 0.5 * length)
    envelope: FloatArray = np.exp(time / -band.decay[note.part])
    envelope *= np.minimum(1, time / np.float32(attack))
    envelope *= np.minimum(1, (np.float32(length) - time) / np.float32(RELEASE))
    depth = np.float32(0.5 * note.cues.dissonance)
    envelope *= 1 - depth + depth * np.cos(np.float32(2 * np.pi * band.growl) * time)
    return wave * envelope


def _cycle(frequency: float, note: Note, band: Band) -> FloatArray:
    """Return one cycle of a note's wave, of the level of the note, without aliases."""
    number = np.arange(1, HARMONICS + 1)
    gains = band.spectra[note.part] + note.cues.brightness * np.log2(number)
    amplitudes = 10 ** (gains / 20) * (number * frequency < 0.45 * SAMPLE_RATE)
    amplitudes *= 10 ** (note.gain / 20) / np.sqrt(np.sum(amplitudes**2) / 2)
    spectrum = np.zeros(CYCLE // 2 + 1, np.complex64)
    spectrum[1 : HARMONICS + 1] = -0.5j * CYCLE * amplitudes  # sines: each begins at zero
    cycle: FloatArray = scipy.fft.irfft(spectrum)
    return cycle


def _drumming(
    slots: Sequence[Slot], sketch: Sketch, band: Band, rng: np.random.Generator
) -> Iterator[tuple[float, FloatArray]]:
    """Beat the drums: irregular music misses strokes, bright music has more of the hat."""
    kit = _kit(rng)
    for slot in slots:
        cues = slot.cues
        tilt = (0.0, 0.0, 0.8 * (cues.brightness + 9))
        for drum, pattern in enumerate(sketch.beat):
            if pattern[slot.place] == "x" and rng.random() > 0.6 * (1 - cues.regularity):
                gain = 10 ** ((slot.gain + band.drums[drum] + tilt[drum]) / 20)
                yield slot.time, np.float32(gain) * kit[drum]


def _kit(rng: np.random.Generator) -> list[FloatArray]:
    """Build kick, snare and hat, each of peak near 2."""
    time = np.arange(round(0.2 * SAMPLE_RATE)) / SAMPLE_RATE
    fade = np.minimum(1, time / 0.001) * np.minimum(1, (time[-1] - time) / 0.02)
    drop = np.cumsum(rng.uniform(45, 60) + 120 * np.exp(-time / 0.02)) / SAMPLE_RATE
    noise = rng.standard_normal((2, len(time)))
    kick = 2.0 * np.sin(2 * np.pi * drop) * np.exp(-time / 0.08)
    snare = 0.6 * (noise[0] + np.sin(2 * np.pi * 190 * time))
    snare *= np.exp(-time / rng.uniform(0.03, 0.08))
    hat = 0.35 * np.diff(noise[1], prepend=0) * np.exp(-time / rng.uniform(0.01, 0.05))
    return [(drum * fade).astype(np.float32) for drum in (kick, snare, hat)]


def _add(mix: FloatArray, time: float, sound: FloatArray) -> None:
    """Add a sound to the mix, as far as the mix goes."""
    start = round(time * SAMPLE_RATE)
    stop = min(len(mix), start + len(sound))
    if start < stop:
        mix[start:stop] += sound[: stop - start]


def _master(mix: FloatArray, band: Band, level: float, rng: np.random.Generator) -> FloatArray:
    """Put the music into its room, bring it to its level (dB, RMS) and keep it below full scale."""
    size = scipy.fft.next_fast_len(len(mix) + len(band.room), real=True)
    spectrum = scipy.fft.rfft(mix, size) * scipy.fft.rfft(band.room, size)
    wet = scipy.fft.irfft(spectrum, size)[: len(mix)]
    wet *= 10 ** (level / 20) / np.sqrt(np.mean(np.square(wet, dtype=np.float64)))
    hiss = 10 ** ((level + band.hiss) / 20)
    wet = wet + np.float32(hiss) * rng.standard_normal(len(mix), dtype=np.float32)
    over = np.maximum(np.abs(wet) - KNEE, 0)
    bent = KNEE + (CEILING - KNEE) * np.tanh(over / (CEILING - KNEE))
    limited = np.where(over > 0, np.sign(wet) * bent, wet)
    ramp = np.minimum(1, np.arange(len(mix)) / (EDGE * SAMPLE_RATE))
    faded: FloatArray = (limited * ramp * ramp[::-1]).astype(np.float32)
    return faded
