"""Fingerprints of recordings: what stays of the audio under another codec, rate, level or cut.

After Haitsma and Kalker, "A highly robust audio fingerprinting system", ISMIR 2002: the signs of
differences of band energies along frequency and time. Two things are ours. Energies are taken as
logarithms with a floor relative to the frame, and a difference that is small counts as zero, so
that steady or empty stretches say nothing instead of noise; and fingerprints are compared by the
cosine of these signs over all of the overlap, which tells two takes of a sentence from one.

One frame of 512 samples (23 ms) is one number: 15 digits of -1, 0 or 1, from 16 bands between 80 Hz
and 2.5 kHz, which a float32 holds exactly.

Survives: any gain, polarity, channels averaged, silence before and after, cuts that leave a second
of speech or a few notes of music, resampling down to 8 kHz, mp3 and ogg down to 24 kbit/s, noise 20
dB below the music, equalizing; most of the time also hard clipping, noise at 10 dB, and 8 bits for
what is not very quiet. Does not survive: another speed or pitch, a mix with other music. A sound
that does not change has no fingerprint.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ...audio import SAMPLE_RATE, AudioItem, AudioStream, Clip, Segment
from ...extraction.cache import CacheChoice, open_cache
from ...extraction.engine import Part, map_rows
from ...features.clip_series import clip_series
from ...features.ops import HOP, NumpyOps

__all__ = ["Match", "fingerprints", "match"]

Codes: TypeAlias = npt.NDArray[np.int64]
FloatArray: TypeAlias = npt.NDArray[np.float32]

VERSION = 1  # changes whenever a clip gives other codes: it stands in cache keys
N_DIGITS = 15
EDGES = np.linspace(3, 72, N_DIGITS + 2).round().astype(int)  # of the bands, in mel bands of 128
SMOOTH, LAG = 4, 6  # frames that an energy is averaged over, and between two that are compared
DEAD = 0.4  # natural logarithms; smaller differences are zero
FLOOR_FRAME, FLOOR_CLIP = 1e-2, 1e-4  # of the mean band of the frame, and of the loudest frame
POWERS = 3 ** np.arange(N_DIGITS, dtype=np.int64)
LONGEST = 300.0  # seconds of a file that are compared
SHORTEST = 10.0  # seconds; rows are this long or twice, four times ... as long

TELLING = 7  # digits of a frame that must not be zero, for it to be looked up
NEIGHBOURS = 8  # frames of the same code that each frame is paired with
VOTES = 2  # frames that must agree on an offset before a pair is compared
OFFSETS = 4  # offsets tried a pair, by their votes
ENOUGH = 250  # digits that must not be zero in the overlap: a second of speech
HOPELESS = 0.4  # cosine; a frame off, copies still reach .5
SAME = 0.7  # cosine; copies reach .8 and more, two takes by one actor .6 at most


@dataclass(frozen=True)
class Match:
    """Two clips that hold the same recording.

    Parameters
    ----------
    first, second : int
        Their places.
    seconds : float
        How long the common part is.
    likeness : float
        Cosine of the fingerprints over that part, up to 1.
    """

    first: int
    second: int
    seconds: float
    likeness: float


def fingerprints(
    items: Sequence[AudioItem], *, n_jobs: int | None = None, cache: CacheChoice = None
) -> tuple[list[Codes], dict[int, str]]:
    """Compute the fingerprints of audio items, in one pass over the files.

    Parameters
    ----------
    items : sequence of paths, `Segment` or `Clip`
        The audio; of each the first five minutes count.
    n_jobs : int, default=None
        Workers; None is 1, -1 all cores.
    cache : bool or path, default=None
        Where they are kept.

    Returns
    -------
    list of arrays of shape (n_frames,)
        The codes of each item; none where it could not be read.
    dict of int to str
        For each item that could not be read, by its place, why.
    """
    function = _FingerprintRow(_n_frames(max(_seconds(item) for item in items)))
    with open_cache(cache) as opened:
        rows = map_rows(function, items, n_jobs=n_jobs, cache=opened, on_error="nan")
    return [row[np.isfinite(row)].astype(np.int64) for row in rows.values], rows.errors


def match(codes: Sequence[Codes], files: Sequence[object]) -> list[Match]:
    """Find the pairs of clips that hold the same recording.

    Frames of equal codes vote for an offset between two clips; the offsets with most votes are
    compared in full.

    Parameters
    ----------
    codes : sequence of arrays of shape (n_frames,)
        The fingerprints.
    files : sequence
        What each clip is cut from; clips of one file are not compared.

    Returns
    -------
    list of Match
        The pairs, by their places.
    """
    _, numbers = np.unique([str(file) for file in files], return_inverse=True)
    found: dict[tuple[int, int], Match] = {}
    for first, second, offset in _candidates(codes, numbers):
        best = _best(codes, first, second, offset)
        if best is not None and best.likeness > _likeness(found.get((first, second))):
            found[first, second] = best
    return [found[pair] for pair in sorted(found)]


class _FingerprintRow:
    """The row function of fingerprints: what the engine runs on each clip."""

    def __init__(self, n_frames: int) -> None:
        self.n_frames = n_frames
        self.parts = [Part(f"fingerprint {VERSION}", n_frames)]

    def __call__(self, clip: Clip | AudioStream, wanted: Sequence[int]) -> list[FloatArray]:
        """Return the codes of a clip, NaN after its end."""
        row = np.full(self.n_frames, np.nan, np.float32)
        signal = clip.signal[: self.n_frames * HOP]
        codes = _encode(clip_series(NumpyOps(), signal[None], ["mel"]).mel[0])[: self.n_frames]
        row[: len(codes)] = codes
        return [row for _ in wanted]


def _encode(mel: FloatArray) -> Codes:
    """Return the codes of a mel spectrum of shape (n_frames, 128)."""
    if len(mel) < SMOOTH + LAG:
        return np.zeros(0, np.int64)
    bands = np.add.reduceat(mel[:, : EDGES[-1]], EDGES[:-1], axis=1, dtype=np.float64)
    sums = np.cumsum(np.vstack([np.zeros((1, bands.shape[1])), bands]), axis=0)
    energy = np.maximum(sums[SMOOTH:] - sums[:-SMOOTH], 0.0)
    level = energy.mean(axis=1, keepdims=True)
    # The last term keeps digital silence finite; the loudest frame decides what is empty.
    log = np.log(energy + FLOOR_FRAME * level + FLOOR_CLIP * level.max() + 1e-12)
    slope = np.diff(log, axis=1)
    change = slope[LAG:] - slope[:-LAG]
    digits = np.sign(change) * (np.abs(change) > DEAD)
    codes: Codes = (digits.astype(np.int64) + 1) @ POWERS
    return codes


def _digits(codes: Codes) -> npt.NDArray[np.int64]:
    """Return the digits of codes, -1, 0 or 1, of shape (n_frames, 15)."""
    digits: npt.NDArray[np.int64] = codes[:, None] // POWERS % 3 - 1
    return digits


def _candidates(codes: Sequence[Codes], files: npt.NDArray[np.intp]) -> list[tuple[int, int, int]]:
    """Return pairs of clips and offsets in frames that deserve a full comparison."""
    clip = np.repeat(np.arange(len(codes)), [len(of_clip) for of_clip in codes])
    frame = np.concatenate([np.arange(len(of_clip)) for of_clip in codes])
    code = np.concatenate(codes)
    n_telling = sum((code // power % 3 != 1).astype(np.int8) for power in POWERS)
    telling = n_telling >= TELLING
    clip, frame, code = clip[telling], frame[telling], code[telling]
    # Equal codes in any order: the frames of a long note should not all meet each other.
    order = np.lexsort((np.random.default_rng(0).permutation(len(code)), code))
    clip, frame, code = clip[order], frame[order], code[order]
    span = 2 * max(map(len, codes), default=0) + 3
    keys = [_votes(clip, frame, code, files, lag, span) for lag in range(1, NEIGHBOURS + 1)]
    ballot, votes = np.unique(np.concatenate(keys), return_counts=True)
    beside = np.flatnonzero(np.diff(ballot) == 1)  # a true offset lies between two frames
    votes[beside] += votes[beside + 1]
    chosen = votes >= VOTES
    return _leading(ballot[chosen], votes[chosen], span)


def _votes(
    clip: Codes, frame: Codes, code: Codes, files: npt.NDArray[np.intp], lag: int, span: int
) -> Codes:
    """Return a number for each pair of frames of equal code: its two clips and their offset."""
    a, b = slice(0, -lag), slice(lag, None)
    equal = (code[a] == code[b]) & (files[clip[a]] != files[clip[b]])
    one, two = clip[a][equal], clip[b][equal]
    offset = (frame[a][equal] - frame[b][equal]) * np.where(one < two, 1, -1)
    pair = np.minimum(one, two) << 24 | np.maximum(one, two)
    return np.asarray(pair * span + offset + span // 2, np.int64)


def _leading(ballot: Codes, votes: Codes, span: int) -> list[tuple[int, int, int]]:
    """Return the offsets of each pair that have most votes."""
    pair, offset = ballot // span, ballot % span - span // 2
    order = np.lexsort((-votes, pair))
    pair, offset = pair[order], offset[order]
    rank = np.arange(len(pair)) - np.searchsorted(pair, pair)
    pair, offset = pair[rank < OFFSETS], offset[rank < OFFSETS]
    first, second = pair >> 24, pair & (1 << 24) - 1
    return list(zip(first.tolist(), second.tolist(), offset.tolist(), strict=True))


def _best(codes: Sequence[Codes], first: int, second: int, offset: int) -> Match | None:
    """Return the match of two clips near an offset, if they match."""
    found = []
    for shift in (offset, offset - 1, offset + 1):
        likeness, n_frames = _compare(codes[first], codes[second], shift)
        found.append(Match(first, second, n_frames * HOP / SAMPLE_RATE, likeness))
        if likeness < HOPELESS:
            break
    best = max(found, key=_likeness)
    return best if best.likeness >= SAME else None


def _likeness(found: Match | None) -> float:
    """Return how alike two clips are; 0 for no match."""
    return 0.0 if found is None else found.likeness


def _compare(one: Codes, two: Codes, offset: int) -> tuple[float, int]:
    """Return the likeness of two fingerprints, the second `offset` frames later, and its length."""
    start, stop = max(offset, 0), min(len(one), len(two) + offset)
    if stop <= start:
        return 0.0, 0
    a, b = _digits(one[start:stop]), _digits(two[start - offset : stop - offset])
    n_a, n_b = np.count_nonzero(a), np.count_nonzero(b)
    if min(n_a, n_b) < ENOUGH:
        return 0.0, 0
    return float((a * b).sum() / math.sqrt(n_a * n_b)), stop - start


def _seconds(item: AudioItem) -> float:
    """Return how long an item is, as far as its header says."""
    import soundfile

    if isinstance(item, Clip):
        return item.duration
    segment = item if isinstance(item, Segment) else Segment(item)
    if segment.duration is not None:
        return segment.duration
    try:
        return float(soundfile.info(str(segment.path)).duration)
    except (soundfile.SoundFileError, OSError, ValueError, TypeError):
        return 0.0


def _n_frames(seconds: float) -> int:
    """Return the frames of a row: few lengths, so that one longer file keeps the cache alive."""
    doublings = math.ceil(math.log2(max(min(seconds, LONGEST) / SHORTEST, 1.0)))
    return math.ceil(math.ldexp(SHORTEST, doublings) * SAMPLE_RATE / HOP)
