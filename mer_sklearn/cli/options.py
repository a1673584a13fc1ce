"""What several commands share: their options, and the pipeline and corpus that these describe."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..errors import InputError

if TYPE_CHECKING:
    from ..datasets.base import Dataset
    from ..pipeline import EmotionPipeline

__all__ = ["json_option", "learning_options", "make_pipeline", "read_source", "remark"]

Command = TypeVar("Command", bound=Callable[..., Any])

_SHARED = [
    click.option("--jobs", "-j", type=int, default=None, help="Workers; -1 is all cores."),
    click.option("--cache", default=None, metavar="DIR", help="Folder of the feature cache."),
    click.option("--no-cache", is_flag=True, help="Neither read nor write the feature cache."),
]
_LEARNING = [
    click.option("--target", "-t", default=None, help="What to learn; default: the first."),
    click.option("--model", "-m", default="mlp", show_default=True, help="Name of the model."),
    click.option("--features", "-f", default="plain", show_default=True, help="Preset."),
    click.option("--scale", default="auto", show_default=True, help="auto, block, standard."),
    click.option("--balance", default="auto", show_default=True, help="auto, smote or none."),
    click.option("--labeller", default=None, help="Scheme from valence and arousal to emotions."),
    click.option("--seed", type=int, default=0, show_default=True, help="Seed of all that draws."),
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
