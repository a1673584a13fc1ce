"""Sets of families by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from ..errors import unknown_name
from .dynamics import Dynamics, Loudness, Percussive
from .family import FAMILIES, FeatureFamily
from .harmony import (
    Chroma,
    Intervals,
    Key,
    KeyAndChords,
    MelodyAndBass,
    NoteActivity,
    Register,
    Tonality,
    TonicRelativeHarmony,
    Tonnetz,
    VocalLine,
)
from .rhythm import BandOnsets, BandTempogram, OnsetStrength, Tempo, Tempogram
from .spectrum import (
    BandCorrelation,
    BandDescriptors,
    LongTermSpectrum,
    Roughness,
    SpectralBalance,
    SpectralMoments,
    SpectralStatistics,
)
from .statistics import STATISTICS
from .timbre import (
    MFCC,
    Form,
    LaggedCovariance,
    MFCCCovariance,
    MFCCDynamics,
    ModulationSpectrum,
    TextureWindows,
)
from .voice import (
    Formants,
    SpeechBands,
    SpeechMFCC,
    SpeechModulation,
    SpeechThirds,
    StackedCovariance,
    VoiceCovariance,
    VoicePitch,
    VoiceQuality,
)

__all__ = ["PRESETS", "families_of", "preset"]

Families: TypeAlias = list[FeatureFamily]


def _plain() -> Families:
    """Return the usual set: timbre with its differences, pitch classes, shape of the spectrum."""
    return [MFCC(), Chroma(), SpectralStatistics()]


def _compact() -> Families:
    """Return about a hundred values that a person can read, each a musical word with a unit."""
    return [
        Tempo(),
        OnsetStrength(statistics=("mean", "std")),
        Key(),
        Register(),
        Loudness(),
        Percussive(zones=False),
        SpectralBalance(),
        Roughness(values=("sethares", "layers")),
    ]


def _librosa() -> Families:
    """Return what is usually computed with librosa: seven statistics of each row."""
    seven = (*STATISTICS, "p10", "p90")
    return [
        MFCC(n_mfcc=40, statistics=seven),
        Chroma(statistics=seven),
        Tonnetz(statistics=seven),
        SpectralStatistics(statistics=seven),
        OnsetStrength(statistics=seven),
        Tempo(),
    ]


def _music() -> Families:
    """Return eight families that carry what music makes people feel: the default."""
    return [
        TonicRelativeHarmony(),
        KeyAndChords(),
        NoteActivity(),
        MelodyAndBass(),
        VocalLine(),
        BandOnsets(),
        ModulationSpectrum(),
        MFCCDynamics(),
    ]


def _music_full() -> Families:
    """Return every family that describes music."""
    return [
        *_music(),
        Tonality(),
        Intervals(),
        Tempogram(),
        BandTempogram(),
        Percussive(),
        Dynamics(),
        SpectralMoments(),
        Roughness(),
        LongTermSpectrum(),
        BandDescriptors(),
        BandCorrelation(),
        TextureWindows(),
        MFCCCovariance(),
        LaggedCovariance(),
        Form(),
    ]


def _speech() -> Families:
    """Return six families that carry what a voice expresses."""
    return [
        StackedCovariance(),
        VoicePitch(),
        VoiceQuality(),
        SpeechMFCC(),
        SpeechBands(),
        ModulationSpectrum(),
    ]


def _speech_full() -> Families:
    """Return every family that describes a voice, and the usual set."""
    voice = [family for family in _speech() if not isinstance(family, ModulationSpectrum)]
    return [
        *voice,
        Formants(),
        VoiceCovariance(),
        SpeechThirds(),
        SpeechModulation(),
        *_plain(),
    ]


def _rich() -> Families:
    """Return every family there is."""
    readable = [Tempo(), Key(), Register(), Loudness(), SpectralBalance()]
    return [*_music_full(), *_speech_full(), *readable, Tonnetz(), OnsetStrength()]


PRESETS: Mapping[str, Callable[[], Families]] = MappingProxyType(
    {
        # The means of 40 cepstral coefficients: what the simplest published systems use.
        "mfcc40-mean": lambda: [MFCC(n_mfcc=40, deltas=0, statistics=("mean",))],
        "plain": _plain,
        "compact": _compact,
        "librosa": _librosa,
        "music": _music,
        "music-full": _music_full,
        "speech": _speech,
        "speech-full": _speech_full,
        "rich": _rich,
    }
)


def preset(name: str) -> list[FeatureFamily]:
    """Return the families of a preset.

    Parameters
    ----------
    name : str
        A name from `PRESETS`.

    Returns
    -------
    list of FeatureFamily
        New objects, with the parameters of the preset.

    Raises
    ------
    InputError
        If there is no such preset; the message names the nearest.

    Examples
    --------
    >>> preset("mfcc40-mean")
    [MFCC(deltas=0, n_mfcc=40, statistics=('mean',))]
    """
    if name not in PRESETS:
        raise unknown_name("feature preset", name, PRESETS)
    return PRESETS[name]()


def families_of(name: str) -> list[FeatureFamily]:
    """Return the families of a preset, or one family with its defaults.

    Parameters
    ----------
    name : str
        A name from `PRESETS` or from `FAMILIES`.

    Returns
    -------
    list of FeatureFamily
        New objects.

    Raises
    ------
    InputError
        If no preset and no family has this name; the message names the nearest.

    Examples
    --------
    >>> families_of("mfcc")
    [MFCC()]
    """
    if name in PRESETS:
        return preset(name)
    if name in FAMILIES:
        return [FAMILIES[name]()]
    raise unknown_name("preset or family", name, [*PRESETS, *FAMILIES])
