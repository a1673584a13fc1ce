"""What each family of features is worth: columns, cost, and scores with groups apart.

    python benchmarks/families.py emotify:$MER_DATA/emotify --target gems --metric pearson
    python benchmarks/families.py ravdess:$MER_DATA/ravdess_speech --cv logo --metric accuracy
    python benchmarks/families.py --small        # rendered music, three families: seconds

A row of the table is a family: its columns; what it costs, in units of decoding the same file (the
families it is listed with share one spectrum, whose cost stands in the first row); and the score of
`--model` by `mer_sklearn.evaluate`

alone      on the family by itself
with       on the families of `--beside` (the preset plain) and this one
without    on all families but this one

The last rows are the presets. Features are extracted once and kept in `--cache`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import soundfile

from mer_sklearn import (
    AudioFeatures,
    Dataset,
    EmotionPipeline,
    evaluate,
    load_dataset,
    make_emotion_clips,
    read_audio,
)
from mer_sklearn.evaluation.tables import as_markdown
from mer_sklearn.features import PRESETS, FeatureFamily, preset
from mer_sklearn.features.clip_series import ClipSeries, clip_series
from mer_sklearn.features.ops import NumpyOps

TIMED = 4  # files
SMALL = ("mfcc", "chroma", "spectral")


class Scorer:
    """Scores of some columns of one table."""

    def __init__(self, corpus: Dataset, options: argparse.Namespace) -> None:
        self.corpus, self.options = corpus, options
        self.y = corpus.y(options.target)

    def table(self, families: Sequence[FeatureFamily]) -> pd.DataFrame:
        """Return the columns of some families for all files."""
        features = AudioFeatures(list(families), cache=self.options.cache, n_jobs=self.options.jobs)
        return features.set_output(transform="pandas").fit_transform(self.corpus.X)

    def __call__(self, table: pd.DataFrame) -> float:
        """Return the mean score of a table."""
        pipeline = EmotionPipeline(None, model=self.options.model, random_state=0)
        found = evaluate(
            pipeline, table, self.y, groups=self.corpus.groups, cv=self.options.cv, random_state=0
        )
        return found.scores[self.options.metric]


def cost(families: Sequence[FeatureFamily], files: Sequence[str]) -> dict[str, float]:
    """Return the CPU time of the spectrum's series and of each family, in units of decoding."""
    needs = list(dict.fromkeys(name for family in families for name in family.needs))
    found: dict[str, list[float]] = {}
    for file in files:
        decoding = spent(lambda: soundfile.read(file, dtype="float32"))  # noqa: B023
        signal = read_audio(file).signal[None]
        whole = spent(lambda: clip_series(NumpyOps(), signal, needs))  # noqa: B023
        found.setdefault("", []).append(whole / decoding)
        clip = clip_series(NumpyOps(), signal, needs)
        series = {name: getattr(clip, name) for name in needs}
        for family in families:
            n_samples = signal.shape[1]
            columns = spent(
                lambda: family.columns(ClipSeries(NumpyOps(), series, n_samples))  # noqa: B023
            )
            found.setdefault(family.name, []).append(columns / decoding)
    return {name: statistics.median(ratios) for name, ratios in found.items()}


def spent(function: Callable[[], object], repeats: int = 3) -> float:
    """Return the least CPU time of a call."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return min(times)


def rows(
    scorer: Scorer, families: Sequence[FeatureFamily], beside: Sequence[str], files: Sequence[str]
) -> dict[str, list[str]]:
    """Return the table, column by column."""
    tables = {family.name: scorer.table([family]) for family in families}
    costs = cost(families, files)
    near = [tables[name] for name in beside if name in tables]
    every = pd.concat(tables.values(), axis=1)
    named = {"spectrum and series": ["", f"{costs['']:.2f}", "", "", ""]}
    for name, table in tables.items():
        rest = every.drop(columns=table.columns)
        scores = [
            scorer(table),
            scorer(pd.concat([*near, table], axis=1)) if name not in beside else np.nan,
            scorer(rest) if len(rest.columns) else np.nan,
        ]
        shown = ["" if np.isnan(score) else f"{score:.3f}" for score in scores]
        named[name] = [str(len(table.columns)), f"{costs[name]:.3f}", *shown]
        print(name, named[name], file=sys.stderr, flush=True)
    named["all"] = [str(len(every.columns)), "", f"{scorer(every):.3f}", "", ""]
    heads = ["columns", "cost", "alone", f"with {scorer.options.beside}", "without"]
    return {"family": list(named)} | {
        head: [values[i] for values in named.values()] for i, head in enumerate(heads)
    }


def presets(scorer: Scorer) -> dict[str, list[str]]:
    """Return the score of each preset."""
    tables = {name: scorer.table(preset(name)) for name in PRESETS}
    return {
        "preset": list(tables),
        "columns": [str(len(table.columns)) for table in tables.values()],
        scorer.options.metric: [f"{scorer(table):.3f}" for table in tables.values()],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", nargs="?", help="NAME:ROOT of a corpus")
    parser.add_argument("--target", default=None)
    parser.add_argument("--model", default="kernel")
    parser.add_argument("--metric", default="r2")
    parser.add_argument("--cv", default="5x5")
    parser.add_argument("--beside", default="plain", help="preset that each family is added to")
    parser.add_argument("--cache", default=None, help="folder of the feature cache")
    parser.add_argument("--jobs", type=int, default=None)
    parser.add_argument("--small", action="store_true", help="rendered music, three families")
    options = parser.parse_args()
    if not options.small and options.source is None:
        parser.error("give a corpus as NAME:ROOT, or --small")

    with tempfile.TemporaryDirectory() as folder:
        if options.small:
            options.cv = 2
            corpus, files = rendered(folder)
        else:
            name, _, root = options.source.partition(":")
            corpus = load_dataset(name, root)
            files = list(map(str, corpus.paths[:: max(1, len(corpus.paths) // TIMED)]))[:TIMED]
        options.target = options.target or corpus.targets[0]
        scorer = Scorer(corpus, options)
        families = [f for f in preset("rich") if not options.small or f.name in SMALL]
        beside = [family.name for family in preset(options.beside)]
        print(f"{options.metric} of {options.model}, {options.target}, groups apart, {options.cv}")
        print(as_markdown(rows(scorer, families, beside, files)))
        if not options.small:
            print("\n" + as_markdown(presets(scorer)))
    return 0


def rendered(folder: str) -> tuple[Dataset, list[str]]:
    """Return rendered music and one file of it."""
    corpus = make_emotion_clips(16, random_state=0, duration=2.0)
    file = str(Path(folder) / "clip.wav")
    soundfile.write(file, corpus.X[0].signal, corpus.X[0].sr)
    return corpus, [file]


if __name__ == "__main__":
    sys.exit(main())
