"""Audio: what comes out of files is what went in, and what cannot come out is named."""

from __future__ import annotations

import os
import re
import resource
import struct
import tempfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from mer_sklearn import audio
from mer_sklearn.audio import SAMPLE_RATE, Clip, Segment, read_audio, resample, to_clip
from mer_sklearn.decoding import libsndfile
from mer_sklearn.decoding.decoder import BLOCK
from mer_sklearn.errors import AudioError, InputError

RATES = [8_000, 16_000, 22_050, 44_100, 48_000]
SUBTYPES = {"PCM_U8": 2**-7, "PCM_16": 2**-15, "PCM_24": 2**-23, "PCM_32": 2**-24, "FLOAT": 0.0}
SUBTYPES["DOUBLE"] = 2**-24


def tone(sr: int, duration: float = 1.0, hz: float = 440.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(round(duration * sr)) / sr)


def noise(rng, sr: int, duration: float) -> np.ndarray:
    """Noise of slowly changing loudness: silence too, for which encoders choose few bits."""
    n_samples = round(duration * sr)
    level = np.maximum(0, np.sin(np.arange(n_samples) / sr * 2.0))
    return (0.2 * level * rng.normal(size=n_samples)).astype(np.float32).clip(-1, 1)


@pytest.fixture
def write(tmp_path):
    def write(name, samples, sr=SAMPLE_RATE, **options):
        path = tmp_path / name
        soundfile.write(path, samples, sr, **options)
        return path

    return write


# ---- Decoding ----


@pytest.mark.parametrize("sr", RATES)
@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", "mp3"])
def test_a_tone_comes_out_of_every_format(write, kind, sr):
    clip = read_audio(write(f"tone.{kind}", tone(sr), sr))
    assert clip.sr == SAMPLE_RATE
    assert clip.duration == pytest.approx(1.0, abs=0.01)
    middle = clip.signal[2_000:20_000]
    reference = tone(SAMPLE_RATE, 1.0)[2_000:20_000]
    assert np.corrcoef(middle, reference)[0, 1] > 0.998
    assert middle.std() == pytest.approx(reference.std(), rel=0.02)


@pytest.mark.parametrize("subtype", SUBTYPES)
def test_wav_of_every_width_keeps_its_samples(write, rng, subtype):
    samples = rng.uniform(-0.9, 0.9, 1_000)
    clip = read_audio(write("a.wav", samples, subtype=subtype))
    np.testing.assert_allclose(clip.signal, samples, atol=SUBTYPES[subtype] + 1e-7)


@pytest.mark.parametrize("n_channels", [1, 2, 6])
@pytest.mark.parametrize("kind", ["wav", "flac"])
def test_channels_are_averaged(write, rng, kind, n_channels):
    samples = rng.uniform(-0.9, 0.9, (3_000, n_channels))
    path = write(f"a.{kind}", samples, subtype="PCM_24")
    np.testing.assert_allclose(read_audio(path).signal, samples.mean(axis=1), atol=1e-6)


def test_the_rate_of_the_file_can_be_kept(write):
    clip = read_audio(write("a.wav", tone(8_000), 8_000), sr=None)
    assert (clip.sr, len(clip.signal)) == (8_000, 8_000)


@pytest.mark.parametrize("sr", [8_000, 44_100, 48_000])
def test_a_stream_of_blocks_is_resampled_as_the_whole(write, rng, sr):
    n_samples = 2 * BLOCK + 12_345
    samples = rng.uniform(-0.9, 0.9, n_samples).astype(np.float32)
    streamed = read_audio(write("a.wav", samples, sr, subtype="FLOAT")).signal
    np.testing.assert_array_equal(streamed, soxr.resample(samples, sr, SAMPLE_RATE, quality="HQ"))


@pytest.mark.parametrize("n_samples", [BLOCK - 1, BLOCK, BLOCK + 1])
def test_nothing_is_lost_at_the_end_of_a_block(write, rng, n_samples):
    samples = rng.uniform(-0.9, 0.9, n_samples).astype(np.float32)
    path = write("a.wav", samples, subtype="FLOAT")
    np.testing.assert_array_equal(read_audio(path).signal, samples)


@pytest.fixture(
    params=[
        ("flac", {}),
        ("ogg", {}),
        ("opus", {"format": "OGG", "subtype": "OPUS"}),
        ("mp3", {"bitrate_mode": "CONSTANT", "compression_level": 0.9}),
        ("mp3", {"bitrate_mode": "AVERAGE", "compression_level": 0.9}),
        ("mp3", {"bitrate_mode": "VARIABLE", "compression_level": 0.0}),
        ("mp3", {"bitrate_mode": "VARIABLE", "compression_level": 0.9}),
    ],
    ids=["flac", "ogg", "opus", "mp3-low", "mp3-average", "mp3-variable", "mp3-variable-low"],
)
def encoded(request, write, rng):
    """A file of twenty seconds, and its samples decoded in a single call."""
    kind, options = request.param
    path = write(f"a.{kind}", noise(rng, 24_000, 20.0), 24_000, **options)
    return path, soundfile.read(path, dtype="float32")[0]


def test_a_stream_of_blocks_is_decoded_as_the_whole(encoded, monkeypatch):
    """An mp3 decoder forgets the bits that frames borrow from earlier ones if it has to seek."""
    path, whole = encoded
    monkeypatch.setattr(libsndfile, "BLOCK", 2**14)
    streamed = read_audio(path, sr=None).signal
    np.testing.assert_allclose(streamed, whole, atol=1e-6)
    np.testing.assert_array_equal(streamed, read_audio(path, sr=None).signal)


@pytest.mark.parametrize("offset", [0.0, 0.3, 4.75, 11.1])
def test_a_segment_is_a_slice_of_the_whole(encoded, offset):
    path, whole = encoded
    part = read_audio(path, offset=offset, duration=2.0, sr=None).signal
    start = round(offset * 24_000)
    np.testing.assert_allclose(part, whole[start : start + 48_000], atol=1e-6)


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3"])
def test_a_segment_is_a_slice_of_the_resampled_whole(write, rng, kind):
    path = write(f"a.{kind}", noise(rng, 44_100, 6.0), 44_100)
    whole, part = read_audio(path).signal, to_clip(Segment(path, 2.0, 1.5)).signal
    assert len(part) == round(1.5 * SAMPLE_RATE)
    # The resampler sees nothing outside the segment, so that its ends are others.
    np.testing.assert_allclose(part[400:-400], whole[44_100 + 400 : 77_175 - 400], atol=1e-6)


def test_a_segment_that_outlasts_its_file_gives_what_there_is(write):
    path = write("a.wav", tone(SAMPLE_RATE))
    assert read_audio(path, offset=0.5, duration=9.0).duration == pytest.approx(0.5)


def test_a_segment_of_less_than_a_sample_gives_one(write):
    assert len(read_audio(write("a.wav", tone(SAMPLE_RATE)), duration=1e-9).signal) == 1


@pytest.mark.parametrize("sr", [8_000, 22_050, 192_000])
@pytest.mark.parametrize("n_samples", [1, 2, 3])
def test_tiny_files_give_a_sample(write, sr, n_samples):
    clip = read_audio(write("a.wav", np.full(n_samples, 0.5), sr))
    assert 1 <= len(clip.signal) <= 9
    assert np.isfinite(clip.signal).all()


# ---- Clips and resampling ----


@pytest.mark.parametrize(
    ("dtype", "lowest", "highest"),
    [("uint8", 0, 255), ("int8", -128, 127), ("int16", -(2**15), 2**15 - 1), ("uint16", 0, 65_535)],
)
def test_integers_are_scaled_by_their_range(dtype, lowest, highest):
    samples = np.array([lowest, (lowest + highest + 1) // 2, highest], dtype)
    scaled = Clip(samples).signal
    assert scaled.dtype == np.float32
    assert scaled[0] == -1.0
    assert scaled[1] == 0.0
    assert scaled[2] == pytest.approx(1.0, abs=2**-6)
    assert scaled[2] < 1.0


def test_32_bit_integers_agree_with_soundfile(write, rng):
    samples = rng.integers(-(2**31), 2**31, 500).astype(np.int32)
    path = write("a.wav", samples, subtype="PCM_32")
    np.testing.assert_allclose(Clip(samples).signal, read_audio(path).signal, atol=2**-24)


@pytest.mark.parametrize(
    ("samples", "sentence"),
    [
        (np.zeros((2, 3)), r"mono.*shape \(2, 3\).*Average the channels"),
        (np.zeros(0), "at least 1 sample; got 0"),
        (np.array([True, False]), "samples of type bool"),
        (np.array([1j]), "samples of type complex128"),
        (np.array(["a"]), "samples of type <U1"),
        ([0, 1, -1], "integers of 8, 16 or 32 bits.*int64"),
        (np.array([0.0, np.nan]), "NaN, infinite or enormous"),
        (np.array([0.0, -np.inf]), "NaN, infinite or enormous"),
        (np.array([1e300]), "NaN, infinite or enormous"),
        (np.array([2e12]), "NaN, infinite or enormous"),
    ],
)
def test_a_clip_refuses_what_is_no_signal(samples, sentence):
    with pytest.raises(AudioError, match=sentence):
        Clip(samples)


@pytest.mark.parametrize("sr", [0, -1, 999, 10**7, np.nan, None, "22050"])
def test_a_clip_refuses_what_is_no_rate(sr):
    with pytest.raises(AudioError, match=re.escape(f"sr={sr!r} is no sampling rate")):
        Clip(np.zeros(9), sr)


def test_a_clip_leaves_the_callers_array_alone():
    samples = np.ones(5, np.int16)
    samples.flags.writeable = False
    to_clip(Clip(samples, 44_100))
    assert samples.tolist() == [1] * 5


@settings(max_examples=30, deadline=None)
@given(n=st.integers(1, 3_000), sr=st.sampled_from(RATES), to=st.sampled_from(RATES))
def test_resampling_keeps_the_duration(n, sr, to):
    out = resample(np.zeros(n, np.float32), sr, to)
    assert abs(len(out) - n * to / sr) <= 1
    assert len(out) >= 1


def test_a_clip_comes_to_the_working_rate_as_a_file_does(write, rng):
    samples = rng.uniform(-0.5, 0.5, 50_000).astype(np.float32)
    path = write("a.wav", samples, 48_000, subtype="FLOAT")
    np.testing.assert_array_equal(to_clip(Clip(samples, 48_000)).signal, to_clip(str(path)).signal)


# ---- Sentences ----


@pytest.mark.parametrize(
    ("offset", "duration"),
    [(-1.0, None), (0.0, 0.0), (0.0, -2.0), (np.nan, None), (np.inf, 1.0), (0.0, np.nan), ("1", 1)],
)
def test_a_span_that_makes_no_sense_is_refused_at_once(offset, duration):
    sentence = "a.wav: offset=.*duration=.*seconds"
    with pytest.raises(InputError, match=sentence):
        Segment("a.wav", offset, duration)
    with pytest.raises(InputError, match=sentence):
        read_audio("a.wav", offset=offset, duration=duration)


@pytest.mark.parametrize("sr", [0, -5, "22050", np.nan])
def test_a_wanted_rate_that_makes_no_sense_is_refused(write, sr):
    path = write("a.wav", tone(SAMPLE_RATE))
    with pytest.raises(InputError, match=r"sr=.*in Hz"):
        read_audio(path, sr=sr)


def bad_file(kind: str, folder: Path) -> Path:
    """Make one file that cannot be read."""
    path = folder / {"text": "a.wav", "raw": "a.raw", "mp3 text": "a.mp3"}.get(kind, "a.wav")
    if kind in ("text", "raw", "mp3 text"):
        path.write_text("nothing to hear here\n" * 50)
    elif kind == "folder":
        path.mkdir()
    elif kind == "empty":
        path.touch()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "loop":
        path.symlink_to(path.name)
    elif kind == "dangling":
        path.symlink_to("elsewhere.wav")
    elif kind == "long name":
        path = folder / ("x" * 300 + ".wav")
    elif kind == "long path":
        path = folder / ("x/" * 5_000 + "a.wav")
    elif kind == "below a file":
        path.touch()
        path = path / "b.wav"
    elif kind == "nul":
        path = folder / "a\0.wav"
    elif kind == "no samples":
        soundfile.write(path, np.zeros(0), SAMPLE_RATE)
    elif kind == "nan":
        soundfile.write(path, np.array([0.0, np.nan, 0.5]), SAMPLE_RATE, subtype="FLOAT")
    elif kind == "inf":
        soundfile.write(path, np.array([[0.0, 1e38], [3e38, 3e38]]), 8_000, subtype="FLOAT")
    elif kind == "slow":
        soundfile.write(path, np.zeros(100), 10)
    return path


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("missing", "does not exist"),
        ("folder", "is a folder"),
        ("empty", "is empty"),
        ("text", "cannot be read as audio .it is text"),
        ("mp3 text", "cannot be read as audio .it is text"),
        ("raw", "cannot be read as audio .it is text"),
        ("pipe", "is a pipe"),
        ("loop", "cannot be reached"),
        ("dangling", "does not exist"),
        ("long name", "cannot be reached"),
        ("long path", "cannot be reached"),
        ("below a file", "does not exist"),
        ("nul", "cannot be reached"),
        ("no samples", "holds no samples"),
        ("nan", "NaN"),
        ("inf", "infinite"),
        ("slow", "10 Hz"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, kind, reason):
    path = bad_file(kind, tmp_path)
    with pytest.raises(AudioError, match=reason) as caught:
        read_audio(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "Error opening" not in str(caught.value)


def test_an_empty_path_is_shown():
    with pytest.raises(AudioError, match=r"^'': "):
        read_audio("")


@pytest.fixture
def forbidden():
    """A file that may not be read, in a folder of its own; root reads all, so not as root."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "a.wav"
        soundfile.write(path, tone(SAMPLE_RATE), SAMPLE_RATE)
        path.chmod(0)
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(65_534)
        yield path
        if is_root:
            os.seteuid(0)
        Path(folder).chmod(0o755)


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="permissions of POSIX")
def test_a_forbidden_file_is_named(forbidden):
    with pytest.raises(AudioError) as caught:
        read_audio(forbidden)
    assert str(caught.value) == f"{forbidden}: may not be read. Change its permissions."


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError(13, "Permission denied"), "may not be reached. Change the permissions"),
        (OSError(5, "I/O"), "cannot be reached .I/O."),
    ],
)
def test_a_path_that_the_system_refuses_is_named(monkeypatch, error, reason):
    def refuse(self):
        raise error

    monkeypatch.setattr(Path, "stat", refuse)
    with pytest.raises(AudioError, match=f"a.wav: {reason}"):
        read_audio("a.wav")


def test_a_disk_that_fails_is_named(write, monkeypatch):
    def fail(*_):
        raise OSError(5, "Input/output error")

    path = write("a.wav", tone(SAMPLE_RATE))
    monkeypatch.setattr(libsndfile, "sound_extent", fail)
    with pytest.raises(AudioError, match=r"cannot be read \(Input/output error\)\. Look after"):
        read_audio(path)


def test_an_offset_beyond_the_end_is_named(write):
    path = write("a.wav", tone(SAMPLE_RATE, 2.0))
    with pytest.raises(AudioError, match=r"a\.wav: ends after 2\.00 s, before the offset 2\.50 s"):
        read_audio(path, offset=2.5)


def test_a_file_deleted_between_listing_and_reading_is_named(write, monkeypatch):
    path = write("a.wav", tone(SAMPLE_RATE))
    monkeypatch.setattr(audio, "check_file", lambda name: Path(name).unlink())
    with pytest.raises(AudioError, match=re.escape(str(path))):
        read_audio(path)


# ---- Headers that lie ----


def clip_or_sentence(path) -> tuple[Clip | None, str]:
    """Read a file; any error that is not ours goes through."""
    try:
        return read_audio(path), ""
    except AudioError as error:
        return None, str(error)


def lying_wav(path: Path, *, n_channels: int = 1, claimed: int = 2**32 - 36) -> Path:
    """Write a 16-bit wav of 2000 samples a channel whose header claims other sizes."""
    samples = np.zeros(2_000 * n_channels, "<i2").tobytes()
    width = 2 * n_channels
    form = struct.pack("<HHIIHH", 1, n_channels, 16_000, 16_000 * width, width % 2**16, 16)
    body = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", claimed)
    path.write_bytes(b"RIFF" + struct.pack("<I", 2**32 - 1) + body + samples)
    return path


@pytest.fixture
def little_memory():
    """Leave the process half a gigabyte of address space more than it has."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + 2**29, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's memory limits")
@pytest.mark.parametrize("n_channels", [1, 2, 1_000])
def test_no_memory_is_taken_on_the_word_of_a_header(tmp_path, little_memory, n_channels):
    clip = read_audio(lying_wav(tmp_path / "a.wav", n_channels=n_channels))
    assert len(clip.signal) == round(2_000 * SAMPLE_RATE / 16_000)


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(["wav", "flac", "ogg", "mp3", "aiff", "au"]),
    cut=st.floats(0.0, 1.0),
    flips=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=4),
)
def test_a_damaged_file_gives_a_clip_or_a_sentence(tmp_path_factory, kind, cut, flips):
    path = tmp_path_factory.getbasetemp() / f"damaged.{kind}"
    soundfile.write(path, tone(8_000, 0.2), 8_000)
    content = bytearray(path.read_bytes())
    for at, value in flips:
        content[at] = value
    path.write_bytes(content[: round(cut * len(content))])
    clip, sentence = clip_or_sentence(path)
    if clip is None:
        assert str(path) in sentence
    else:
        assert np.isfinite(clip.signal).all()
        assert 1 <= len(clip.signal) < 2e7
