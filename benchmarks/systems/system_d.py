"""System D: valence and arousal of DEAM's songs from mel spectra, shifted and masked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .common import (
    Line,
    Roots,
    System,
    constant,
    deam_songs,
    deam_source,
    heard,
    line,
    lines,
    on_table,
)
from .copies import WithCopies, mask, shift, side_by_side, with_copies

MEL = "ltas"  # thirds of octaves, where there is audio


def protocols(roots: Roots) -> Iterator[Line | str]:
    songs, copied = deam_songs(roots, repair=True), None
    if not songs.is_ready:
        copied = side_by_side(with_copies(songs, [MEL], [shift, mask])).X
    for labels, repair in (("as published", False), ("repaired", True)):
        songs = deam_songs(roots, repair=repair)
        mel, rich = heard(songs, [MEL], r"pcm_fftMag"), heard(songs, "plain", ".")
        networks = {"mean": constant(), "mel, mlp": on_table("mlp")}
        models = {"all, ridge": on_table("ridge")}
        models |= {} if roots.small else {"all, xgboost": on_table("xgboost")}
        for protocol, cv in (("original", "random"), ("honest", roots.cv)):
            yield from lines(protocol, labels, networks, mel, cv=cv)
            yield from lines(protocol, labels, models, rich, cv=cv)
            if copied is not None:
                network, copies = WithCopies(on_table("mlp"), n_copies=2), replace(songs, X=copied)
                yield line(protocol, f"{labels}, mel, mlp, copies", network, copies, cv=cv)


SYSTEM = System(
    title="System D: DEAM's songs on the plane, mel spectra, a residual network",
    published=(
        "no number. Others have on DEAM, with splits of their own, R2 0.51 valence and 0.60 "
        "arousal (Music2Emo, a pretrained network), and 0.46 and 0.67 (PANNs and a network)."
    ),
    here=(
        "needs the songs: means of thirds of octaves in place of spectra of 128 mel bands, and "
        "other models in place of the residual network. Copies of training rows are one that is "
        "shifted and one that is masked in time and band, made of the sound and of the whole song; "
        "published are masks of the spectrogram, drawn anew with a probability of one half each "
        "time a row is learned, and 30 s. Without the songs the inputs are the spectral means of "
        "the ready table (bands, moments, 14 MFCC), or all of it, without copies. The split is not "
        "published; a random one stands for it."
    ),
    misleads=(
        "nothing could be checked: no number, no split; the labels of 744 songs are exchanged; "
        "clips are said to last 30 s where the label is of 45 s, and of whole songs from 2001 on."
    ),
    protocols=protocols,
    source=deam_source,
)
