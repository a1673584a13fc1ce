"""Published systems as recipes: each in its own split and in an honest one, on what is there."""

from __future__ import annotations

from . import labels, system_a, system_b, system_c, system_d, system_e
from .common import Roots, System

SYSTEMS: dict[str, System] = {
    "systems-labels": labels.SYSTEM,
    "systems-a": system_a.SYSTEM,
    "systems-b": system_b.SYSTEM,
    "systems-c": system_c.SYSTEM,
    "systems-d": system_d.SYSTEM,
    "systems-e": system_e.SYSTEM,
}

__all__ = ["SYSTEMS", "Roots", "System"]
