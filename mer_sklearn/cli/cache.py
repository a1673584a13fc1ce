"""``mer cache``: the rows that are kept, how many, and whether they are whole."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
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
    found = _looked_at(file, lambda opened: opened.info()) if file.exists() else None
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
        _clear(file, only_hashes=hashes)
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
    n_rows, n_wrong, keeps = _looked_at(file, lambda opened: (*opened.verify(), opened.keeps))
    fate = "and removed" if keeps else "and still there, as nothing can be written"
    click.echo(
        f"{file}: {n_rows} rows, {n_wrong} of them damaged {fate if n_wrong else ''}".strip()
    )
    if n_wrong:
        context.exit(1)


def _file(folder: str | None) -> Path:
    """Return the file of the cache."""
    from ..extraction.cache import cache_file

    file = cache_file(True if folder is None else folder)
    assert file is not None
    return file


def _looked_at(file: Path, action: Callable[[RowCache], Any]) -> Any:
    """Look at the cache, which may be one that cannot be written to."""
    with _sentences(file):
        try:
            return _with_cache(file, action)
        except (sqlite3.OperationalError, OSError):
            return _with_cache(file, action, read_only=True)


def _clear(file: Path, *, only_hashes: bool) -> None:
    """Forget rows and hashes; a cache that is damaged is deleted."""
    from ..extraction.cache import ForeignError, remove

    with _sentences(file):
        try:
            _with_cache(file, lambda opened: opened.clear(only_hashes=only_hashes))
        except (sqlite3.OperationalError, ForeignError):
            raise
        except sqlite3.DatabaseError:
            remove(file)
            remark(f"{file}: was damaged, and is deleted.")


def _with_cache(file: Path, action: Callable[[RowCache], Any], *, read_only: bool = False) -> Any:
    """Do something with the cache."""
    from ..extraction.cache import RowCache

    with contextlib.closing(RowCache(file, read_only=read_only)) as opened:
        return action(opened)


@contextlib.contextmanager
def _sentences(file: Path) -> Iterator[None]:
    """Turn what cannot be done with a cache into one sentence."""
    from ..extraction.cache import ForeignError

    try:
        yield
    except ForeignError as error:
        msg = f"{file}: is a database of another program. Give another folder: --cache DIR."
        raise ArtifactError(msg) from error
    except (sqlite3.OperationalError, OSError) as error:
        why = getattr(error, "strerror", None) or error
        msg = f"{file}: cannot be used ({why}). Try again, or give another folder: --cache DIR."
        raise ArtifactError(msg) from error
    except sqlite3.DatabaseError as error:
        msg = (
            f"{file}: is damaged or no cache ({error}). `mer cache clear` deletes it; "
            "rows are computed again."
        )
        raise ArtifactError(msg) from error


def _left_over(file: Path) -> list[Path]:
    """Return what other versions of this project left, and files that were set aside."""
    from ..extraction.cache import is_ours

    found = [
        path
        for path in file.parent.glob("rows-*")
        if is_ours(path.name) and not path.name.startswith(file.name)
        if path.is_file() and not path.is_symlink()
    ]
    if found:
        remark(f"removes {len(found)} files of other versions beside it.")
    return found


def _sentence(found: CacheInfo) -> str:
    """Return what a cache holds."""
    lines = [
        f"{found.file}",
        f"{found.n_rows} rows, {found.n_files} files known by their stamps, "
        f"{found.n_failures} that could not be read",
        f"{found.size / 2**20:.1f} MiB of at most {found.limit / 2**30:.1f} GiB",
    ]
    if found.oldest is not None:
        day = time.strftime("%Y-%m-%d", time.localtime(found.oldest))
        lines.append(f"the row that leaves first was used on {day}")
    return "\n".join(lines)
