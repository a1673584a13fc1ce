"""Tiny corpora in their published layouts."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

EMOTIFY_HEADER = (
    "track id, genre, amazement, solemnity, tenderness, nostalgia, calmness, power, "
    "joyful_activation, tension, sadness, mood, liked, disliked, age, gender, mother tongue"
)


@pytest.fixture
def write_audio():
    """Write a tenth of a second of silence, with tags if any are given."""

    def write(path, **tags):
        path.parent.mkdir(parents=True, exist_ok=True)
        with soundfile.SoundFile(path, "w", samplerate=22_050, channels=1) as file:
            for key, value in tags.items():
                setattr(file, key, value)
            file.write(np.zeros(2_205))
        return path

    return write


@pytest.fixture
def vote():
    """Return a line of Emotify's table: the emotions of one listener."""

    def line(track, genre, *felt):
        names = [name.strip() for name in EMOTIFY_HEADER.split(",")][2:11]
        marks = ",".join(str(int(name in felt)) for name in names)
        return f"{track},{genre},{marks},3,1,0,21,1,English"

    return line


@pytest.fixture
def emotify(tmp_path, write_audio, vote):
    """Return the root of an Emotify of three songs: calm, tied, and one that moves nobody."""
    lines = [
        EMOTIFY_HEADER,
        vote(1, "classical", "calmness", "sadness"),
        vote(1, "classical", "calmness"),
        vote(1, "classical"),
        vote(102, "rock", "tension", "power"),
        vote(202, "electronic"),
    ]
    (tmp_path / "data.csv").write_text("\n".join(lines) + "\n")
    for file, artist in (("classical/1", "Ann"), ("rock/2", "Bob"), ("electronic/2", "Cy")):
        write_audio(tmp_path / f"{file}.mp3", artist=artist)
    return tmp_path


@pytest.fixture
def ravdess(tmp_path, write_audio):
    """Return the root of a RAVDESS of a man and a woman: neutral, calm, angry, a happy song."""
    for actor in ("01", "02"):
        for name in ("03-01-01-01-01-01", "03-01-02-01-01-01", "03-01-05-02-02-01"):
            write_audio(tmp_path / "Audio" / f"Actor_{actor}" / f"{name}-{actor}.wav")
    write_audio(tmp_path / "Audio" / "Actor_02" / "03-02-03-01-02-02-02.wav")
    return tmp_path


@pytest.fixture
def classes(tmp_path, write_audio):
    """Return a folder with two folders of classes."""
    for name in ("happy/b.wav", "happy/deep/er/a.FLAC", "sad/1.ogg"):
        write_audio(tmp_path / name)
    return tmp_path


@pytest.fixture
def table(tmp_path, write_audio):
    """Write a table beside four files a.wav to d.wav."""
    for name in "abcd":
        write_audio(tmp_path / f"{name}.wav")

    def write(*lines, name="songs.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(("\r\n".join(lines) + "\r\n").encode(encoding))
        return path

    return write
