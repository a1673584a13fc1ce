"""``mer cache``: the rows that are kept, how many, and whether they are whole."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import ArtifactError
from .options import json_option, remark

if TYPE_CHECKING:
    from ..extraction.cache import CacheInfo, RowCache

__all__ = ["cache"]

place_option = click.option(
    "--cache", "folder", default=None, metavar="DIR", help="Folder of the cache; default: yours."
)


@click.group(short_help="Look after the cache of features.")
def cache() -> None:
    """Look after the cache of features.

    It is one file in your cache folder, in $MER_CACHE or in the folder of --cache. Beyond 10 GiB
    (or $MER_CACHE_GIB) the rows leave that were not used for longest.
    """


@cache.command()
@place_option
@json_option
def info(folder: str | None, as_json: bool) -> None:
    """Say where the cache is and what it holds."""
    file = _file(folder)
    found = _with_cache(file, lambda opened: opened.info()) if file.exists() else None
    if as_json:
        document = {"file": str(file)} if found is None else asdict(found)
        click.echo(json.dumps(document))
    elif found is None:
        click.echo(f"{file}: is not there yet")
    else:
        click.echo(_sentence(found))


@cache.command()
@place_option
@click.option("--hashes", is_flag=True, help="Only forget which bytes the files hold.")
def clear(folder: str | None, hashes: bool) -> None:
    """Forget all rows."""
    file = _file(folder)
    if file.exists():
        _with_cache(file, lambda opened: opened.clear(only_hashes=hashes))
    if not hashes:
        for path in _left_over(file):
            path.unlink()
    click.echo(f"cleared {file}")


@cache.command()
@place_option
@click.pass_context
def verify(context: click.Context, folder: str | None) -> None:
    """Check every row against its checksum and remove those that are damaged.

    The exit status is 1 if there were any.
    """
    file = _file(folder)
    if not file.exists():
        click.echo(f"{file}: is not there yet")
        return
    n_rows, n_wrong = _with_cache(file, lambda opened: opened.verify())
    click.echo(f"{file}: {n_rows} rows, {n_wrong} of them damaged and removed")
    if n_wrong:
        context.exit(1)


def _file(folder: str | None) -> Path:
    """Return the file of the cache."""
    from ..extraction.cache import cache_file

    file = cache_file(True if folder is None else folder)
    assert file is not None
    return file


def _with_cache(file: Path, action: Callable[[RowCache], Any]) -> Any:
    """Do something with the cache; what it cannot do is one sentence."""
    from ..extraction.cache import RowCache

    try:
        opened = RowCache(file)
        try:
            return action(opened)
        finally:
            opened.close()
    except sqlite3.OperationalError as error:
        msg = f"{file}: cannot be used ({error}). Try again, or delete it."
        raise ArtifactError(msg) from error
    except sqlite3.DatabaseError as error:
        msg = f"{file}: is damaged or no cache ({error}). Delete it; rows are computed again."
        raise ArtifactError(msg) from error


def _left_over(file: Path) -> list[Path]:
    """Return what other versions of this project left, and files that were set aside."""
    found = [path for path in file.parent.glob("rows-*") if not path.name.startswith(file.name)]
    if found:
        remark(f"removes {len(found)} files of other versions beside it.")
    return found


def _sentence(found: CacheInfo) -> str:
    """Return what a cache holds."""
    lines = [
        f"{found.file}",
        f"{found.n_rows} rows, {found.n_files} files known by their stamps",
        f"{found.size / 2**20:.1f} MiB of at most {found.limit / 2**30:.1f} GiB",
    ]
    if found.oldest is not None:
        day = time.strftime("%Y-%m-%d", time.localtime(found.oldest))
        lines.append(f"the row that leaves first was used on {day}")
    return "\n".join(lines)
