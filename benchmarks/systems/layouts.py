"""Rendered clips in the official layouts of DEAM and RAVDESS: what the recipes run on if small."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile

from mer_sklearn import make_emotion_clips
from mer_sklearn.audio import SAMPLE_RATE
from mer_sklearn.datasets.ravdess import EMOTIONS

from .common import AXES, Roots

N_SONGS = 24  # of 2013 and of 2014; fewer could not tell whether columns are exchanged
MOMENTS = [15000 + 500 * k for k in range(15)]  # five windows of 1.5 s
ACTORS = (1, 2, 3, 4)


def small_roots(folder: Path) -> Roots:
    """Write both corpora and return where they are."""
    write_deam(folder / "deam")
    write_ravdess(folder / "ravdess_speech")
    return Roots(folder, small=True)


def write_deam(root: Path) -> None:
    """Write songs with their labels; those up to 1000 have valence and arousal exchanged.

    The songs last a second; of their moments only the labels are used.
    """
    clips = make_emotion_clips(2 * N_SONGS, random_state=0, duration=1.0)
    songs = [*range(10, 10 + N_SONGS), *range(1001, 1001 + N_SONGS)]
    truth = pd.DataFrame(clips.frame[AXES].to_numpy(), index=songs, columns=AXES)
    audio = root / "MEMD_audio"
    audio.mkdir(parents=True)
    for song, clip in zip(songs, clips.X, strict=True):
        soundfile.write(audio / f"{song}.mp3", clip.signal, SAMPLE_RATE)
    old = truth.index <= 1000
    written = truth.copy()
    written.loc[old] = truth.loc[old, AXES[::-1]].to_numpy()
    _write(
        root / "static_annotations_averaged_songs_1_2000.csv",
        "song_id, valence_mean, valence_std, arousal_mean, arousal_std",
        (f"{song},{5 + 4 * v:.2f},1,{5 + 4 * a:.2f},1" for song, v, a in written.itertuples()),
    )
    wobble = 0.02 * (-1.0) ** np.arange(len(MOMENTS))
    for axis in AXES:
        curves = (
            ",".join([str(song), *(f"{value + more:.4f}" for more in wobble)])
            for song, value in truth[axis].items()
        )
        head = ",".join(["song_id", *(f"sample_{moment}ms" for moment in MOMENTS)])
        _write(root / f"{axis}.csv", head, curves)
    artists = pd.Series(clips.groups, index=songs)
    for year, mine in (("2013", old), ("2014", ~old)):
        lines = (f"{song},{artist},LP,Song {song},Rock" for song, artist in artists[mine].items())
        _write(root / f"metadata_{year}.csv", "Id,Artist,Album,Track,Genre", lines)


def write_ravdess(root: Path) -> None:
    """Write a file for each actor, emotion and sentence: tones with a voice and a mood."""
    for actor in ACTORS:
        folder = root / f"Actor_{actor:02d}"
        folder.mkdir(parents=True)
        for emotion in range(len(EMOTIONS)):
            for sentence in (1, 2):
                name = f"03-01-{emotion + 1:02d}-01-{sentence:02d}-01-{actor:02d}.wav"
                signal = _voice(actor, emotion, sentence)
                soundfile.write(folder / name, signal, SAMPLE_RATE)


def _voice(actor: int, emotion: int, sentence: int) -> np.ndarray:
    """Return harmonics of a voice, whose brightness and vibrato are those of the emotion."""
    rng = np.random.default_rng([actor, emotion, sentence])
    time = np.arange(SAMPLE_RATE // 2) / SAMPLE_RATE
    pitch = (110 if actor % 2 else 200) * (1 + 0.05 * actor)
    vibrato = 0.002 * emotion * np.sin(2 * np.pi * 5 * time)
    phase = 2 * np.pi * np.cumsum(pitch * (1 + vibrato + 0.1 * sentence * time)) / SAMPLE_RATE
    tilt = 0.4 + 0.06 * emotion
    tone = sum(tilt**k * np.sin(k * phase) for k in range(1, 12))
    return 0.1 * (tone + 0.05 * rng.standard_normal(len(time)))


def _write(path: Path, head: str, lines: Iterable[str]) -> None:
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
