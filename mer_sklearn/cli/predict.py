"""``mer predict``: emotions of audio files from a saved model."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path
from typing import Any

import click

from ..errors import MerWarning
from .options import cache_choice, extraction_options, json_option, remark

__all__ = ["find_files", "predict"]


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
    paths = find_files(files)
    frame = answer(pipeline, paths, jobs=jobs, cache=cache_choice(cache, no_cache))
    failed = [str(reason) for reason in frame.pop("error") if reason]
    for reason in failed:
        remark(reason)
    if as_json:
        for path, record in zip(paths, frame.to_dict("records"), strict=True):
            click.echo(json.dumps({"file": path, **_plain(record)}, ensure_ascii=False))
    else:
        frame.insert(0, "file", paths)
        click.echo(frame.to_string(index=False, float_format="%.3f", na_rep=""))
    if failed:
        context.exit(1)


def answer(pipeline: Any, paths: list[str], *, jobs: int | None, cache: bool | str) -> Any:
    """Return the predictions as a table, with the reason for each file that has none."""
    features = pipeline.pipeline_["features"]
    if features == "passthrough":
        msg = "this model was fitted on a table of features, not on audio: it cannot read files."
        raise click.ClickException(msg)
    features.set_params(n_jobs=jobs, cache=cache)
    pipeline.set_params(on_error="skip")
    with warnings.catch_warnings():
        # Each of them is named below.
        warnings.filterwarnings("ignore", message=".* items gave no", category=MerWarning)
        return pipeline.predict_table(paths)


def find_files(names: tuple[str, ...]) -> list[str]:
    """Return the files that were named and those in the folders that were."""
    from ..datasets import find_audio

    paths: list[str] = []
    for name in names:
        if not Path(name).is_dir():
            paths.append(name)
            continue
        found = [str(path) for path in find_audio(name)]
        if not found:
            remark(f"{name}: holds no audio files.")
        paths.extend(found)
    if not paths:
        msg = "no audio files were given."
        raise click.ClickException(msg)
    return paths


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    """Return a row of the table with null where there is no answer."""
    return {
        key: None if isinstance(value, float) and math.isnan(value) else value
        for key, value in record.items()
    }
