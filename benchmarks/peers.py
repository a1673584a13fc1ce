"""How others get from a file to a row: what `bench_extract.py` compares with.

Each function takes a file and returns the row. Those of librosa are written as their users write
them, or as well as librosa allows (`librosa_shared`: one transform for all); the others decode with
our `read_audio` where they have no decoder of their own, which favours them.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from mer_sklearn import read_audio
from mer_sklearn.errors import first_line

__all__ = ["KAISER", "SHARED", "SOXR", "Row", "available", "shared_features"]

Row = Callable[[str], npt.NDArray[np.floating]]
SOXR = "librosa.load(soxr_hq), 40 MFCC means"
KAISER = "librosa.load(kaiser_fast), 40 MFCC means"
SHARED = "librosa, one STFT for the usual set"


def librosa_recipe(file: str, resampler: str) -> npt.NDArray[np.floating]:
    """The usual recipe of published systems: means of 40 coefficients."""
    import librosa

    y, sr = librosa.load(file, res_type=resampler)
    return librosa.feature.mfcc(y=y, sr=sr, n_mfcc=40).mean(axis=1)


def librosa_shared(file: str) -> npt.NDArray[np.floating]:
    """The usual set of librosa's features with everything shared that can be shared."""
    import librosa

    return shared_features(*librosa.load(file, res_type="soxr_hq"))


def shared_features(y: npt.NDArray[np.float32], sr: float) -> npt.NDArray[np.floating]:
    """The same, of a signal."""
    import librosa
    from librosa import feature

    magnitude = np.abs(librosa.stft(y))
    power = magnitude**2
    mel_db = librosa.power_to_db(feature.melspectrogram(S=power, sr=sr))
    mfcc = feature.mfcc(S=mel_db, n_mfcc=20)
    chroma = feature.chroma_stft(S=power, sr=sr, tuning=0.0)
    centroid = feature.spectral_centroid(S=magnitude, sr=sr)
    onset = librosa.onset.onset_strength(S=mel_db, sr=sr)
    series = [
        *(mfcc, feature.delta(mfcc), feature.delta(mfcc, order=2)),
        *(chroma, feature.tonnetz(chroma=chroma, sr=sr)),
        centroid,
        feature.spectral_bandwidth(S=magnitude, sr=sr, centroid=centroid),
        feature.spectral_rolloff(S=magnitude, sr=sr),
        feature.spectral_flatness(S=magnitude),
        feature.spectral_contrast(S=magnitude, sr=sr),
        feature.rms(S=magnitude),
        feature.zero_crossing_rate(y),
        onset[None],
    ]
    rows = np.concatenate(series, axis=0)
    quantiles = np.quantile(rows, [0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0], axis=1)
    steps = np.sqrt(np.mean(np.diff(rows, axis=1) ** 2, axis=1))
    tempo = feature.tempo(onset_envelope=onset, sr=sr)
    return np.concatenate([rows.mean(axis=1), rows.std(axis=1), steps, quantiles.ravel(), tempo])


def opensmile_egemaps() -> Row:
    """openSMILE's eGeMAPSv02, at the 16 kHz it was made for."""
    import opensmile

    smile = opensmile.Smile(
        feature_set=opensmile.FeatureSet.eGeMAPSv02,
        feature_level=opensmile.FeatureLevel.Functionals,
    )
    return lambda file: smile.process_signal(read_audio(file, sr=16_000).signal, 16_000).to_numpy()


def audioflux_mel() -> Row:
    """audioFlux: 128 mel bands, 40 cepstral coefficients, three descriptors; means."""
    import audioflux as af

    mel = af.BFT(
        128,
        radix2_exp=11,
        samplate=22_050,
        slide_length=512,
        scale_type=af.type.SpectralFilterBankScaleType.MEL,
        data_type=af.type.SpectralDataType.POWER,
    )
    cepstrum = af.XXCC(128)
    descriptors = af.Spectral(128, mel.get_fre_band_arr())

    def row(file: str) -> npt.NDArray[np.floating]:
        bands = np.ascontiguousarray(np.abs(mel.bft(read_audio(file).signal)), np.float32)
        cepstrum.set_time_length(bands.shape[1])
        descriptors.set_time_length(bands.shape[1])
        rows = [bands, cepstrum.xxcc(bands, 40)]
        rows += [
            getattr(descriptors, name)(bands)[None] for name in ("centroid", "rolloff", "flux")
        ]
        return np.concatenate([part.mean(axis=1) for part in rows])

    return row


def essentia_mfcc() -> Row:
    """Essentia: its own decoder and resampler, means of 40 coefficients."""
    import essentia
    import essentia.standard as es

    essentia.log.infoActive = essentia.log.warningActive = False
    window = es.Windowing(type="hann")
    spectrum = es.Spectrum(size=2_048)
    mfcc = es.MFCC(inputSize=1_025, sampleRate=22_050, numberBands=128, numberCoefficients=40)

    def row(file: str) -> npt.NDArray[np.floating]:
        signal = es.MonoLoader(filename=file, sampleRate=22_050)()
        frames = es.FrameGenerator(signal, frameSize=2_048, hopSize=512)
        return np.mean([mfcc(spectrum(window(frame)))[1] for frame in frames], axis=0)

    return row


# By name: the package that is needed, and what makes the function.
PEERS: dict[str, tuple[str, Callable[[], Row]]] = {
    SOXR: ("librosa", lambda: functools.partial(librosa_recipe, resampler="soxr_hq")),
    KAISER: ("resampy", lambda: functools.partial(librosa_recipe, resampler="kaiser_fast")),
    SHARED: ("librosa", lambda: librosa_shared),
    "essentia, 40 MFCC means": ("essentia", essentia_mfcc),
    "audioflux, mel, 40 coefficients, spectral": ("audioflux", audioflux_mel),
    "opensmile, eGeMAPSv02": ("opensmile", opensmile_egemaps),
}


def available() -> dict[str, Row]:
    """Return what is installed, by name, and say of the rest why it is missing."""
    found = {}
    for name, (package, make) in PEERS.items():
        if importlib.util.find_spec(package) is None:
            print(f"no row for {name}: {package} is absent (pip install 'mer-sklearn[bench]')")
            continue
        try:
            found[name] = make()
        except Exception as error:  # whatever ails it, the others are measured
            print(f"no row for {name}: {package} fails ({first_line(error)})")
    return found
