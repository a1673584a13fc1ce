"""What each entry of a manifest must be: who forges one is refused before anything trusts it.

A shape is a function that yields what is wrong with a value, each a phrase that names the place.
"""

from __future__ import annotations

import re
import reprlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

__all__ = ["KINDS", "RATES", "faults"]

Faults: TypeAlias = Iterator[str]
Shape: TypeAlias = Callable[[Any, str], Faults]

KINDS = ("joblib", "onnx")  # of files; their names end in these
RATES = (22_050, 44_100, 48_000)  # Hz; what a graph may take
# What moves the cursor of a terminal or turns the direction of writing, and halves of characters.
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
LARGEST = 1e300
MOST = 2**31  # of whatever is counted: no file of protobuf is larger


# --------------------------------------------------------------------------------------- shapes


def _text(value: Any, place: str) -> Faults:
    """Accept texts that a terminal may print: no control characters."""
    if not isinstance(value, str) or not (value.isprintable() or CONTROL.search(value) is None):
        yield _fault(place, value, "a text without control characters")


def _prose(value: Any, place: str) -> Faults:
    """Accept texts of several lines, such as the representation of an estimator."""
    if not isinstance(value, str):
        yield _fault(place, value, "a text")
        return
    yield from _text(value.replace("\n", " "), place)


def _number(value: Any, place: str) -> Faults:
    if not _is_number(value):
        yield _fault(place, value, "a number")


def _positive(value: Any, place: str) -> Faults:
    if not _is_number(value) or value <= 0:
        yield _fault(place, value, "a number above 0")


def _is_number(value: Any) -> bool:
    """Tell numbers that float64 holds: JSON knows whole numbers of any size."""
    return type(value) in (int, float) and abs(value) <= LARGEST


def _flag(value: Any, place: str) -> Faults:
    if not isinstance(value, bool):
        yield _fault(place, value, "true or false")


def _digest(value: Any, place: str) -> Faults:
    if not isinstance(value, str) or len(value) != 64 or set(value) - set("0123456789abcdef"):
        yield _fault(place, value, "a SHA-256 of 64 hexadecimal digits")


def _label(value: Any, place: str) -> Faults:
    if isinstance(value, str):
        yield from _text(value, place)
    elif not isinstance(value, bool) and not _is_number(value):
        yield _fault(place, value, "a text or a number")


def _any(value: Any, place: str) -> Faults:
    """Accept whatever JSON holds, as long as it may be printed."""
    if isinstance(value, Mapping):
        yield from _table(_any)(value, place)
    elif isinstance(value, list):
        yield from _list(_any)(value, place)
    elif isinstance(value, str):
        yield from _prose(value, place)
    elif value is not None and not isinstance(value, bool):
        yield from _number(value, place)


def _whole(low: int, high: int = MOST) -> Shape:
    def shape(value: Any, place: str) -> Faults:
        if type(value) is not int or not low <= value <= high:
            yield _fault(place, value, f"a whole number from {low} to {high}")

    return shape


def _one_of(*known: Any) -> Shape:
    def shape(value: Any, place: str) -> Faults:
        if not any(type(value) is type(item) and value == item for item in known):
            yield _fault(place, value, f"one of {', '.join(map(str, known))}")

    return shape


def _maybe(inner: Shape) -> Shape:
    def shape(value: Any, place: str) -> Faults:
        if value is not None:
            yield from inner(value, place)

    return shape


def _list(inner: Shape, at_least: int = 0, at_most: int = MOST) -> Shape:
    def shape(value: Any, place: str) -> Faults:
        if not isinstance(value, list) or not at_least <= len(value) <= at_most:
            length = f" of {at_least} or more entries" if at_least else ""
            yield _fault(place, value, f"a list{length}")
            return
        for number, item in enumerate(value):
            yield from inner(item, f"{place}[{number}]")

    return shape


def _table(inner: Shape) -> Shape:
    """Accept any names, each with a value of one shape."""

    def shape(value: Any, place: str) -> Faults:
        if not isinstance(value, Mapping):
            yield _fault(place, value, "a table")
            return
        for name, item in value.items():
            yield from _text(name, f"a name in {place}")
            yield from inner(item, f"{place}.{name}")

    return shape


def _record(needed: Mapping[str, Shape], known: Mapping[str, Shape] | None = None) -> Shape:
    """Accept a table with certain names; others may stand beside them."""

    def shape(value: Any, place: str) -> Faults:
        if not isinstance(value, Mapping):
            yield _fault(place, value, "a table")
            return
        for name in sorted(set(needed) - set(value)):
            yield f"{_under(place, name)} is missing"
        shapes = {**needed, **(known or {})}
        for name, item in value.items():
            yield from _text(name, f"a name in {place or 'it'}")
            yield from shapes.get(name, _any)(item, _under(place, name))

    return shape


def _under(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _fault(place: str, value: Any, wanted: str) -> str:
    return f"{place} is {reprlib.repr(value)}, not {wanted}"


# ---------------------------------------------------------------------------------- the manifest

_SCORES = _table(_maybe(_number))
_EVALUATION = _record(
    {},
    {
        "split": _text,
        "n_rows": _whole(0),
        "n_groups": _whole(0),
        "n_folds": _whole(0),
        "n_repeats": _whole(0),
        "level": _number,
        "scores": _SCORES,
        "intervals": _table(_list(_maybe(_number), 2, 2)),
        "baseline": _record({"name": _text}),
        "ceiling": _SCORES,
        "remarks": _list(_prose),
    },
)
_STUDY = _record(
    {
        "metric": _text,
        "start": _maybe(_number),
        "best": _number,
        "n_trials": _whole(0),
        "split": _text,
    }
)
_TRAINING = _record(
    {},
    {
        "name": _text,
        "licence": _maybe(_prose),
        "target": _list(_text),
        "n_clips": _maybe(_whole(0)),
        "n_groups": _maybe(_whole(0)),
        "sha256": _maybe(_digest),
    },
)
_FAMILY = _record(
    {"family": _text, "version": _whole(0), "series": _table(_whole(0)), "parameters": _table(_any)}
)
_FEATURES = _record(
    {
        "families": _list(_FAMILY),
        "names": _list(_text),  # none for a table whose columns nobody named
        "n_columns": _whole(1),
        "parts": _flag,
        "sha256": _digest,
    }
)
_FINDING = _record(
    {
        "part": _text,
        "output": _text,
        "inputs": _text,
        "n": _whole(0),
        "worst": _number,
        "allowed": _maybe(_number),
        "beyond": _number,
        "where": _text,
    }
)
_SELF_TEST = _record(
    {
        "signal": _one_of("chirp", "zeros"),
        "answer": _table(_maybe(_label)),
        "allowed": _table(_positive),
    }
)
_FIT = _record(
    {"apart": _one_of("groups", "files"), "n_dropped": _whole(0), "n_skipped": _whole(0)}
)
_MANIFEST = _record(
    {
        "kind": _one_of(*KINDS),
        "task": _one_of("classification", "regression"),
        "labels": _maybe(_list(_label, 1)),
        "targets": _list(_text, 1),
        "target_ndim": _one_of(1, 2),
        "scale": _maybe(_list(_number, 2, 2)),
        "labeller": _maybe(_table(_any)),
        "emotions": _maybe(_list(_text)),
        "sample_rate": _one_of(*RATES),
        "features": _FEATURES,
        "steps": _table(_prose),
        "fit": _FIT,
        "versions": _table(_text),
        "scores": _maybe(_EVALUATION),
        "study": _maybe(_STUDY),
        "training": _maybe(_TRAINING),
        "outputs": _maybe(_list(_text, 1)),
        "gate": _maybe(_list(_FINDING)),
        "self_test": _SELF_TEST,
    },
    {"sha256": _digest, "n_bytes": _whole(1)},
)


def faults(manifest: Mapping[str, Any], kind: str) -> Faults:
    """Yield what is wrong with the entries of a manifest, and with them together.

    Parameters
    ----------
    manifest : mapping
        What JSON held.
    kind : str
        The kind of file that it stands in: "joblib" or "onnx".

    Yields
    ------
    str
        A phrase that names the entry and what it should be.

    Examples
    --------
    >>> next(faults({"kind": "zip"}, "onnx"))
    'emotions is missing'
    """
    found = list(_MANIFEST(manifest, ""))
    yield from found
    if found:
        return
    if manifest["kind"] != kind:
        yield _fault("kind", manifest["kind"], kind)
    yield from _answers(manifest)
    yield from _expected(manifest["self_test"])
    yield from _heard(manifest)


def _heard(manifest: Mapping[str, Any]) -> Faults:
    """Yield what does not fit together in what the model takes."""
    families, names, n_columns = (
        manifest["features"][key] for key in ("families", "names", "n_columns")
    )
    signal = manifest["self_test"]["signal"]
    if manifest["kind"] == "onnx" and not families:
        yield _fault("features.families", [], "what a graph takes from a waveform")
    if signal != (wanted := "chirp" if families else "zeros"):
        yield _fault("self_test.signal", signal, wanted)
    if (names or families) and n_columns != len(names):
        yield _fault("features.n_columns", n_columns, f"{len(names)}")


def _answers(manifest: Mapping[str, Any]) -> Faults:
    """Yield what does not fit together in what the model says that it answers."""
    labels, targets = manifest["labels"], manifest["targets"]
    classes = manifest["task"] == "classification"
    if classes and (not labels or len({type(v) for v in labels}) > 1 or _repeats(labels)):
        yield _fault("labels", labels, "a list of classes of one type, each once")
    if not classes and labels is not None:
        yield _fault("labels", labels, "null: the model predicts numbers")
    if manifest["target_ndim"] == 1 and len(targets) > 1:
        yield _fault("target_ndim", 1, f"2: there are {len(targets)} targets")
    if (scale := manifest["scale"]) is not None and not scale[0] < scale[1]:
        yield _fault("scale", scale, "two ends, the lower first")
    if manifest["kind"] == "onnx":
        wanted = ["label", "probabilities"] if classes else ["values"]
        wanted += ["label"] if not classes and manifest["emotions"] else []
        outputs = manifest["outputs"] or []
        if sorted(set(outputs) - {"features"}) != sorted(wanted) or _repeats(outputs):
            yield _fault("outputs", outputs, f"{', '.join(wanted)} and possibly features")


def _expected(test: Mapping[str, Any]) -> Faults:
    """Yield it if a number that the self-test expects has no tolerance, or what is none has one."""
    numbers = [
        name
        for name, value in test["answer"].items()
        if isinstance(value, float) or (type(value) is int and name != "emotion")
    ]
    if set(test["allowed"]) != set(numbers):
        wanted = f"a tolerance for each number of the answer: {reprlib.repr(numbers)}"
        yield _fault("self_test.allowed", test["allowed"], wanted)


def _repeats(values: Sequence[Any]) -> bool:
    return len(set(values)) < len(values)
