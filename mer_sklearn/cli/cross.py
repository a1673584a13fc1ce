"""``mer cross``: learn from one corpus, test on another, as a matrix."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from .options import (
    check_output,
    cv_option,
    document_options,
    fit_to_source,
    learning_options,
    make_pipeline,
    print_result,
    read_settings,
)

if TYPE_CHECKING:
    from ..datasets.base import Dataset

__all__ = ["cross"]

OF_ONE = re.compile(r"(\d+):(.+)")  # a --set option of one source, by its number


@click.command(short_help="Learn from one corpus, test on another.")
@click.argument("sources", nargs=-1, metavar="SOURCE SOURCE [SOURCE]...")
@click.option("--metric", default=None, help="What the matrix shows.  [default: of the task]")
@learning_options
@cv_option
@document_options
def cross(
    sources: tuple[str, ...],
    metric: str | None,
    target: str | None,
    settings: tuple[str, ...],
    cv: int | str,
    as_json: bool,
    markdown: bool,
    output: str | None,
    **options: Any,
) -> None:
    """Score a pipeline on each SOURCE after learning from each other one.

    The corpora are brought to one form of --target: va, quadrant, emotion or emotion_sex. Within a
    corpus there are folds with groups apart. SOURCE is as of evaluate; --set KEY=VALUE is for all
    of them, --set 2:KEY=VALUE for the second, which may be the same SOURCE with other options.
    """
    own = _settings(sources, settings)
    if len(sources) < 2 or len(set(zip(sources, own, strict=True))) < len(sources):
        msg = "name two different sources or more: what is learned, and what is tested."
        raise click.UsageError(msg)
    if target is None:
        msg = "say what all of them have by --target: va, quadrant, emotion or emotion_sex."
        raise click.UsageError(msg)
    if output is not None:
        check_output(output)
    pipeline = make_pipeline(**options)
    corpora = _read(sources, own)
    # A ready table first: it decides that there are no features to extract, and audio is refused.
    for corpus in sorted(corpora.values(), key=lambda corpus: not corpus.is_ready):
        pipeline = fit_to_source(pipeline, corpus)
    from ..evaluation.cross import cross_corpus

    result = cross_corpus(
        pipeline, corpora, target=target, metric=metric, cv=cv, random_state=options["seed"]
    )
    print_result(result, sources, as_json=as_json, markdown=markdown, output=output)


def _settings(sources: Sequence[str], settings: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the --set options of each source."""
    numbered = [(OF_ONE.fullmatch(text), text) for text in settings]
    beyond = [text for one, text in numbered if one and not 1 <= int(one[1]) <= len(sources)]
    if beyond:
        msg = f"--set {beyond[0]!r} is of no source; they are 1 to {len(sources)}."
        raise click.UsageError(msg)
    return [
        tuple(one[2] if one else text for one, text in numbered if not one or int(one[1]) == number)
        for number in range(1, len(sources) + 1)
    ]


def _read(sources: Sequence[str], settings: Sequence[tuple[str, ...]]) -> dict[str, Dataset]:
    """Return the corpora by name, which is their source, and its options, where that is not enough.

    Their remarks are part of the result.
    """
    from ..datasets import load_source

    given = list(zip(sources, settings, strict=True))
    read = [load_source(source, read_settings(own)) for source, own in given]
    names = [corpus.name for corpus in read]
    corpora = {}
    for corpus, (source, own) in zip(read, given, strict=True):
        name = corpus.name if names.count(corpus.name) == 1 else source
        corpora[" ".join([name, *own]) if sources.count(name) > 1 else name] = corpus
    return corpora
