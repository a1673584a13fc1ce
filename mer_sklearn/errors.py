"""The errors and the warning of the toolkit.

Every one is a sentence with four answers: what was wrong, in which file or parameter, why it cannot
go on, and what to do::

    MerError
    ├── AudioError      a file or a signal cannot be used as audio
    ├── InputError      an argument (X, y, groups, a parameter) makes no sense
    ├── DatasetError    a corpus on disk is not what its layout says
    └── ArtifactError   a saved model cannot be written or read

All but the first also derive from `ValueError`, as callers of scikit-learn expect.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "ArtifactError",
    "AudioError",
    "DatasetError",
    "InputError",
    "MerError",
    "MerWarning",
    "first_line",
    "some",
    "some_sentences",
    "unknown_name",
]


class MerError(Exception):
    """Base of all errors that the toolkit raises on purpose."""


class AudioError(MerError, ValueError):
    """A file or a signal cannot be used as audio."""


class InputError(MerError, ValueError):
    """An argument makes no sense: X, y, groups or a parameter."""


class DatasetError(MerError, ValueError):
    """A corpus on disk is not what its layout says."""


class ArtifactError(MerError, ValueError):
    """A saved model cannot be written or read."""


class MerWarning(UserWarning):
    """Something the caller should know before the next decision."""


def unknown_name(kind: str, name: object, known: Iterable[str]) -> InputError:
    """Return the error for a name that leads nowhere, with the nearest one that does."""
    names = sorted(known)
    near = difflib.get_close_matches(str(name), names, n=3)
    # Among the near ones, the one of the same letters: "smv" is "svm" rather than "svr".
    near.sort(key=lambda known: sorted(known) != sorted(str(name)))
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return InputError(f"Unknown {kind} {name!r}.{hint} Known: {', '.join(names)}.")


def some(items: Iterable[object], at_most: int = 5) -> str:
    """Join the first few items for a sentence and count the rest.

    Examples
    --------
    >>> some(["a", "b", "c"], at_most=2)
    'a, b and 1 more'
    """
    texts = [str(item) for item in items]
    rest = len(texts) - at_most
    return ", ".join(texts[:at_most]) + (f" and {rest} more" if rest > 0 else "")


def some_sentences(sentences: Iterable[object], at_most: int = 5) -> str:
    """Put the first few sentences one after the other and count the rest.

    Examples
    --------
    >>> some_sentences(["a: is empty.", "b: is empty", "c: is empty."], at_most=2)
    'a: is empty. b: is empty. And 1 more.'
    """
    texts = [str(sentence).rstrip(".") + "." for sentence in sentences if str(sentence)]
    rest = len(texts) - at_most
    return " ".join([*texts[:at_most], *([f"And {rest} more."] if rest > 0 else [])])


def first_line(error: Exception) -> str:
    r"""Return what another library says of its error: one line, without a full stop.

    Examples
    --------
    >>> first_line(ValueError("no such column.\nHere is the whole table: ..."))
    'no such column'
    >>> first_line(KeyError())
    'KeyError'
    """
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
