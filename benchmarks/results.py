"""The honest table: our models on real corpora, groups apart, beside what they must beat.

    python benchmarks/results.py                 # writes benchmarks/RESULTS.md: half an hour
    python benchmarks/results.py --only deam     # prints the sections whose name begins so
    python benchmarks/results.py --only systems  # published systems, each in two splits
    python benchmarks/results.py --small         # rendered music and speech, printed: seconds

The data are those of ``--data`` (default ``$MER_DATA``, or ``../shared/data``); ``--deam`` and
``--ravdess`` name full copies, with audio. What is not there is left out, and said.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from systems import SYSTEMS, Roots
from systems.common import AXES, TABLE, recordings_apart
from systems.layouts import small_roots

from mer_sklearn import EmotionPipeline, MerError, compare, load_dataset, make_emotion_clips
from mer_sklearn.evaluation.compare import Comparison
from mer_sklearn.evaluation.tables import as_markdown, number

DATA = Path(os.environ.get("MER_DATA", "../shared/data"))
NUMBERS = ("ridge", "svr", "kernel", "mlp")
CLASSES = ("logistic", "svm", "kernel", "mlp")
PRESETS = ("mfcc40-mean", "plain")
TREES = ("forest", "xgboost")  # on wide tables xgboost costs a hundred times the rest

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

The last sections are published systems as recipes (`benchmarks/systems/`), each in the split that
was published (*original*) and with groups apart (*honest*). Where their audio is missing they run
on ready features, which they say; so it is the splits, the labels and the trivial answers that can
be compared with the published numbers, not the inputs. An interval is left out where the groups are
few and stand on both sides. *Transductive* knows all clips of a tested speaker, without labels.

Three recordings of DEAM stand under two artists each (songs 296 and 706, 390 and 758, 631 and 893:
equal in every feature); wherever artists are apart, two who share a recording count as one.
"""


def on_presets(models, *presets):
    """Return a pipeline for each model on each preset."""
    return {
        f"{features} + {model}": EmotionPipeline(features, model=model, random_state=0)
        for features in presets
        for model in models
    }


def with_parts(features, model):
    """Return a pipeline that learns a clip's halves too, by its name."""
    pipeline = EmotionPipeline(features, model=model, parts=True, random_state=0)
    return {f"{features} + {model}, parts": pipeline}


def for_table(models):
    """Return a pipeline for each model, trees as well, for ready features."""
    return {
        model: EmotionPipeline(None, model=model, random_state=0) for model in (*models, *TREES)
    }


def emotify(roots: Roots) -> Iterator[str]:
    songs = load_dataset("emotify", roots.data / "emotify")
    pipelines = on_presets(NUMBERS, *PRESETS, "music", "music-full") | with_parts("music", "kernel")
    found = compare(pipelines, songs, target="gems", cv="5x5", metric="pearson", optimism=True)
    yield "## Emotify, nine shares, 400 songs\n\n" + found.to_markdown()
    yield by_target(found, "pearson", "r2")
    trees = on_presets(("kernel", *TREES), "plain", "music")
    found = compare(trees, songs, target="gems", cv=5, metric="pearson")
    yield "Models of trees, in five folds once:\n\n" + found.to_markdown()


def ravdess(roots: Roots) -> Iterator[str]:
    speech = load_dataset("ravdess", roots.data / "ravdess_speech")
    pipelines = on_presets(CLASSES, *PRESETS, "speech", "speech-full")
    pipelines |= with_parts("speech", "kernel") | on_presets(TREES, "plain", "speech")
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


def deam(roots: Roots) -> Iterator[str]:
    for target in AXES:
        songs = load_dataset(
            "ready",
            roots.tables / TABLE,
            target=f"{target}_mean",
            task="regression",
            scale=(1, 9),
        )
        found = compare(for_table(NUMBERS), recordings_apart(songs), cv="5x5", optimism=True)
        title = f"## Table: DEAM, {target} (corrected labels, from -1 to 1), 130 openSMILE means"
        yield f"{title}\n\n{found.to_markdown()}"


def table_4q(roots: Roots) -> Iterator[str]:
    songs = load_dataset("ready", roots.tables / "4q_top100_features.csv", target="Quadrant")
    yield of_table("4Q, quadrants, 100 features", songs)


def table_turkish(roots: Roots) -> Iterator[str]:
    songs = load_dataset("ready", roots.tables / "turkish_music_emotion.csv", target="Class")
    yield of_table("Turkish music, 4 classes, 50 MIRtoolbox features (no artists known)", songs)


def table_pop_rock(roots: Roots) -> Iterator[str]:
    songs = load_dataset(
        "ready", roots.tables / "pop_rock_75_librosa_stats.csv", target="class", drop="label"
    )
    artists = songs.frame["song_name"].str.split(" - ").str[0]
    songs = replace(
        songs, groups=artists.to_numpy(dtype=object), info=replace(songs.info, group="artist")
    )
    yield of_table("pop and rock, 4 classes, 54 librosa statistics, 75 songs", songs)


def of_table(title, songs) -> str:
    found = compare(for_table(CLASSES), songs, cv="5x5", metric="accuracy", optimism=True)
    return f"## Table: {title}\n\n{found.to_markdown()}"


def rendered(_: Roots) -> Iterator[str]:
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


SECTIONS: dict[str, Callable[[Roots], Iterator[str]]] = {
    "emotify": emotify,
    "ravdess": ravdess,
    "deam": deam,
    "4q": table_4q,
    "turkish": table_turkish,
    "pop": table_pop_rock,
    **SYSTEMS,
}
SMALL: dict[str, Callable[[Roots], Iterator[str]]] = {"rendered": rendered, **SYSTEMS}


def versions() -> str:
    names = ("mer-sklearn", "scikit-learn", "xgboost", "numpy")
    found = []
    for name in names:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:  # xgboost-cpu is xgboost by another name
            found.append(f"{name} {importlib.metadata.version(name + '-cpu')}")
    return ", ".join(found)


def small(chosen: Mapping[str, Callable[[Roots], Iterator[str]]]) -> Iterator[str]:
    """Yield sections on rendered clips, which leave nothing behind."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MER_CACHE"] = str(Path(folder, "cache"))
        roots = small_roots(Path(folder))
        for section in chosen.values():
            yield from section(roots)


def main() -> int:
    options = _options()
    known = SMALL if options.small else SECTIONS
    chosen = {name: of for name, of in known.items() if name.startswith(options.only)}
    if not chosen:
        print(f"--only {options.only}: no section begins so: {', '.join(known)}", file=sys.stderr)
        return 2
    if options.small:
        for part in small(chosen):
            print(part, end="\n\n", flush=True)
        return 0
    roots = Roots(options.data, options.deam, options.ravdess)
    parts = [HEAD.format(versions=versions()).strip()]
    for name, section in chosen.items():
        print(name, file=sys.stderr, flush=True)
        for part in available(name, section, roots):
            parts.append(part)
            if options.only:
                print(part, end="\n\n", flush=True)
        if not options.only:
            options.output.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return 0


def available(name: str, section: Callable[[Roots], Iterator[str]], roots: Roots) -> Iterator[str]:
    """Yield the parts of a section, or why there are none."""
    try:
        yield from section(roots)
    except MerError as error:
        yield f"## {name}\n\nNot run: {error}"


def _options() -> argparse.Namespace:
    """Return the words of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="rendered clips, printed")
    parser.add_argument(
        "--only", metavar="NAME", default="", help=f"print what begins so: {', '.join(SECTIONS)}"
    )
    parser.add_argument("--data", type=Path, default=DATA, help="default: $MER_DATA")
    parser.add_argument("--deam", type=Path, help="DEAM with audio; default: deam in --data")
    parser.add_argument("--ravdess", type=Path, help="for system C; default: in --data")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("RESULTS.md"))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
