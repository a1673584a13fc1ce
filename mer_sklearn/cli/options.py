"""What several commands share: their options, and the pipeline and corpus that these describe."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from ..errors import ArtifactError, InputError
from ..files import written_beside

if TYPE_CHECKING:
    from ..datasets.base import Dataset
    from ..evaluation.compare import Comparison
    from ..evaluation.cross import CrossCorpus
    from ..evaluation.result import Evaluation
    from ..pipeline import EmotionPipeline

__all__ = [
    "check_output",
    "cv_option",
    "document_options",
    "fit_to_source",
    "jobs_option",
    "json_option",
    "learning_options",
    "make_pipeline",
    "optimism_option",
    "print_result",
    "read_settings",
    "read_source",
    "remark",
    "seed_option",
    "split_options",
]

Command = TypeVar("Command", bound=Callable[..., Any])


def _jobs(context: click.Context, option: click.Parameter, value: int | None) -> int | None:
    """Return the number of workers; there cannot be none."""
    del context, option
    if value == 0:
        msg = "0 workers do nothing: give 1 or more, or -1 for all cores."
        raise click.BadParameter(msg)
    return value


seed_option = click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), default=0, help="Seed of all that draws."
)
jobs_option = click.option(
    "--jobs", "-j", type=int, callback=_jobs, help="Workers; -1 is all cores."
)
_SHARED = [
    jobs_option,
    click.option("--cache", default=None, metavar="DIR", help="Folder of the feature cache."),
    click.option("--no-cache", is_flag=True, help="Neither read nor write the feature cache."),
]
_LEARNING = [
    click.option("--target", "-t", default=None, help="What to learn; default: the first."),
    click.option("--model", "-m", default="mlp", show_default=True, help="Name of the model."),
    click.option(
        "--features",
        "-f",
        default="music",
        show_default=True,
        help='Preset; "none" for a ready table.',
    ),
    click.option(
        "--scale", default="auto", show_default=True, help="auto, block, standard or none."
    ),
    click.option("--balance", default="auto", show_default=True, help="auto, smote or none."),
    click.option("--labeller", default=None, help="Scheme from valence and arousal to emotions."),
    click.option("--parts", is_flag=True, help="Learn from halves of clips, too, and average."),
    seed_option,
    click.option("--skip-bad", is_flag=True, help="Leave out files that cannot be read."),
]
set_option = click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="Option of the corpus."
)
json_option = click.option("--json", "as_json", is_flag=True, help="JSON instead of a table.")


cv_option = click.option(
    "--cv",
    default="5",
    show_default=True,
    callback=lambda _context, _option, value: _folds(value),
    help='Folds with groups apart, "5x3" three times; "logo" leaves out one group at a time; '
    '"official" takes the corpus\' own split; "random" ignores groups.',
)
_SPLITS = [
    cv_option,
    click.option("--strata", default=None, metavar="COLUMN", help="Score within these, too."),
]
optimism_option = click.option(
    "--optimism", is_flag=True, help="Also score a random split, to show what it adds."
)
_DOCUMENT = [
    json_option,
    click.option("--markdown", is_flag=True, help="Markdown instead of a table."),
    click.option("--output", "-o", default=None, metavar="FILE", help="Also write the JSON here."),
]


def _folds(value: str) -> int | str:
    """Return the number of folds, or what else they are."""
    if value in ("random", "logo", "official"):
        return value
    match = re.fullmatch(r"(\d+)(x[1-9]\d*)?", value)
    if match is None or int(match[1]) < 2:
        msg = f"{value!r} must be a number of folds of 2 or more, as 5 or 5x3, or a name (--help)."
        raise click.BadParameter(msg)
    return value if match[2] else int(value)


def split_options(command: Command) -> Command:
    """Add the options that say how rows are split for scoring."""
    for option in reversed(_SPLITS):
        command = option(command)
    return command


def document_options(command: Command) -> Command:
    """Add the options that say how a result is printed and written."""
    for option in reversed(_DOCUMENT):
        command = option(command)
    return command


def print_result(
    result: Evaluation | Comparison | CrossCorpus,
    source: str | Sequence[str],
    *,
    as_json: bool,
    markdown: bool,
    output: str | None,
) -> None:
    """Print a result as it was asked for, and write its document."""
    document = json.dumps({"source": source, **result.to_dict()}, ensure_ascii=False)
    if output is not None:
        with written_beside(output) as beside:
            beside.write_text(document + "\n", encoding="utf-8")
    if as_json:
        click.echo(document)
    else:
        click.echo(result.to_markdown() if markdown else str(result))


def extraction_options(command: Command) -> Command:
    """Add the options of commands that extract features."""
    for option in reversed(_SHARED):
        command = option(command)
    return command


def learning_options(command: Command) -> Command:
    """Add the options that describe a pipeline and a corpus."""
    for option in reversed([*_LEARNING, set_option, *_SHARED]):
        command = option(command)
    return command


def cache_choice(cache: str | None, no_cache: bool) -> bool | str:
    """Return the cache as `EmotionPipeline` takes it."""
    if cache is not None and no_cache:
        msg = "--cache and --no-cache contradict each other."
        raise click.UsageError(msg)
    return not no_cache if cache is None else cache


def make_pipeline(
    *,
    model: str,
    features: str,
    scale: str,
    balance: str,
    labeller: str | None,
    parts: bool,
    seed: int,
    skip_bad: bool,
    jobs: int | None,
    cache: str | None,
    no_cache: bool,
) -> EmotionPipeline:
    """Return the pipeline that the options describe.

    A name that leads nowhere makes the command wrong.
    """
    from ..features.presets import families_of
    from ..pipeline import EmotionPipeline
    from ..steps import build_balance, build_labeller, build_scale, task_of_model

    pipeline = EmotionPipeline(
        None if features == "none" else features,
        model=model,
        scale=None if scale == "none" else scale,
        balance=None if balance == "none" else balance,
        labeller=labeller,
        parts=parts,
        random_state=seed,
        on_error="skip" if skip_bad else "raise",
        n_jobs=jobs,
        cache=cache_choice(cache, no_cache),
    )
    try:
        task_of_model(model)
        if features != "none":
            families_of(features)
        build_scale(pipeline.scale, model, [])
        build_balance(pipeline.balance, "classification", weighted=False, random_state=seed)
        if labeller is not None:
            build_labeller(labeller).fit([[0.0, 0.0]])  # type: ignore[union-attr]  # it is one
    except InputError as error:
        raise click.UsageError(str(error)) from error
    return pipeline


def check_output(output: str, suffixes: Sequence[str] = (), option: str = "--output") -> None:
    """Refuse a file that cannot be written, before the long work starts."""
    place = Path(output)
    if suffixes and place.suffix not in suffixes:
        msg = f"{option} {output}: the name must end in {' or '.join(suffixes)}."
        raise click.UsageError(msg)
    folder = place.absolute().parent
    if not folder.is_dir():
        msg = f"{output}: its folder does not exist. Make it first."
    elif place.is_dir():
        msg = f"{output}: is a folder. Give the name of a file."
    elif not os.access(folder, os.W_OK):
        msg = f"{output}: its folder cannot be written to. Choose another place."
    else:
        return
    raise ArtifactError(msg)


def fit_to_source(pipeline: EmotionPipeline, dataset: Dataset) -> EmotionPipeline:
    """Return the pipeline for a corpus: a ready table has its features already.

    An option that says otherwise makes the command wrong.
    """
    chosen = click.get_current_context().get_parameter_source("features")
    if dataset.is_ready and chosen is ParameterSource.DEFAULT:
        return pipeline.set_params(features=None)
    if dataset.is_ready != (pipeline.features is None):
        msg = (
            f"{dataset.name} is a ready table; leave out --features."
            if dataset.is_ready
            else f"--features none needs a ready table, as ready:FILE; {dataset.name} is audio."
        )
        raise click.UsageError(msg)
    return pipeline


def read_source(source: str, settings: Sequence[str]) -> Dataset:
    """Return the corpus that a source and its ``--set`` options name, its remarks on stderr."""
    from ..datasets import load_source

    dataset = load_source(source, read_settings(settings))
    for sentence in dataset.remarks:
        remark(sentence)
    return dataset


def read_settings(settings: Sequence[str]) -> dict[str, str]:
    """Return the ``--set`` options by name."""
    options = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key:
            msg = f"--set {setting!r} must have the form KEY=VALUE."
            raise click.UsageError(msg)
        options[key.replace("-", "_")] = value
    return options


def remark(sentence: str) -> None:
    """Say something on stderr that is no result."""
    click.echo(f"mer: {sentence}", err=True)
