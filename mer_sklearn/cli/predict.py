"""``mer predict``: emotions of audio files from a saved model."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InputError, MerWarning, some
from .options import cache_choice, extraction_options, json_option, remark
from .printing import as_text

if TYPE_CHECKING:
    from ..artifact.runtime import Record

__all__ = ["answer", "find_files", "predict"]


@click.command(short_help="Predict the emotions of audio files.")
@click.argument("model")
@click.argument("files", nargs=-1, required=True)
@json_option
@extraction_options
@click.pass_context
def predict(
    context: click.Context,
    model: str,
    files: tuple[str, ...],
    as_json: bool,
    jobs: int | None,
    cache: str | None,
    no_cache: bool,
) -> None:
    """Predict the emotions of FILES (audio files and folders of them) with a saved MODEL.

    A file that cannot be read is named on stderr and has no answer; the exit status is then 1.
    """
    from ..artifact.runtime import load

    pipeline = load(model)
    if not getattr(pipeline, "families_", True):
        msg = (
            f"{model}: was fitted on a table of features and cannot read files. Pass such a table "
            "to predict in Python, or train on audio."
        )
        raise InputError(msg)
    paths = find_files(files)
    answers = answer(pipeline, paths, jobs=jobs, cache=cache_choice(cache, no_cache))
    failed = [record.pop("error") for record in answers]
    for reason in filter(None, failed):
        remark(reason)
    records = [{"file": path, **record} for path, record in zip(paths, answers, strict=True)]
    if as_json:
        for record in records:
            click.echo(json.dumps(record, ensure_ascii=False))
    else:
        click.echo(as_text(records))
    if any(failed):
        context.exit(1)


def answer(model: Any, paths: list[str], *, jobs: int | None, cache: bool | str) -> list[Record]:
    """Return a model's answers for files, and the reason for each file that has none.

    A joblib model extracts with workers and the cache; an ONNX model runs file by file.
    """
    if hasattr(model, "pipeline_"):
        model.pipeline_["features"].set_params(n_jobs=jobs, cache=cache)
    elif jobs is not None or isinstance(cache, str):
        remark("--jobs and --cache say nothing to an ONNX model, which runs file by file.")
    with warnings.catch_warnings():
        # Each of them is named by the caller.
        warnings.filterwarnings("ignore", message=".* items gave no", category=MerWarning)
        records: list[Record] = model.predict_records(paths, on_error="skip")
        return records


def find_files(names: tuple[str, ...]) -> list[str]:
    """Return the files that were named and those in the folders that were."""
    from ..datasets import find_audio

    paths: list[str] = []
    empty: list[str] = []
    for name in names:
        found = [str(path) for path in find_audio(name)] if Path(name).is_dir() else [name]
        paths.extend(found)
        if not found:
            empty.append(name)
    if not paths:
        msg = f"{some(empty)}: no audio files are in there. Give audio files, or folders of them."
        raise InputError(msg)
    for name in empty:
        remark(f"{name}: holds no audio files.")
    return paths
