"""The honest table: our models on real corpora, groups apart, beside what they must beat.

    python benchmarks/results.py              # writes benchmarks/RESULTS.md: a quarter of an hour
    python benchmarks/results.py --only deam  # prints the sections whose name begins so
    python benchmarks/results.py --small      # rendered music, two models, printed: seconds

The data are those of ``$MER_DATA`` (default ``../shared/data``).
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from mer_sklearn import EmotionPipeline, compare, load_dataset, make_emotion_clips
from mer_sklearn.evaluation.compare import Comparison
from mer_sklearn.evaluation.tables import as_markdown, number

DATA = Path(os.environ.get("MER_DATA", "../shared/data"))
TABLES = DATA / "feature_tables"
NUMBERS = ("ridge", "svr", "kernel", "mlp")
CLASSES = ("logistic", "svm", "kernel", "mlp")
BOOSTED = (
    "xgboost"  # for narrow tables; on the wide ones of audio it costs a hundred times the rest
)

HEAD = """# Results

Written by `python benchmarks/results.py`; do not edit. {versions}.

Every score is of rows whose group (artist, actor) the model has not heard, pooled over the folds
and averaged over the repeats. *95%* is a bootstrap over groups (`evaluation/intervals.py`);
`python benchmarks/check_intervals.py` measures how often such intervals hold the truth. *behind* is
the paired difference from the best row, its interval at 95 % for all rows together; a winner is
named only where none of these holds 0. *random split* ignores groups, and *optimism* is what it
promises too much. Below the models stand the answers that do not listen, and the *ceiling* that the
raters' own noise sets. Times are of one busy core, sizes of the pipeline without its features.

Each table is what `mer compare` prints, such as

    mer compare ravdess:$MER_DATA/ravdess_speech --pipelines plain+svm,mfcc40-mean+svm \\
        --cv logo --metric accuracy --optimism --markdown

The clips are excerpts, shortened and coded anew, so the scores are not comparable with published
ones.
"""


def on_presets(models, *presets):
    """Return a pipeline for each model on each preset."""
    return {
        f"{features} + {model}": EmotionPipeline(features, model=model, random_state=0)
        for features in ("mfcc40-mean", "plain", *presets)
        for model in models
    }


def with_parts(features, model):
    """Return a pipeline that learns a clip's halves too, by its name."""
    pipeline = EmotionPipeline(features, model=model, parts=True, random_state=0)
    return {f"{features} + {model}, parts": pipeline}


def on_table(models):
    """Return a pipeline for each model, for ready features."""
    return {
        model: EmotionPipeline(None, model=model, random_state=0) for model in (*models, BOOSTED)
    }


def emotify() -> Iterator[str]:
    songs = load_dataset("emotify", DATA / "emotify")
    pipelines = (
        on_presets(NUMBERS, "music")
        | on_presets(["kernel"], "music-full")
        | with_parts("music", "kernel")
    )
    found = compare(pipelines, songs, target="gems", cv="5x5", metric="pearson", optimism=True)
    yield "## Emotify, nine shares, 400 songs\n\n" + found.to_markdown()
    yield by_target(found, "pearson", "r2")


def ravdess() -> Iterator[str]:
    speech = load_dataset("ravdess", DATA / "ravdess_speech")
    pipelines = (
        on_presets(CLASSES, "speech")
        | on_presets(["kernel"], "speech-full")
        | with_parts("speech", "kernel")
    )
    for target, what in (("emotion", "8 classes"), ("emotion_sex", "14 classes")):
        found = compare(
            pipelines,
            speech,
            target=target,
            cv="logo",
            metric="accuracy",
            optimism=True,
        )
        yield f"## RAVDESS speech, {what}, 6 actors\n\n" + found.to_markdown()
        yield "Accuracy of each actor:\n\n" + by_actor(found)


def deam() -> Iterator[str]:
    for target in ("valence", "arousal"):
        songs = load_dataset(
            "ready",
            TABLES / "deam_opensmile_song_means.csv",
            target=f"{target}_mean",
            task="regression",
            scale=(1, 9),
        )
        found = compare(on_table(NUMBERS), songs, cv="5x5", optimism=True)
        title = f"## Table: DEAM, {target} (corrected labels, from -1 to 1), 130 openSMILE means"
        yield f"{title}\n\n{found.to_markdown()}"


def table_4q() -> Iterator[str]:
    songs = load_dataset("ready", TABLES / "4q_top100_features.csv", target="Quadrant")
    yield of_table("4Q, quadrants, 100 features", songs)


def table_turkish() -> Iterator[str]:
    songs = load_dataset("ready", TABLES / "turkish_music_emotion.csv", target="Class")
    yield of_table("Turkish music, 4 classes, 50 MIRtoolbox features (no artists known)", songs)


def table_pop_rock() -> Iterator[str]:
    songs = load_dataset(
        "ready", TABLES / "pop_rock_75_librosa_stats.csv", target="class", drop="label"
    )
    artists = songs.frame["song_name"].str.split(" - ").str[0]
    songs = replace(
        songs, groups=artists.to_numpy(dtype=object), info=replace(songs.info, group="artist")
    )
    yield of_table("pop and rock, 4 classes, 54 librosa statistics, 75 songs", songs)


def of_table(title, songs) -> str:
    found = compare(on_table(CLASSES), songs, cv="5x5", metric="accuracy", optimism=True)
    return f"## Table: {title}\n\n{found.to_markdown()}"


def rendered() -> Iterator[str]:
    music = make_emotion_clips(60, random_state=0, duration=2.0)
    pipelines = {
        model: EmotionPipeline("mfcc40-mean", model=model, random_state=0)
        for model in ("ridge", "kernel")
    }
    found = compare(pipelines, music, target="va", optimism=True)
    yield "## Rendered music, valence and arousal\n\n" + found.to_markdown()
    yield by_target(found, "r2", "pearson")


def by_target(found: Comparison, *metrics: str) -> str:
    """Return the scores of each target, of the best pipeline."""
    name, best = next(iter(found.results.items()))
    columns = {"": list(best.by_target)}
    for metric in metrics:
        columns[metric] = [number(of["scores"][metric]) for of in best.by_target.values()]
        ends = [of["intervals"][metric] for of in best.by_target.values()]
        columns[f"{metric} 95%"] = [f"[{number(low)}, {number(high)}]" for low, high in ends]
    return f"By target, {name}:\n\n{as_markdown(columns)}"


def by_actor(found: Comparison) -> str:
    """Return the accuracy of each actor, of each pipeline."""
    actors = next(iter(found.results.values())).by_group.index
    columns = {"actor": [str(actor) for actor in actors]}
    for name, result in found.results.items():
        columns[name] = [number(result.by_group.loc[actor, "accuracy"]) for actor in actors]
    return as_markdown(columns)


SECTIONS: dict[str, Callable[[], Iterator[str]]] = {
    "emotify": emotify,
    "ravdess": ravdess,
    "deam": deam,
    "4q": table_4q,
    "turkish": table_turkish,
    "pop": table_pop_rock,
}


def versions() -> str:
    names = ("mer-sklearn", "scikit-learn", "xgboost", "numpy")
    found = []
    for name in names:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:  # xgboost-cpu is xgboost by another name
            found.append(f"{name} {importlib.metadata.version(name + '-cpu')}")
    return ", ".join(found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="rendered music, printed")
    parser.add_argument("--only", metavar="NAME", help=f"print one of {', '.join(SECTIONS)}")
    parser.add_argument("--output", default=str(Path(__file__).with_name("RESULTS.md")))
    options = parser.parse_args()
    if options.small or options.only:
        chosen = [rendered] if options.small else [SECTIONS[options.only]]
        for section in chosen:
            for part in section():
                print(part, end="\n\n", flush=True)
        return 0
    parts = [HEAD.format(versions=versions()).strip()]
    for name, section in SECTIONS.items():
        print(name, file=sys.stderr, flush=True)
        parts += section()
        Path(options.output).write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
