"""Numbers do not move in silence: cached rows and saved models rest on them."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

GOLDEN = runpy.run_path(str(Path(__file__).with_name("golden.py")))


@pytest.fixture(scope="module")
def stored():
    return json.loads(GOLDEN["FILE"].read_text())


@pytest.fixture(scope="module")
def current():
    return GOLDEN["golden"]()


def test_the_stored_numbers_belong_to_the_versions_of_the_code(stored, current):
    assert current["identity"] == stored["identity"], "run `python tests/features/golden.py`"


def test_numbers_move_only_with_a_version(stored, current):
    assert list(current["columns"]) == list(stored["columns"])
    np.testing.assert_allclose(
        list(current["columns"].values()),
        list(stored["columns"].values()),
        rtol=1e-4,
        atol=1e-5,
        err_msg="raise the version of what changed, then run `python tests/features/golden.py`",
    )


def test_the_stored_numbers_tell_series_apart(stored):
    assert len(set(stored["columns"].values())) > 40
