"""How far each family's ONNX form is from numpy, on real clips and on made signals.

    python benchmarks/parity.py                     # real clips of $MER_DATA, and made signals
    python benchmarks/parity.py --preset music      # the families of one preset
    python benchmarks/parity.py --small             # rendered clips, preset plain: seconds

A row is a family, traced by itself and run by onnxruntime:

real        largest difference on real clips, in units of the column's spread over the clips, and
            what 99.9 % of the cells stay below
made        largest difference on made signals (silence, clicks, one sample, ...), in units of the
            value or the spread, whichever is larger, and the signal it is found on
nodes, kB   of the family's own graph
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import ndonnx as ndx
import numpy as np
import onnxruntime
import spox

from mer_sklearn import make_emotion_clips, read_audio
from mer_sklearn.artifact.signals import made_signals
from mer_sklearn.artifact.slimming import slim
from mer_sklearn.evaluation.tables import as_markdown
from mer_sklearn.features import FeatureFamily, preset
from mer_sklearn.features.onnx_ops import GraphOps
from mer_sklearn.features.ops import NumpyOps
from mer_sklearn.features.rows import family_columns

DATA = Path(os.environ.get("MER_DATA", "../shared/data"))
SECONDS = 15.0


def real_clips(count: int = 12) -> dict[str, np.ndarray]:
    """Return middle parts of songs and whole utterances, evenly spaced over the corpora."""
    found = {}
    for pattern in ("emotify/excerpts/*/*.mp3", "ravdess_speech/*/*.flac"):
        files = sorted(DATA.glob(pattern))
        for file in files[:: max(1, len(files) // count)][:count]:
            found[file.name] = read_audio(file, duration=SECONDS).signal
    return found


def graph_of(family: FeatureFamily) -> tuple[onnxruntime.InferenceSession, int, float]:
    """Return a session of the family's own graph, its nodes and its size in kB."""
    signal = ndx.argument(shape=("n_clips", "n_samples"), dtype=ndx.float32)
    (columns,) = family_columns(GraphOps(), signal, [family])
    model = spox.build({"waveform": signal.unwrap_spox()}, {"columns": columns.unwrap_spox()})
    slim(model)
    content = model.SerializeToString()
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, settings, providers=["CPUExecutionProvider"])
    return session, len(model.graph.node), len(content) / 1e3


def row(
    family: FeatureFamily, real: dict[str, np.ndarray], made: dict[str, np.ndarray]
) -> list[str]:
    """Return the row of a family."""
    session, nodes, size = graph_of(family)

    def both(signal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        (ours,) = family_columns(NumpyOps(), signal[None], [family])
        return ours[0], session.run(None, {"waveform": signal[None]})[0][0]

    pairs = [both(signal) for signal in real.values()]
    ours, theirs = (np.array(part, np.float64) for part in zip(*pairs, strict=True))
    spread = np.maximum(ours.std(axis=0), 1e-3 * np.abs(ours).max(axis=0)) + 1e-30
    off = np.abs(ours - theirs) / spread
    edges = {}
    for name, signal in made.items():
        mine, other = (part.astype(np.float64) for part in both(signal))
        if not (np.isfinite(mine).all() and np.isfinite(other).all()):
            return [family.name, "not finite", "", name, "", ""]
        edges[name] = float((np.abs(mine - other) / np.maximum(np.abs(mine), spread)).max())
    worst = max(edges, key=edges.__getitem__)
    return [
        family.name,
        f"{off.max():.1e}",
        f"{np.quantile(off, 0.999):.1e}",
        f"{edges[worst]:.1e} ({worst})",
        str(nodes),
        f"{size:.0f}",
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="rich")
    parser.add_argument("--small", action="store_true", help="rendered clips, preset plain")
    options = parser.parse_args()
    families = preset("plain" if options.small else options.preset)
    if options.small:
        real = {str(i): clip.signal for i, clip in enumerate(make_emotion_clips(6).X)}
    else:
        real = real_clips()
    table = [row(family, real, made_signals()) for family in families if family.exports]
    heads = ("family", "real", "99.9 %", "made", "nodes", "kB")
    print(f"{len(real)} clips, {len(made_signals())} made signals")
    print(
        as_markdown(
            {
                head: list(column)
                for head, column in zip(heads, zip(*table, strict=True), strict=True)
            }
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
