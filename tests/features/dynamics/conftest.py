"""Families as rows of named values."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture(scope="session")
def row():
    """Return a function that computes the values of a family by name, without the family's."""

    def row(family, signal) -> dict[str, float]:
        names = [name.partition("__")[2] for name in family.column_names()]
        values = family.fit_transform(np.asarray(signal, np.float32)[None])[0]
        return dict(zip(names, map(float, values), strict=True))

    return row
