"""What several commands share: their options, and the pipeline and corpus that these describe."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..errors import ArtifactError, InputError

if TYPE_CHECKING:
    from ..datasets.base import Dataset
    from ..pipeline import EmotionPipeline

__all__ = [
    "check_output",
    "jobs_option",
    "json_option",
    "learning_options",
    "make_pipeline",
    "read_source",
    "remark",
    "seed_option",
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
    click.option("--features", "-f", default="plain", show_default=True, help="Preset."),
    click.option(
        "--scale", default="auto", show_default=True, help="auto, block, standard or none."
    ),
    click.option("--balance", default="auto", show_default=True, help="auto, smote or none."),
    click.option("--labeller", default=None, help="Scheme from valence and arousal to emotions."),
    seed_option,
    click.option("--skip-bad", is_flag=True, help="Leave out files that cannot be read."),
]
set_option = click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="Option of the corpus."
)
json_option = click.option("--json", "as_json", is_flag=True, help="JSON instead of a table.")


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
    seed: int,
    skip_bad: bool,
    jobs: int | None,
    cache: str | None,
    no_cache: bool,
) -> EmotionPipeline:
    """Return the pipeline that the options describe.

    A name that leads nowhere makes the command wrong.
    """
    from ..features.presets import preset
    from ..pipeline import EmotionPipeline
    from ..steps import build_balance, build_labeller, build_scale, task_of_model

    pipeline = EmotionPipeline(
        features,
        model=model,
        scale=None if scale == "none" else scale,
        balance=None if balance == "none" else balance,
        labeller=labeller,
        random_state=seed,
        on_error="skip" if skip_bad else "raise",
        n_jobs=jobs,
        cache=cache_choice(cache, no_cache),
    )
    try:
        task_of_model(model)
        preset(features)
        build_scale(pipeline.scale, model, [])
        build_balance(pipeline.balance, "classification", weighted=False, random_state=seed)
        if labeller is not None:
            build_labeller(labeller).fit([[0.0, 0.0]])  # type: ignore[union-attr]  # it is one
    except InputError as error:
        raise click.UsageError(str(error)) from error
    return pipeline


def check_output(output: str, suffixes: Sequence[str]) -> None:
    """Refuse a file that cannot be written, before the long work starts."""
    place = Path(output)
    if place.suffix not in suffixes:
        msg = f"--output {output}: the name must end in {' or '.join(suffixes)}."
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


def read_source(source: str, settings: Sequence[str]) -> Dataset:
    """Return the corpus that a source and its ``--set`` options name, its remarks on stderr."""
    from ..datasets import load_source

    options = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key:
            msg = f"--set {setting!r} must have the form KEY=VALUE."
            raise click.UsageError(msg)
        options[key.replace("-", "_")] = value
    dataset = load_source(source, options)
    for sentence in dataset.remarks:
        remark(sentence)
    return dataset


def remark(sentence: str) -> None:
    """Say something on stderr that is no result."""
    click.echo(f"mer: {sentence}", err=True)
