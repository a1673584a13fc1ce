"""``mer evaluate``: score a pipeline on a corpus, groups apart, beside the baseline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from .options import json_option, learning_options, make_pipeline, read_source

__all__ = ["evaluate"]


def _folds(context: click.Context, option: click.Parameter, value: str) -> int | str:
    """Return the number of folds, or "random"."""
    del context, option
    if value == "random":
        return value
    if not value.isdigit() or int(value) < 2:
        msg = f'{value!r} must be a number of folds of 2 or more, or "random".'
        raise click.BadParameter(msg)
    return int(value)


@click.command(short_help="Score a pipeline on a corpus, groups apart.")
@click.argument("source")
@learning_options
@click.option(
    "--cv",
    default="5",
    show_default=True,
    callback=_folds,
    help='Folds with groups apart; "random" ignores groups.',
)
@json_option
@click.option("--output", "-o", default=None, metavar="FILE", help="Also write the JSON here.")
def evaluate(
    source: str,
    target: str | None,
    settings: tuple[str, ...],
    cv: int | str,
    as_json: bool,
    output: str | None,
    **options: Any,
) -> None:
    """Score a pipeline on SOURCE by cross-validation with groups apart.

    SOURCE is NAME:ROOT (a corpus), a CSV file, or a folder with a folder for each class.
    """
    pipeline = make_pipeline(**options)
    dataset = read_source(source, settings)
    from ..evaluation.evaluate import evaluate as score

    result = score(pipeline, dataset, target=target, cv=cv, random_state=options["seed"])
    document = json.dumps({"source": source, **result.to_dict()}, ensure_ascii=False)
    if output is not None:
        Path(output).write_text(document + "\n", encoding="utf-8")
    click.echo(document if as_json else str(result))
