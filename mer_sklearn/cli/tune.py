"""``mer tune``: search features, scaling, balancing and model together, groups apart."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator
from typing import Any

import click

from ..artifact.manifest import SUFFIXES
from ..errors import InputError, unknown_name
from .options import (
    check_output,
    fit_to_source,
    json_option,
    learning_options,
    make_pipeline,
    read_source,
    remark,
)

__all__ = ["tune"]


@click.command(short_help="Search for the best pipeline, groups apart.")
@click.argument("source")
@learning_options
@click.option("--models", default="", metavar="A,B", help="Models to search besides --model.")
@click.option(
    "--trials", type=click.IntRange(min=1), default=50, show_default=True, help="Trials in all."
)
@click.option(
    "--cv",
    type=click.IntRange(min=2),
    default=5,
    show_default=True,
    help="Folds, groups apart.",
)
@click.option(
    "--metric", default=None, help="What to improve; default: balanced_accuracy, or r2 of numbers."
)
@click.option("--storage", default=None, metavar="FILE", help="Keep the trials; go on from there.")
@json_option
@click.option(
    "--output", "-o", default=None, metavar="FILE", help="The best: FILE.joblib or FILE.onnx."
)
def tune(
    source: str,
    target: str | None,
    settings: tuple[str, ...],
    models: str,
    trials: int,
    cv: int,
    metric: str | None,
    storage: str | None,
    as_json: bool,
    output: str | None,
    **options: Any,
) -> None:
    """Search around the pipeline that the options describe for a better one on SOURCE.

    SOURCE is NAME:ROOT (a corpus), a CSV file, or a folder with a folder for each class. The first
    trial is the pipeline of the options; what is better than all before is said on stderr. With
    --storage a search that was stopped goes on when the command is repeated.
    """
    if output is not None:
        check_output(output, SUFFIXES)
    pipeline = make_pipeline(**options)
    names = [name.strip() for name in models.split(",") if name.strip()]
    _check_names(names, metric)
    dataset = read_source(source, settings)
    pipeline = fit_to_source(pipeline, dataset)
    from ..tuning.tune import tune as search

    with _progress():
        result = search(
            pipeline,
            dataset,
            target=target,
            models=names,
            n_trials=trials,
            cv=cv,
            metric=metric,
            random_state=options["seed"],
            storage=storage,
        )
    document = {"source": source, **result.to_dict()}
    click.echo(json.dumps(document, ensure_ascii=False) if as_json else str(result))
    if output is not None:
        result.save(output, training=dataset.describe(target))
        remark(f"saved {output}: the best, fitted on {len(dataset)} clips of {dataset.name}")


def _check_names(models: list[str], metric: str | None) -> None:
    """Find names that lead nowhere before the corpus is read: they make the command wrong."""
    from ..evaluation.metrics import CLASS_METRICS, NUMBER_METRICS
    from ..models import model_spec

    try:
        for name in models:
            model_spec(name)
        if metric is not None and metric not in {**CLASS_METRICS, **NUMBER_METRICS}:
            raise unknown_name("metric", metric, {**CLASS_METRICS, **NUMBER_METRICS})
    except InputError as error:
        raise click.UsageError(str(error)) from error


class _Remarks(logging.Handler):
    """Says on stderr what the search reports."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say one line."""
        remark(record.getMessage())


@contextlib.contextmanager
def _progress() -> Iterator[None]:
    """Show what the search reports while it runs."""
    log, handler = logging.getLogger("mer_sklearn.tuning"), _Remarks()
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
