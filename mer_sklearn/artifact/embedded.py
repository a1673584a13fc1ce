"""Where the manifest stands in an ONNX file: found and checked before onnxruntime sees the file.

An ONNX file is a message of protobuf: fields one behind the other, each a tag (its number and how
it is written), a length and the content. Ours is the graph's message and behind it one of a single
field, the manifest; two messages in a row are one of all their fields. So the manifest is found by
stepping over the fields of the outermost message, of which only tags and lengths are read: however
large or hostile the rest is, it costs nothing.

::

    | ir_version | opset_import | graph ............ | metadata_props: mer_sklearn -> JSON |
    | <------------ n_bytes, sealed by sha256 -----> |                                      end
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ..errors import ArtifactError
from .manifest import KEY, MOST_BYTES, check_seal, from_json, too_large

__all__ = ["read", "read_manifest"]

METADATA_PROPS = 14  # of a ModelProto
NAME, VALUE = 1, 2  # of an entry of metadata_props
MOST_FIELDS = 1_000  # of the outermost message; ours have ten
LARGEST = 2**31  # bytes; no message of protobuf is larger
# How a tensor says in which file its numbers lie. Our graphs hold theirs; and should it be written
# in another way, the session still finds no file.
EXTERNAL = b"\x0a\x08location"


class _BrokenError(Exception):
    """The bytes are no message of protobuf; the reason is a phrase."""


@dataclass(frozen=True)
class _Field:
    """A field of a message: its number, where it begins, and where its content does and ends."""

    number: int
    start: int
    content: int
    end: int


def read_manifest(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the manifest of an ONNX artifact, once its checksum fits; nothing is run.

    Parameters
    ----------
    path : str or path
        The file.

    Returns
    -------
    dict
        The manifest.

    Raises
    ------
    ArtifactError
        If the file is missing, no model of mer_sklearn, cut off, damaged, or of a newer format.
    """
    return read(path)[1]


def read(path: str | os.PathLike[str]) -> tuple[bytes, dict[str, Any]]:
    """Return the bytes of an ONNX artifact and its manifest, checked.

    Parameters
    ----------
    path : str or path
        The file.

    Returns
    -------
    content : bytes
        The whole file: a model for onnxruntime.
    manifest : dict
        What it says of itself.

    Raises
    ------
    ArtifactError
        As `read_manifest` does, and if the graph points at other files.
    """
    name = os.fspath(path)
    try:
        with Path(path).open("rb") as file:
            manifest = _manifest(file, file.seek(0, io.SEEK_END), name)
            file.seek(0)
            content = file.read()
    except OSError as error:
        msg = f"{name}: cannot be read ({error.strerror}). Give the path of a saved model."
        raise ArtifactError(msg) from error
    graph = memoryview(content)[: manifest["n_bytes"]]
    check_seal(manifest, graph, name)
    if content.find(EXTERNAL, 0, manifest["n_bytes"]) >= 0:
        msg = (
            f"{name}: its graph points at another file, which ours never do: a file that is not "
            "from `save` or `mer export`. Do not run it."
        )
        raise ArtifactError(msg)
    return content, manifest


def _manifest(file: BinaryIO, size: int, name: str) -> dict[str, Any]:
    """Return the manifest, which has to be the last field."""
    try:
        entries = [f for f in _fields(file, 0, size) if f.number == METADATA_PROPS]
        texts = [(f, text) for f in entries if (text := _value(file, f, name)) is not None]
    except _BrokenError as error:
        msg = (
            f"{name}: is no ONNX model, or not a complete one ({error}). Give a file that `save` "
            "or `mer export` wrote, or copy it again from its source."
        )
        raise ArtifactError(msg) from error
    if not texts:
        msg = (
            f"{name}: is an ONNX model, but not one of mer_sklearn. Give a file that `save` or "
            "`mer export` wrote."
        )
        raise ArtifactError(msg)
    field, text = texts[-1]
    manifest = from_json(text, name, "onnx")
    if len(texts) > 1 or field.end != size or manifest.get("n_bytes") != field.start:
        msg = (
            f"{name}: was changed after it was saved (something stands behind its manifest, or "
            "does not belong to it). Copy the file again from its source."
        )
        raise ArtifactError(msg)
    return manifest


def _value(file: BinaryIO, entry: _Field, name: str) -> bytes | None:
    """Return the text of an entry of the metadata; None where it is not of our key."""
    inner = list(_fields(file, entry.content, entry.end))
    named = {field.number: field for field in inner if field.number in (NAME, VALUE)}
    if set(named) != {NAME, VALUE} or _size(named[NAME]) != len(KEY):
        return None
    if _content(file, named[NAME]) != KEY.encode():
        return None
    if _size(named[VALUE]) > MOST_BYTES:
        raise too_large(name, _size(named[VALUE]))
    return _content(file, named[VALUE])


def _size(field: _Field) -> int:
    return field.end - field.content


def _content(file: BinaryIO, field: _Field) -> bytes:
    file.seek(field.content)
    return file.read(_size(field))


def _fields(file: BinaryIO, start: int, end: int) -> Iterator[_Field]:
    """Step over the fields of a message between two places of a file."""
    if end == 0 or end > LARGEST:
        msg = f"{end / 1e9:.0f} GB are too many" if end else "it is empty"
        raise _BrokenError(msg)
    for _ in range(MOST_FIELDS):
        if start == end:
            return
        file.seek(start)
        tag = _varint(file)
        content = _behind(file, tag)
        if content[1] > end:
            msg = "it ends too early"
            raise _BrokenError(msg)
        yield _Field(tag >> 3, start, *content)
        start = content[1]
    msg = f"it has more than {MOST_FIELDS} parts"
    raise _BrokenError(msg)


def _behind(file: BinaryIO, tag: int) -> tuple[int, int]:
    """Return where the content of a field begins and ends, the file standing behind its tag."""
    number, kind = tag >> 3, tag & 7
    if number == 0 or kind not in (0, 1, 2, 5):
        msg = "its bytes are no message of protobuf"
        raise _BrokenError(msg)
    if kind == 0:
        begin = file.tell()
        _varint(file)
        return begin, file.tell()
    length = _varint(file) if kind == 2 else {1: 8, 5: 4}[kind]
    return file.tell(), file.tell() + length


def _varint(file: BinaryIO) -> int:
    """Return a whole number of seven bits a byte, the lowest first."""
    number = 0
    for place in range(10):
        byte = file.read(1)
        if not byte:
            msg = "it ends too early"
            raise _BrokenError(msg)
        number |= (byte[0] & 0x7F) << (7 * place)
        if byte[0] < 0x80:
            return number
    msg = "its bytes are no message of protobuf"
    raise _BrokenError(msg)
