"""What a file promises, format by format: a file that is cut never passes for a short one."""

from __future__ import annotations

import io
import re
import struct
from fractions import Fraction

import numpy as np
import pytest
import soundfile

from mer_sklearn.audio import read_audio
from mer_sklearn.decoding.containers import Extent
from mer_sklearn.errors import AudioError

SR = 16_000
SECONDS = 3


@pytest.fixture
def saved(tmp_path):
    def saved(name, content):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return saved


@pytest.fixture
def encoded(rng):
    """Return the bytes of a file of three seconds."""

    def encoded(kind, *, sr=SR, n_channels=1, seconds=SECONDS, **options):
        file = io.BytesIO()
        samples = 0.2 * rng.normal(size=(round(seconds * sr), n_channels))
        soundfile.write(file, samples, sr, format=kind, **options)
        return file.getvalue()

    return encoded


def check_refused(path, seconds):
    """The sentence says how much is there, and so much can be read."""
    with pytest.raises(AudioError, match=r"Segment\(path, duration=") as caught:
        read_audio(path)
    duration = float(re.search(r"duration=([\d.]+)\)", str(caught.value))[1])
    assert duration == pytest.approx(seconds, abs=0.1)
    assert f"ffmpeg -i FILE -t {duration:.2f} PART.wav" in str(caught.value)
    assert read_audio(path, duration=duration).duration == pytest.approx(duration, abs=0.01)


# ---- MPEG, layers I and II ----


@pytest.fixture
def mp2(rng):
    """Return a function that encodes noise, with silence at the end, as layer II."""
    av = pytest.importorskip("av")

    def mp2(kbits, seconds, sr=44_100):
        file = io.BytesIO()
        samples = (3_000 * rng.normal(size=(1, seconds * sr))).astype(np.int16)
        with av.open(file, "w", format="mp2") as container:
            stream = container.add_stream("mp2", rate=sr, layout="mono", bit_rate=kbits * 1000)
            frame = av.AudioFrame.from_ndarray(samples, "s16", "mono")
            frame.sample_rate, frame.pts, frame.time_base = sr, 0, Fraction(1, sr)
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return file.getvalue()

    return mp2


@pytest.mark.parametrize("rates", [(192, 32), (32, 192), (192, 32, 32, 32), (64,)])
@pytest.mark.parametrize("sr", [16_000, 44_100])
def test_layer_ii_of_several_bit_rates_is_read_whole(mp2, saved, rates, sr):
    if sr == 16_000:  # MPEG-2 has lower ones
        rates = [rate // 2 for rate in rates]
    content = b"".join(mp2(kbits, 3, sr) for kbits in rates)
    signal = read_audio(saved("a.mp2", content), sr=None).signal
    assert len(signal) / sr == pytest.approx(3 * len(rates), abs=0.08 * len(rates))
    each = np.array_split(signal, 3 * len(rates))
    assert min(part.std() for part in each) > 0.02
    part = read_audio(saved("a.mp2", content), offset=1.0, duration=1.5, sr=None).signal
    np.testing.assert_allclose(part, signal[sr : sr + round(1.5 * sr)], atol=1e-6)


def test_a_tag_in_front_of_layer_ii_does_no_harm(mp2, saved):
    content = mp2(192, 3) + mp2(32, 3)
    expected = read_audio(saved("a.mp2", content)).signal
    tagged = b"ID3\4\0\0" + bytes([0, 0, 4, 0]) + bytes(512) + content + b"TAG" + bytes(125)
    np.testing.assert_array_equal(read_audio(saved("b.mp2", tagged)).signal, expected)


def silent_frames(layer, rate_index, n):
    """Return frames without sound of MPEG-1 at 44.1 kHz in mono."""
    if layer == 1:
        length = 12 * 32_000 * rate_index // 44_100 * 4
    else:
        kbits = [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384][rate_index - 1]
        length = 144_000 * kbits // 44_100
    head = bytes([0xFF, 0xF9 | (4 - layer) << 1, rate_index << 4, 0xC0])
    return (head + bytes(length - 4)) * n


@pytest.mark.parametrize("layer", [1, 2])
@pytest.mark.parametrize("rates", [(4, 9), (9, 4), (7, 7)])
def test_the_frames_of_both_layers_are_counted(saved, layer, rates):
    content = b"".join(silent_frames(layer, rate, 200) for rate in rates)
    n_samples = 400 * {1: 384, 2: 1152}[layer]
    assert len(read_audio(saved("a.mp2", content), sr=None).signal) == n_samples


# ---- MP3 ----


@pytest.fixture
def mp3(encoded):
    """Return an mp3 of variable bit rate, and where the word Xing stands in it."""
    content = encoded("MP3", seconds=8, bitrate_mode="VARIABLE", compression_level=0.5)
    return bytearray(content), max(content.find(b"Xing"), content.find(b"Info"))


def without_fields(content, at, flags):
    """Return an mp3 whose first frame has none of its fields but those of the flags."""
    n_frames, n_bytes = content[at + 8 : at + 12], content[at + 12 : at + 16]
    fields = bytes([0, 0, 0, flags]) + n_frames * (flags & 1) + n_bytes * (flags >> 1 & 1)
    rest = content[at + 4 + len(fields) :]
    rest[:200] = bytes(200)
    return content[: at + 4] + fields + rest


@pytest.mark.parametrize("flags", [1, 2, 3])
def test_a_length_in_frames_or_in_bytes_is_a_promise(mp3, saved, flags):
    content = without_fields(*mp3, flags)
    assert read_audio(saved("a.mp3", content)).duration == pytest.approx(8.0, abs=0.1)
    path = saved("a.mp3", content[: len(content) // 2])
    with pytest.raises(AudioError, match=r"ends after 3\.\d\d of the [78]\.\d\d s"):
        read_audio(path)
    check_refused(path, 4.0)


def test_a_first_frame_that_tells_nothing_does_no_harm(mp3, saved):
    content = without_fields(*mp3, 0)
    assert read_audio(saved("a.mp3", content)).duration == pytest.approx(8.0, abs=0.1)


def test_a_number_of_frames_that_is_too_small_is_corrected(mp3, saved):
    content, at = without_fields(*mp3, 1), mp3[1]
    content[at + 8 : at + 12] = struct.pack(">I", 20)
    assert read_audio(saved("a.mp3", content)).duration == pytest.approx(8.0, abs=0.1)


def test_vbri_is_read_as_xing_is(mp3, saved):
    """Fraunhofer's frame stands where Xing would, and libsndfile guesses as if there were none."""
    content, at = mp3
    second = content.find(content[:2], at)
    n_frames = content[at + 8 : at + 12]
    told = b"VBRI\0\1" + bytes(4) + struct.pack(">I", len(content)) + n_frames
    frame = content[:4] + bytes(32) + told
    content = frame + bytes(second - len(frame)) + content[second:]
    assert read_audio(saved("a.mp3", content)).duration == pytest.approx(8.0, abs=0.1)
    check_refused(saved("a.mp3", content[: len(content) // 2]), 4.0)


@pytest.mark.parametrize(
    ("n_channels", "sentence"),
    [((1, 2), "goes on in stereo after 3.1. s in mono"), ((2, 1), "in mono after 3.1. s in ster")],
)
def test_mono_and_stereo_in_one_mp3_are_named(encoded, saved, n_channels, sentence):
    """The file is whole; libsndfile stops where the channels change."""
    both = b"".join(encoded("MP3", n_channels=n) for n in n_channels)
    with pytest.raises(AudioError, match=f"{sentence}.*Convert all of it: ffmpeg -i FILE WHOLE"):
        read_audio(saved("a.mp3", both))
    check_refused(saved("a.mp3", both), 3.0)


# ---- Ogg ----


def pages(content):
    """Return where the pages of an Ogg file begin."""
    return [match.start() for match in re.finditer(b"OggS", content)]


@pytest.mark.parametrize("options", [{}, {"subtype": "OPUS"}], ids=["vorbis", "opus"])
def test_ogg_that_was_cut_between_pages_is_refused(encoded, saved, options):
    content = encoded("OGG", seconds=9, **options)
    *_, last = pages(content)
    path = saved("a.ogg", content[:last])
    with pytest.raises(AudioError, match="was cut, or its recording was: no page is marked as the"):
        read_audio(path)


def test_ogg_with_a_hole_is_refused_and_one_with_junk_is_not(encoded, saved):
    content = encoded("OGG", seconds=9)
    assert read_audio(saved("a.ogg", content + b"junk" * 99)).duration == 9.0
    at = pages(content)[-3]
    with pytest.raises(AudioError, match=r"ends after .* of the 9\.00 s|cut"):
        read_audio(saved("a.ogg", content[:at] + bytes(3_000) + content[at + 3_000 :]))


# ---- Core Audio ----


def test_caf_that_was_cut_is_refused(encoded, saved):
    pytest.importorskip("av")  # libsndfile refuses it, but does not say why
    content = encoded("CAF")
    assert read_audio(saved("a.caf", content)).duration == SECONDS
    check_refused(saved("b.caf", content[: len(content) * 6 // 10]), 1.75)


def test_caf_with_an_open_size_is_read_to_its_end(encoded, saved):
    content = bytearray(encoded("CAF"))
    at = content.find(b"data") + 4
    content[at : at + 8] = b"\xff" * 8
    assert read_audio(saved("a.caf", content)).duration == SECONDS


@pytest.mark.parametrize(
    ("claimed", "is_open"),
    [
        (0, True),
        (0x7FFF_F000, True),
        (0x8000_0000, True),
        (0xFFFF_FFDB, True),
        (2**64 - 5, True),
        (0x6000_0000, False),
        (0xC000_0000, False),  # 3 GiB are a size like any other
        (2**40, False),
    ],
)
def test_only_sizes_that_stand_for_no_size_are_open(claimed, is_open):
    assert Extent(44, claimed, 1_000).is_open is is_open


# ---- Old formats ----

PROMISING = ["AVR", "MAT4", "MAT5", "MPC2K", "NIST", "SDS", "SVX", "VOC", "WVE"]
SILENT = ["IRCAM", "PAF", "PVF", "XI"]  # nothing in them says how long they should be


def old(kind, encoded):
    """Return a file of an old format, its length, and that of a file cut at 60 %."""
    options = {"WVE": {"subtype": "ALAW", "sr": 8_000}, "XI": {"subtype": "DPCM_16"}}.get(kind, {})
    content = encoded(kind, **{"sr": 44_100, **options})
    return content, SECONDS, round(0.6 * SECONDS, 2)


@pytest.mark.parametrize("kind", PROMISING)
def test_an_old_format_that_was_cut_is_refused(encoded, saved, kind):
    content, whole, part = old(kind, encoded)
    assert read_audio(saved("whole", content)).duration == pytest.approx(whole, abs=0.01)
    path = saved("cut", content[: len(content) * 6 // 10])
    with pytest.raises(AudioError, match=rf"ends after 1\.\d\d of the {whole}\.0\d s"):
        read_audio(path)
    check_refused(path, part)


@pytest.mark.parametrize("kind", ["MAT4", "MAT5"])
def test_matrices_of_both_byte_orders_are_asked(encoded, saved, kind):
    content = encoded(kind, endian="BIG", n_channels=2)
    assert read_audio(saved("whole", content)).duration == SECONDS
    check_refused(saved("cut", content[: len(content) * 6 // 10]), 1.8)


@pytest.mark.parametrize("kind", SILENT)
def test_an_old_format_without_a_length_is_read_to_its_end(encoded, saved, kind):
    content, _, part = old(kind, encoded)
    clip = read_audio(saved("cut", content[: len(content) * 6 // 10]))
    assert clip.duration == pytest.approx(part, abs=0.03)
