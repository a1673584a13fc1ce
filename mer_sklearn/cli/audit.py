"""``mer audit``: look for leaks in a corpus, in files or in a table of features."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import DatasetError, InputError, unknown_name
from .options import (
    cache_choice,
    extraction_options,
    json_option,
    read_source,
    remark,
    set_option,
)
from .predict import find_files

if TYPE_CHECKING:
    import pandas as pd

    from ..datasets.base import Dataset
    from ..evaluation.audit import AuditReport

__all__ = ["audit"]

COUNTERS = ("", "id", "index", "row", "songid", "trackid")  # names of columns that only count rows


@click.command(short_help="Look for leaks: copies, torn groups, rows made before the split.")
@click.argument("sources", nargs=-1, required=True)
@click.option("--target", "-t", default=None, help="Labels to compare; default: the first target.")
@click.option("--groups", default=None, metavar="COLUMN", help="What must not be torn apart.")
@click.option("--split", default=None, metavar="COLUMN", help="The part of each row: train, test.")
@click.option("--table", is_flag=True, help="SOURCES is a table of features, CSV or Parquet.")
@click.option("--leave-out", default="", metavar="A,B", help="Columns of it that are no features.")
@set_option
@extraction_options
@json_option
@click.pass_context
def audit(
    context: click.Context,
    sources: tuple[str, ...],
    target: str | None,
    groups: str | None,
    split: str | None,
    table: bool,
    leave_out: str,
    settings: tuple[str, ...],
    jobs: int | None,
    cache: str | None,
    no_cache: bool,
    as_json: bool,
) -> None:
    """Look for leaks in SOURCES: whatever would stand on both sides of a split.

    SOURCES are one corpus (NAME:ROOT, a CSV file, a folder with a folder for each class), audio
    files and folders of them, or one table of features. The exit status is 1 if there are leaks.
    """
    if not table and leave_out:
        msg = "--leave-out is for the columns of a --table."
        raise click.UsageError(msg)
    if table:
        report = _audit_table(sources, target, groups, split, leave_out)
    else:
        extraction = {"n_jobs": jobs, "cache": cache_choice(cache, no_cache)}
        report = _audit_audio(sources, settings, target, groups, split, extraction)
    if as_json:
        document = {"source": list(sources), **report.to_dict()}
        click.echo(json.dumps(document, ensure_ascii=False))
    else:
        click.echo(str(report))
    if report.leaks:
        many = "leak" if len(report.leaks) == 1 else "leaks"
        remark(f"{len(report.leaks)} {many} in {', '.join(sources[:3])}: scores would be too good.")
        context.exit(1)


def _audit_audio(
    sources: tuple[str, ...],
    settings: tuple[str, ...],
    target: str | None,
    groups: str | None,
    split: str | None,
    extraction: dict[str, Any],
) -> AuditReport:
    """Audit a corpus, or files without any labels."""
    from ..evaluation.audit import audit as look

    dataset = _read_corpus(sources, settings)
    if dataset is None:
        if target or groups or split or settings:
            msg = "--target, --groups, --split and --set need a corpus; these are only files."
            raise InputError(msg)
        return look(find_files(sources), **extraction)
    if groups is not None:
        dataset = replace(dataset, groups=_column(dataset.frame, groups))
    cv = None if split is None else _column(dataset.frame, split)
    return look(dataset, cv=cv, target=target, **extraction)


def _audit_table(
    sources: tuple[str, ...],
    target: str | None,
    groups: str | None,
    split: str | None,
    leave_out: str,
) -> AuditReport:
    """Audit a table of features."""
    from ..datasets.table import FILE_COLUMNS
    from ..evaluation.audit import audit as look

    if len(sources) > 1:
        msg = f"--table takes one file; got {len(sources)}."
        raise click.UsageError(msg)
    frame = _read_frame(Path(sources[0]))
    asked = [name for name in (target, groups, split, *leave_out.split(",")) if name]
    columns: dict[str | None, Any] = {name: _column(frame, name) for name in asked}
    files = next((name for name in FILE_COLUMNS if name in frame), None)
    numeric = frame.select_dtypes("number")
    counters = [name for name in numeric if _is_counter(str(name))]
    features = numeric.drop(columns=[name for name in {*asked, *counters} if name in numeric])
    if not features.shape[1]:
        msg = f"{sources[0]}: has no columns of numbers to look at."
        raise DatasetError(msg)
    return look(
        features,
        columns.get(target),
        columns.get(groups),
        cv=columns.get(split),
        names=None if files is None else [str(file) for file in frame[files]],
        table=True,
    )


def _read_corpus(sources: tuple[str, ...], settings: tuple[str, ...]) -> Dataset | None:
    """Return the corpus that the sources name; None where they are only audio files."""
    from ..datasets.registry import TABLE_SUFFIXES

    path = Path(sources[0])
    if len(sources) > 1 or (path.is_file() and path.suffix.lower() not in TABLE_SUFFIXES):
        return None
    try:
        return read_source(sources[0], settings)
    except DatasetError:
        if path.is_dir():  # of files without classes
            return None
        raise


def _is_counter(name: str) -> bool:
    """Tell a column that only counts rows, by its name."""
    plain = name.lower().replace("_", "").replace(" ", "")
    return plain in COUNTERS or plain.startswith("unnamed:")


def _read_frame(path: Path) -> pd.DataFrame:
    """Read a table of features."""
    import pandas as pd

    try:
        return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except (OSError, ValueError) as error:  # pandas' errors of parsing are of the second kind
        msg = f"{path}: cannot be read as a table ({str(error).splitlines()[0]})."
        raise DatasetError(msg) from error


def _column(frame: pd.DataFrame, name: str) -> Any:
    """Return a column, which must be there."""
    if name not in frame:
        raise unknown_name("column", name, map(str, frame))
    return frame[name].to_numpy()
