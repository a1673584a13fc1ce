"""``mer extract``: a table of features from audio files, however many."""

from __future__ import annotations

import contextlib
import csv
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import click
from click.core import ParameterSource

from ..errors import ArtifactError, DatasetError, InputError, some, some_sentences
from ..files import written_beside
from .options import (
    cache_choice,
    check_output,
    extraction_options,
    json_option,
    read_source,
    remark,
    set_option,
)

if TYPE_CHECKING:
    import pandas as pd

    from ..audio import AudioItem
    from ..extraction.cache import RowCache
    from ..extraction.report import Failure
    from ..extraction.tables import Summary
    from ..features.family import FeatureFamily

__all__ = ["extract"]

Refused: TypeAlias = Callable[[OSError], object]  # takes the error of a folder

SUFFIXES = (".csv", ".parquet")
SIGNS = "*?["  # of patterns
FILMS = (".3gp", ".flv", ".m4v", ".mkv", ".mov", ".mp4")  # whose sound PyAV reads
ANSWER = 10.0  # seconds until a cluster must answer
TIMEOUT = 600.0  # seconds; an hour of audio takes a tenth of it


def _seconds(context: click.Context, option: click.Parameter, value: float) -> float | None:
    """Return how long a file may take; 0 is for ever."""
    del context, option
    return value or None


@click.command(short_help="Write a table of features.")
@click.argument("sources", nargs=-1, required=True)
@click.option("--features", "-f", default="music", show_default=True, help="Preset or family.")
@click.option("--output", "-o", required=True, help="FILE.csv, FILE.parquet or FOLDER/.")
@click.option(
    "--on-error",
    type=click.Choice(["raise", "skip", "nan"]),
    default=None,
    help="Whether a file that cannot be read stops the work (the default), is left out, or has "
    "a row without numbers.",
)
@click.option("--skip-bad", is_flag=True, help="The same as --on-error skip.")
@click.option("--errors", default=None, metavar="FILE.csv", help="Write what failed, and why.")
@click.option("--column", default=None, help="Column of a CSV file that holds the paths.")
@click.option(
    "--partition",
    type=click.IntRange(1),
    default=None,
    metavar="N",
    help="Write a folder of Parquet files of N clips each.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0),
    default=TIMEOUT,
    show_default=True,
    callback=_seconds,
    help="Seconds that a file may take; 0: for ever.",
)
@click.option("--rehash", is_flag=True, help="Read files again that seem unchanged, or failed.")
@click.option("--dask", default=None, metavar="ADDRESS", help="Cluster, as tcp://HOST:PORT.")
@set_option
@json_option
@extraction_options
def extract(
    sources: tuple[str, ...],
    features: str,
    output: str,
    errors: str | None,
    dask: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Write the features of SOURCES, one row a clip, with what the corpus knows of each.

    SOURCES are audio files, folders of them, patterns such as "music/**/*.mp3", or - for a list on
    stdin; or one corpus NAME:ROOT or CSV file.

    Rows are written as they come. A call that was stopped goes on when it is given again.
    """
    on_error = _bearing(options.pop("on_error"), options.pop("skip_bad"))
    options["as_folder"] = _check_outputs(output, options["partition"], errors)
    families = _families(features)
    choice = cache_choice(options.pop("cache"), options.pop("no_cache"))
    unread: list[Failure] | None = None if on_error == "raise" else []
    items, known = _read(sources, options.pop("settings"), options.pop("column"), unread)
    with _cluster(dask), _opened(choice, output, rehash=options["rehash"]) as cache:
        n_jobs = options.pop("jobs") or (-1 if dask else None)
        way = {"on_error": on_error, "n_jobs": n_jobs, "cache": cache, **options}
        summary = _write(output, families, items, known=known, **way)
    summary.failures[:0] = unread or []
    if errors is not None:
        _write_failures(errors, summary.failures)
    _print(output, summary, as_json=as_json, listed=errors is not None)


def _bearing(on_error: str | None, skip_bad: bool) -> str:
    """Return what a file that cannot be read does."""
    if skip_bad and on_error not in (None, "skip"):
        msg = f"--skip-bad and --on-error {on_error} contradict each other."
        raise click.UsageError(msg)
    return "skip" if skip_bad else on_error or "raise"


def _is_worth_a_process(items: Sequence[AudioItem]) -> bool:
    """Tell whether a file that hangs or crashes would take others with it, or a time was given."""
    source = click.get_current_context().get_parameter_source("timeout")
    return len(items) > 1 or source is not ParameterSource.DEFAULT


def _check_outputs(output: str, partition: int | None, errors: str | None) -> bool:
    """Refuse what cannot be written, before the work begins; tell whether it is a folder."""
    if errors is not None:
        check_output(errors, (".csv",), "--errors")
        if Path(errors).resolve() == Path(output).resolve():
            msg = f"--output and --errors are both {errors}: one would replace the other."
            raise click.UsageError(msg)
    as_folder = partition is not None or output.endswith("/")
    if not as_folder:
        check_output(output, SUFFIXES)
    elif Path(output).suffix == ".csv":
        msg = f"--output {output}: a folder of Parquet files is no CSV file. Name a folder."
        raise click.UsageError(msg)
    elif Path(output).exists():
        msg = f"{output}: is there already. Choose another place, or delete it."
        raise ArtifactError(msg)
    else:
        check_output(output.rstrip("/"))
    return as_folder


def _families(features: str) -> list[FeatureFamily]:
    """Return the families of a preset; a name that leads nowhere makes the command wrong."""
    from ..features.extractor import AudioFeatures

    try:
        return AudioFeatures(features).resolve()
    except InputError as error:
        raise click.UsageError(str(error)) from error


def _read(
    sources: tuple[str, ...],
    settings: tuple[str, ...],
    column: str | None,
    unread: list[Failure] | None,
) -> tuple[Sequence[AudioItem], pd.DataFrame | None]:
    """Return the audio of the sources and what their corpus knows of it."""
    import numpy as np

    if column is not None:
        return _read_column(sources, column, unread)
    if len(sources) == 1 and _is_corpus(sources[0]):
        dataset = read_source(sources[0], settings)
        if dataset.is_ready:
            msg = f"{dataset.name} is a ready table: it has its features."
            raise click.UsageError(msg)
        frame = dataset.frame
        # A table has one value a cell: curves and the like stay behind; the files come by path.
        scalar = [name for name in frame if not np.ndim(frame[name].iloc[0]) and name != "file"]
        return cast("Sequence[AudioItem]", dataset.X), frame[scalar]
    if settings:
        remark("--set is for a corpus; it says nothing here.")
    return _find(sources, unread), None


def _is_corpus(source: str) -> bool:
    """Tell a corpus or a table from files, folders and patterns of them."""
    if source == "-" or _is_pattern(source):
        return False
    return source.endswith((".csv", ".tsv")) or (":" in source and not Path(source).exists())


def _is_pattern(source: str) -> bool:
    """Tell a pattern from a file whose name has such signs."""
    return any(sign in source for sign in SIGNS) and not Path(source).exists()


def _read_column(
    sources: tuple[str, ...], column: str, unread: list[Failure] | None
) -> tuple[list[AudioItem], pd.DataFrame]:
    """Return the files that a column of a table names, and its other columns."""
    from ..datasets.reading import read_table
    from ..errors import unknown_name
    from ..extraction.report import Failure

    if len(sources) != 1:
        msg = "--column is for one CSV file."
        raise click.UsageError(msg)
    path = Path(sources[0])
    table = read_table(path)
    if column not in table:
        raise unknown_name(f"column of {path.name}", column, map(str, table))
    bare = table.index[table[column] == ""]
    reason, way_out = f"{column!r} is empty", "Fill it, or delete the line."
    if unread is not None:
        unread += [Failure(f"{path}, line {line}", reason, way_out) for line in bare]
    elif len(bare):
        raise DatasetError(f"{path}: {reason} in line {some(bare)}. {way_out}")
    table = table.drop(index=bare)
    items: list[AudioItem] = [str(path.parent / name) for name in table[column]]
    return items, table.drop(columns=[column, "file"], errors="ignore").reset_index(drop=True)


def _find(sources: tuple[str, ...], unread: list[Failure] | None) -> list[str]:
    """Return the files that were named, and those in folders, patterns and on stdin."""
    refused = None if unread is None else _noting(unread)
    paths: list[str] = []
    for source in sources:
        if source == "-":
            paths += _listed()
        elif _is_pattern(source):
            paths += _matching(source, refused)
        elif Path(source).is_dir():
            paths += _inside(source, refused)
        else:
            paths.append(source)
    if not paths:
        msg = "no audio files were given."
        raise click.ClickException(msg)
    return paths


def _inside(folder: str, refused: Refused | None) -> list[str]:
    """Return the audio files in a folder; say how many films there are, which may have sound."""
    from ..datasets.reading import all_files, is_audio

    found, n_films = [], 0
    for path in all_files(Path(folder), refused):
        if is_audio(path):
            found.append(path)
        n_films += path.suffix.lower() in FILMS
    if n_films:
        remark(
            f"{folder}: {n_films} films are passed over. Their sound is read where they are given "
            f"by name, or by a pattern as {Path(folder, '**', '*.mp4')}."
        )
    if not found:
        remark(f"{folder}: holds no audio files.")
    return list(map(str, sorted(found)))


def _matching(pattern: str, refused: Refused | None) -> list[str]:
    """Return the files that match a pattern, broken links too, as reading says what is wrong.

    A folder that links make a loop of is entered once; one that cannot be listed is said.
    """
    import glob

    from ..datasets.reading import refuse_folder

    for folder in _listed_for(pattern):
        try:
            os.scandir(folder).close()
        except OSError as error:
            if refused is None:
                refuse_folder(error)
            else:
                refused(error)
    found: dict[tuple[Path, str], str] = {}
    for name in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207  # may be absolute
        path = Path(name)
        if path.is_file() or (path.is_symlink() and not path.is_dir()):
            found.setdefault((path.parent.resolve(), path.name), name)
    if not found:
        remark(f"{pattern}: matches no file.")
    return list(found.values())


def _listed_for(pattern: str) -> list[str]:
    """Return the folders that are listed to find what matches a pattern, each once."""
    import glob

    found: dict[Path, str] = {}
    parts = Path(pattern).parts
    for number, part in enumerate(parts):
        if any(sign in part for sign in SIGNS):
            place = Path(*parts[: number + (part == "**")])
            for name in sorted(glob.glob(f"{place}{os.sep}", recursive=True)):  # noqa: PTH207
                found.setdefault(Path(name).resolve(), name)
    return list(found.values())


def _listed() -> list[str]:
    """Return the paths on stdin: one a line, or ended by zeros as ``find -print0`` does it."""
    import sys

    raw = sys.stdin.buffer.read()
    lines = raw.split(b"\0") if b"\0" in raw else raw.splitlines()
    return [os.fsdecode(line) for line in lines if line.strip()]


def _noting(unread: list[Failure]) -> Refused:
    """Return what notes a folder that cannot be listed."""
    from ..extraction.report import Failure, shown

    def note(error: OSError) -> None:
        reason = f"cannot be listed ({error.strerror})"
        unread.append(
            Failure(shown(str(error.filename)), reason, "Give a folder that can be read.")
        )

    return note


@contextlib.contextmanager
def _cluster(address: str | None) -> Iterator[None]:
    """Extract on a Dask cluster, for a ``with`` block."""
    if address is None:
        yield
        return
    try:
        from distributed import Client
    except ImportError as error:
        msg = '--dask needs the packages of Dask: pip install "mer-sklearn[dask]".'
        raise click.ClickException(msg) from error
    import joblib

    try:
        client = Client(address, timeout=ANSWER)
    except (OSError, ValueError) as error:
        msg = f"{address}: no Dask scheduler answers ({error}). Start one: dask scheduler."
        raise click.ClickException(msg) from error
    with client, joblib.parallel_config(backend="dask"):
        yield


@contextlib.contextmanager
def _opened(choice: bool | str, output: str, *, rehash: bool) -> Iterator[RowCache | None]:
    """Open the cache; if somebody stops the work, say what is kept and how to go on."""
    from ..extraction.cache import open_cache

    with open_cache(choice, rehash=rehash) as cache:
        try:
            yield cache
        except KeyboardInterrupt:
            remark(_kept(output, cache))
            raise


def _kept(output: str, cache: RowCache | None) -> str:
    """Say what an extraction leaves that was stopped."""
    from ..extraction.tables import unfinished

    folder = unfinished(output)
    if cache is not None and cache.keeps:
        places = " and in ".join([*([str(folder)] if folder.exists() else []), "the cache"])
        return f"what is done is kept in {places}; the same command goes on from there."
    if folder.exists():
        return (
            f"the complete parts are kept in {folder}, and the rest is lost without a cache; "
            "the same command goes on from there."
        )
    return "nothing is kept: there is no cache, and no part of the table was complete."


def _write(
    output: str,
    families: list[FeatureFamily],
    items: Sequence[AudioItem],
    *,
    rehash: bool,
    timeout: float | None,
    partition: int | None,
    **options: Any,
) -> Summary:
    """Write the table."""
    from ..extraction.tables import write_table
    from ..features.family import column_names
    from ..features.rows import FamilyRows

    return write_table(
        output.rstrip("/"),
        FamilyRows(families),
        items,
        columns=column_names(families),
        rows_per_part=partition,
        anew=rehash,
        timeout=timeout if _is_worth_a_process(items) else None,
        **options,
    )


def _write_failures(path: str, failures: list[Failure]) -> None:
    """Write what failed as a table."""
    with written_beside(path) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "reason", "remedy"])
        writer.writerows([f.file, f.reason, f.remedy] for f in failures)


def _print(output: str, summary: Summary, *, as_json: bool, listed: bool) -> None:
    """Say what was written."""
    if summary.failures and not listed:
        sentences = some_sentences(failure.sentence for failure in summary.failures)
        remark(
            f"{len(summary.failures)} files gave no features: {sentences} "
            "A list of all: --errors FILE.csv."
        )
    if as_json:
        click.echo(json.dumps({"output": output, **asdict(summary)}, ensure_ascii=False))
        return
    n_failed = len(summary.failures)
    left_out = f", {n_failed} files left out" if n_failed else ""
    click.echo(f"wrote {output}: {summary.n_rows} rows, {summary.n_columns} columns{left_out}")
