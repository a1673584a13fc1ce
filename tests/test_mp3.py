"""MP3 without a length: the count of its frames gives it all its samples; and a noisy decoder."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import soundfile

from mer_sklearn.audio import read_audio
from mer_sklearn.decoding.mp3 import count_frames
from mer_sklearn.errors import AudioError

RATES = [8_000, 11_025, 16_000, 24_000, 32_000, 44_100]  # MPEG-2.5, MPEG-2, MPEG-1


@pytest.fixture
def stripped(tmp_path):
    """Return a path to an mp3 without the frame that tells its length, and the samples."""

    def stripped(sr=44_100, mode="VARIABLE", n_channels=1, before=b"", after=b""):
        time = np.arange(8 * sr) / sr
        loud = time.astype(int) % 3 == 2  # silence and noise ask for other bit rates
        rng = np.random.default_rng(440)
        samples = loud[:, None] * rng.uniform(-0.5, 0.5, (len(time), n_channels))
        path = tmp_path / "tagged.mp3"
        soundfile.write(path, samples, sr, bitrate_mode=mode, compression_level=0.5)
        content = path.read_bytes()
        tag = max(content.find(b"Xing"), content.find(b"Info"))
        second = content.find(content[:2], tag)  # the next frame begins as the first does
        return path, _write(tmp_path / "stripped.mp3", before + content[second:] + after)

    return stripped


def _write(path, content):
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize("sr", RATES)
def test_all_samples_come_out(stripped, sr, n_channels):
    whole, signal = (
        read_audio(path, sr=None).signal for path in stripped(sr, n_channels=n_channels)
    )
    # The tag also tells what the encoder put before the music; without it that stays.
    lag = int(np.argmax(np.correlate(signal[2 * sr : 3 * sr + 3_000], whole[2 * sr : 3 * sr])))
    assert lag < 2_500
    n = min(len(whole), len(signal) - lag)
    assert n > len(whole) - 1152
    np.testing.assert_allclose(signal[lag + 2_000 : lag + n], whole[2_000:n], atol=1e-4)


def test_a_stream_of_constant_bit_rate_is_left_alone(stripped):
    tagged, path = stripped(mode="CONSTANT")
    assert not count_frames(path).head
    assert read_audio(path).duration >= read_audio(tagged).duration


def test_a_file_that_tells_its_length_is_left_alone(stripped):
    assert count_frames(stripped()[0]) is None


def test_tags_around_the_stream_do_no_harm(stripped):
    expected = read_audio(stripped()[1]).signal
    id3 = b"ID3\4\0\0" + bytes([0, 0, 1, 2]) + b"\xff\xfb" * 65
    path = stripped(before=id3 + id3, after=b"TAG" + b"x" * 125)[1]
    np.testing.assert_allclose(read_audio(path).signal, expected, atol=1e-6)


def test_a_segment_of_a_counted_stream_is_a_slice(stripped):
    path = stripped()[1]
    whole = read_audio(path, sr=None).signal
    part = read_audio(path, offset=5.0, duration=1.0, sr=None).signal
    np.testing.assert_allclose(part, whole[220_500:264_600], atol=1e-6)


@pytest.mark.parametrize(
    "content", [b"\xff", b"ID3", b"ID3\4\0\0\x7f\x7f\x7f\x7f", b"\xff\xfb\x90\x00", b"text" * 99]
)
def test_what_is_no_stream_is_left_alone(tmp_path, content):
    path = tmp_path / "a.mp3"
    path.write_bytes(content)
    assert count_frames(path) is None


# ---- A decoder that says too much ----


@pytest.fixture
def damaged(tmp_path, rng):
    """Return the path of an mp3 on which the decoder has something to say."""
    path = tmp_path / "damaged.mp3"
    soundfile.write(path, rng.uniform(-0.5, 0.5, 88_200), 44_100)
    content = bytearray(path.read_bytes())
    content[5_000:5_400] = bytes(400)
    return _write(path, content)


def test_the_decoder_does_not_write_to_the_terminal(damaged, capfd):
    soundfile.read(damaged)
    assert capfd.readouterr().err  # the file is bad enough
    read_audio(damaged)
    assert capfd.readouterr().err == ""


def test_standard_error_is_there_again_afterwards(damaged, tmp_path, capfd):
    read_audio(damaged)
    with pytest.raises(AudioError):
        read_audio(_write(tmp_path / "text.mp3", b"no audio"))
    os.write(2, b"still here")
    assert capfd.readouterr().err == "still here"


def test_threads_may_decode_at_once(damaged, capfd):
    with ThreadPoolExecutor(4) as pool:
        lengths = set(pool.map(lambda _: len(read_audio(damaged).signal), range(40)))
    os.write(2, b"still here")
    assert len(lengths) == 1
    assert capfd.readouterr().err == "still here"


def test_a_process_without_standard_error_decodes_as_well(damaged):
    code = (
        f"import os; os.close(2); from mer_sklearn import read_audio; read_audio({str(damaged)!r})"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
