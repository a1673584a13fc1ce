"""``mer datasets``: the corpora, whether a copy of one is sound, and a table to fill in."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import DatasetError
from ..files import written_beside
from .options import check_output, jobs_option, json_option, read_settings, remark, set_option

if TYPE_CHECKING:
    from ..datasets import Check

__all__ = ["datasets"]

COLUMNS = {"emotion": ("emotion",), "va": ("valence", "arousal")}
OPTIONAL = ("start", "end", "group", "weight")
EXAMPLE = "your-song.mp3"


@click.group(invoke_without_command=True, short_help="List the corpora; check a copy of one.")
@json_option
@click.pass_context
def datasets(context: click.Context, as_json: bool) -> None:
    """List the corpora that can be loaded, and what each needs in its folder.

    --json adds licence, citation, scale, split, traps and options.
    """
    if context.invoked_subcommand is not None:
        return
    from ..datasets import dataset_info, dataset_names
    from ..datasets.registry import dataset_options

    known = {name: dataset_info(name) for name in dataset_names()}
    if as_json:
        listed = [
            {"name": name, **asdict(info), "options": dataset_options(name)}
            for name, info in known.items()
        ]
        click.echo(json.dumps(listed, ensure_ascii=False, default=str))
        return
    heads = ("corpus", "rows", "group", "needs")
    rows = [
        (name, "" if info.n_rows is None else str(info.n_rows), info.group, info.needs)
        for name, info in known.items()
    ]
    widths = [max(len(row[k]) for row in [heads, *rows]) for k in range(3)]
    for name, n_rows, group, needs in [heads, *rows]:
        click.echo(f"{name:{widths[0]}}  {n_rows:>{widths[1]}}  {group:{widths[2]}}  {needs}")


@datasets.command(short_help="Look whether a copy of a corpus is complete and sound.")
@click.argument("name")
@click.argument("root")
@click.option("--labels", is_flag=True, help="Look at the labels alone, not at the audio.")
@set_option
@jobs_option
@json_option
@click.pass_context
def validate(
    context: click.Context,
    name: str,
    root: str,
    labels: bool,
    settings: tuple[str, ...],
    jobs: int | None,
    as_json: bool,
) -> None:
    """Look whether the copy of the corpus NAME in ROOT is complete and sound.

    Each line is ok, a note (what a user has to know, and the loader handles), or wrong. The exit
    status is 1 if anything is wrong.
    """
    from ..datasets import validate_dataset
    from ..datasets.registry import parse_options

    options = parse_options(name, read_settings(settings))
    checks = validate_dataset(name, root, audio=not labels, n_jobs=jobs, progress=_bar, **options)
    wrong = [check.name for check in checks if check.verdict == "wrong"]
    if as_json:
        document = {
            "name": name,
            "root": root,
            "ok": not wrong,
            "checks": [asdict(check) for check in checks],
        }
        click.echo(json.dumps(document, ensure_ascii=False))
    else:
        _print(checks)
    if wrong:
        remark(f"{len(wrong)} of {len(checks)} checks of {name} went wrong: {', '.join(wrong)}.")
        context.exit(1)


@datasets.command(short_help="Write a CSV of files to fill in.")
@click.argument("folder", required=False)
@click.option("--output", "-o", default=None, metavar="FILE", help="Write here, not to stdout.")
@click.option(
    "--target",
    "-t",
    type=click.Choice(list(COLUMNS)),
    default="emotion",
    show_default=True,
    help="What to rate: emotion, or va (valence and arousal from -1 to 1).",
)
def template(folder: str | None, output: str | None, target: str) -> None:
    """Write a CSV to fill in: a line for each audio file of FOLDER, or one example.

    Files are named relative to the folder of the CSV (of stdout: the current one). Fill in the
    labels, and in `group` whoever plays, sings or speaks; delete the columns you do not need.
    """
    if output is not None:
        check_output(output, (".csv",))
    place = Path.cwd() if output is None else Path(output).absolute().parent
    columns = ["file", *COLUMNS[target], *OPTIONAL]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([file, *[""] * (len(columns) - 1)] for file in _files(folder, place))
    if output is None:
        click.echo(text.getvalue(), nl=False)
        return
    with written_beside(output) as beside:
        beside.write_text(text.getvalue(), encoding="utf-8")


def _files(folder: str | None, place: Path) -> list[str]:
    """Return the audio files of a folder, relative to a place; an example without a folder."""
    from ..datasets import find_audio

    if folder is None:
        return [EXAMPLE]
    found = find_audio(folder)
    if not found:
        msg = f"{folder}: holds no audio files. Give the folder that holds yours."
        raise DatasetError(msg)
    return [Path(os.path.relpath(path.absolute(), place)).as_posix() for path in found]


def _bar(paths: Iterable[str]) -> Iterable[str]:
    """Show a bar on a terminal while files are read."""
    from tqdm import tqdm

    return tqdm(paths, unit="file", leave=False, disable=None, delay=2)


def _print(checks: list[Check]) -> None:
    """Print one line a check."""
    width = max(len(check.name) for check in checks)
    for check in checks:
        click.echo(f"{check.verdict:5}  {check.name:{width}}  {check.found}")
