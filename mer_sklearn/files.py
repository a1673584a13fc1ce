"""Files that are whole or not there: models, tables and results are written beside their place."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from .errors import ArtifactError

__all__ = ["sync", "write_checked", "written_beside"]


@contextlib.contextmanager
def written_beside(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a path beside the wanted one, moved into place when the block ends well.

    Whatever goes wrong in the block, and if the power fails, the wanted file is what it was before
    or what the block wrote.
    """
    target = Path(path)
    if not target.parent.is_dir():
        msg = f"{target}: its folder {target.parent} does not exist. Make it first."
        raise ArtifactError(msg)
    if target.is_dir():
        msg = f"{target}: is a folder. Give the name of a file."
        raise ArtifactError(msg)
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield beside
        sync(beside)
        beside.replace(target)
        sync(target.parent)
    except OSError as error:
        msg = f"{target}: cannot be written ({error.strerror or error}). Choose another place."
        raise ArtifactError(msg) from error
    finally:
        beside.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until what a file holds, or the names in a folder, have reached the disk."""
    is_folder = path.is_dir()
    if is_folder and os.name == "nt":  # which has no such call
        return
    descriptor = os.open(path, os.O_RDONLY if is_folder else os.O_RDWR)
    try:
        os.fsync(descriptor)
    except OSError:
        if not is_folder:  # some file systems cannot do it for a folder
            raise
    finally:
        os.close(descriptor)


def write_checked(
    path: str | os.PathLike[str], content: bytes, check: Callable[[Path], None]
) -> None:
    """Write a file, once `check` accepts what was written beside its place."""
    with written_beside(path) as beside:
        beside.write_bytes(content)
        check(beside)
