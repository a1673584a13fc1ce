"""The self-test of a saved model: a signal that anyone can make again, and the answer to it.

The answer was written down when the model was saved. Another machine, another version of a library
or a browser has to come to the same, but for the rounding of its own kernels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..audio import Clip
from ..errors import ArtifactError
from .signals import chirp

__all__ = ["SelfTest", "ask", "check", "run"]


@dataclass(frozen=True)
class SelfTest:
    """What a self-test found.

    Parameters
    ----------
    passed : bool
        Whether the answer is the one that was written down.
    worst : float
        The largest difference of a number, as a share of what is allowed.
    said : str
        What was found, for people.
    """

    passed: bool
    worst: float
    said: str


def ask(model: Any, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a model answers to the signal of its self-test, as `predict_records` does.

    Parameters
    ----------
    model : EmotionPipeline or OnnxModel
        The model.
    manifest : mapping
        What its file says of it.

    Returns
    -------
    dict
        The answer to a second of sound; or to a row of zeros, of models of tables.
    """
    if manifest["self_test"]["signal"] == "chirp":
        rate = manifest["sample_rate"]
        X: Any = [Clip(chirp(rate), rate)]
    else:
        X = np.zeros((1, manifest["features"]["n_columns"]))
    (answer,) = model.predict_records(X, on_error="raise")
    return dict(answer)


def run(model: Any, manifest: Mapping[str, Any]) -> SelfTest:
    """Ask a loaded model what it was asked when it was saved.

    Parameters
    ----------
    model : EmotionPipeline or OnnxModel
        The model.
    manifest : mapping
        What its file says of it.

    Returns
    -------
    SelfTest
        Whether it answers alike. Where two classes are as good as tied, either may be named.
    """
    test = manifest["self_test"]
    found, expected, allowed = ask(model, manifest), test["answer"], test["allowed"]
    if set(found) != set(expected):
        return SelfTest(False, float("inf"), f"it answers {sorted(found)}, not {sorted(expected)}")
    off = {name: _off(found[name], expected[name]) / allowed[name] for name in allowed}
    name = max(off, key=off.__getitem__, default="")
    worst = off.get(name, 0.0)
    if not worst <= 1.0:
        said = f"{name} is {found[name]}, and was {expected[name]} (allowed: {allowed[name]:g} off)"
        return SelfTest(False, worst, said)
    if found.get("emotion") != expected.get("emotion") and not _tied(found, expected, allowed):
        said = f"the emotion is {found['emotion']!r}, and was {expected['emotion']!r}"
        return SelfTest(False, worst, said)
    return SelfTest(True, worst, f"off by at most {worst:.2g} of what is allowed")


def check(model: Any, manifest: Mapping[str, Any], name: str) -> None:
    """Refuse a model that does not answer as when it was saved."""
    found = run(model, manifest)
    if not found.passed:
        msg = (
            f"{name}: does not answer as when it was saved: {found.said}. Another version of a "
            "library may be the reason (`mer inspect` shows them); do not trust its answers here."
        )
        raise ArtifactError(msg)


def _off(found: Any, expected: Any) -> float:
    """Return the difference of two numbers; what is no number is infinitely far."""
    numbers = isinstance(found, int | float) and isinstance(expected, int | float)
    return abs(float(found) - float(expected)) if numbers else float("inf")


def _tied(
    found: Mapping[str, Any], expected: Mapping[str, Any], allowed: Mapping[str, float]
) -> bool:
    """Tell whether the two classes that were named are equally probable, within what is allowed."""
    names = [f"p_{answer['emotion']}" for answer in (found, expected)]
    if not set(names) <= set(allowed):
        return False
    now, then = (found[name] for name in names)
    return bool(abs(now - then) <= 2 * allowed[names[0]])
