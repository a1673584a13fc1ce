"""``mer evaluate``: score a pipeline on a corpus, groups apart, beside the baselines."""

from __future__ import annotations

from typing import Any

import click

from ..files import written_beside
from .options import (
    check_output,
    document_options,
    fit_to_source,
    learning_options,
    make_pipeline,
    optimism_option,
    print_result,
    read_source,
    split_options,
)

__all__ = ["evaluate"]


@click.command(short_help="Score a pipeline on a corpus, groups apart.")
@click.argument("source")
@learning_options
@split_options
@optimism_option
@click.option("--predictions", default=None, metavar="FILE", help="Write all answers here, as CSV.")
@document_options
def evaluate(
    source: str,
    target: str | None,
    settings: tuple[str, ...],
    cv: int | str,
    strata: str | None,
    optimism: bool,
    predictions: str | None,
    as_json: bool,
    markdown: bool,
    output: str | None,
    **options: Any,
) -> None:
    """Score a pipeline on SOURCE by cross-validation with groups apart.

    SOURCE is NAME:ROOT (a corpus), a CSV file, or a folder with a folder for each class; features
    that were extracted before are ready:FILE.
    """
    for file in filter(None, (output, predictions)):
        check_output(file)
    pipeline = make_pipeline(**options)
    dataset = read_source(source, settings)
    pipeline = fit_to_source(pipeline, dataset)
    from ..evaluation.evaluate import evaluate as score

    result = score(
        pipeline,
        dataset,
        target=target,
        cv=cv,
        strata=strata,
        optimism=optimism,
        random_state=options["seed"],
    )
    if predictions is not None:
        with written_beside(predictions) as beside:
            result.predictions.to_csv(beside, index=False)
    print_result(result, source, as_json=as_json, markdown=markdown, output=output)
