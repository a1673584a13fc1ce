"""``mer train``: learn from a corpus and save the model, with its honest score inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..artifact.manifest import SUFFIXES
from .options import check_output, fit_to_source, learning_options, make_pipeline, read_source

if TYPE_CHECKING:
    from ..evaluation.result import Evaluation
    from ..pipeline import EmotionPipeline

__all__ = ["train", "train_and_save"]


def _folds(context: click.Context, option: click.Parameter, value: int) -> int:
    """Return the number of folds, or 0."""
    del context, option
    if value == 1:
        msg = "1 fold leaves nothing to learn from: give 2 or more, or 0 for no score."
        raise click.BadParameter(msg)
    return value


@click.command(short_help="Learn from a corpus and save the model.")
@click.argument("source")
@learning_options
@click.option(
    "--cv",
    type=click.IntRange(min=0),
    default=5,
    show_default=True,
    callback=_folds,
    help="Folds, groups apart, for the score in the model; 0 for none.",
)
@click.option("--output", "-o", required=True, metavar="FILE", help="FILE.joblib or FILE.onnx.")
def train(
    source: str,
    target: str | None,
    settings: tuple[str, ...],
    cv: int,
    output: str,
    **options: Any,
) -> None:
    """Learn from SOURCE and save the model as one file.

    SOURCE is NAME:ROOT (a corpus), a CSV file, or a folder with a folder for each class. The model
    is scored by cross-validation with groups apart before it learns from all rows, and the score is
    kept in the file.
    """
    check_output(output, SUFFIXES)
    pipeline = make_pipeline(**options)
    dataset = read_source(source, settings)
    pipeline = fit_to_source(pipeline, dataset)
    fitted, result = train_and_save(
        pipeline, dataset, output, target=target, cv=cv, seed=options["seed"]
    )
    if result is not None:
        click.echo(str(result))
    click.echo(f"saved {output}: {fitted.task_}, {len(dataset)} clips of {dataset.name}")


def train_and_save(
    pipeline: Any, dataset: Any, output: str, *, target: str | None, cv: int, seed: int
) -> tuple[EmotionPipeline, Evaluation | None]:
    """Score the pipeline, fit it on all rows and save it; return both.

    Each file is read once.
    """
    from ..evaluation.evaluate import evaluate_rows
    from ..evaluation.rows import as_data, fit_rows, read_rows

    data = as_data(dataset, None, groups=None, target=target, function="train")
    rows = read_rows(pipeline, data)
    result = evaluate_rows(pipeline, data, rows, cv=cv, random_state=seed) if cv else None
    fitted = fit_rows(pipeline, data, rows)
    # What it took to score it depends on the machine, and the same seed makes the same file.
    scores = None if result is None else {**result.to_dict(), "cost": None}
    fitted.save(output, info={"scores": scores, "training": dataset.describe(target)})
    return fitted, result
