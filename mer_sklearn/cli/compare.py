"""``mer compare``: which of several pipelines is better, on the same folds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

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

if TYPE_CHECKING:
    from ..pipeline import EmotionPipeline

__all__ = ["compare"]


@click.command(short_help="Say which of several pipelines is better.")
@click.argument("source")
@click.option("--models", default=None, metavar="A,B", help="Names of models, with commas between.")
@click.option(
    "--pipelines",
    default=None,
    metavar="A,B",
    help='Features and model of each, as "plain+svm,mfcc40-mean+svm".',
)
@click.option("--metric", default=None, help="What to compare by.  [default: of the task]")
@learning_options
@split_options
@optimism_option
@document_options
def compare(
    source: str,
    models: str | None,
    pipelines: str | None,
    metric: str | None,
    target: str | None,
    settings: tuple[str, ...],
    cv: int | str,
    strata: str | None,
    optimism: bool,
    as_json: bool,
    markdown: bool,
    output: str | None,
    **options: Any,
) -> None:
    """Score several pipelines on SOURCE, on the same folds with groups apart.

    A winner is named only where chance could not have made it the best. SOURCE is as of evaluate.
    """
    if output is not None:
        check_output(output)
    named = _named(models, pipelines, options)
    dataset = read_source(source, settings)
    if pipelines is None:
        named = {name: fit_to_source(pipeline, dataset) for name, pipeline in named.items()}
    from ..evaluation.compare import compare as score

    result = score(
        named,
        dataset,
        target=target,
        cv=cv,
        metric=metric,
        strata=strata,
        optimism=optimism,
        random_state=options["seed"],
    )
    print_result(result, source, as_json=as_json, markdown=markdown, output=output)


def _named(
    models: str | None, pipelines: str | None, options: dict[str, Any]
) -> dict[str, EmotionPipeline]:
    """Return the pipelines that the options describe, by name."""
    if (models is None) == (pipelines is None):
        msg = "say what to compare, by --models or by --pipelines."
        raise click.UsageError(msg)
    names = [name.strip() for name in (models or pipelines or "").split(",")]
    if models is not None:
        return {name: make_pipeline(**{**options, "model": name}) for name in names}
    wrong = [name for name in names if name.count("+") != 1]
    if wrong:
        msg = f'--pipelines: {wrong[0]!r} must be features and model, as "plain+svm".'
        raise click.UsageError(msg)
    parts = {name: name.split("+") for name in names}
    return {
        name: make_pipeline(**{**options, "features": features, "model": model})
        for name, (features, model) in parts.items()
    }
