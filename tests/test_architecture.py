"""The shape of the house: imports point down, public names are lazy, the stub tells the truth."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import mer_sklearn

PACKAGE = Path(mer_sklearn.__file__).parent
HEAVY = ["sklearn", "librosa", "numba", "onnx", "onnxruntime", "xgboost", "optuna", "pandas"]

# Layer of each module, by its first name inside the package; see docs/architecture.md.
LAYERS = {
    "errors": 0,
    "files": 0,
    "audio": 0,
    "decoding": 0,
    "extraction": 1,
    "features": 2,
    "labels": 2,
    "kernel": 3,
    "parts": 3,
    "boosting": 3,
    "calibration": 3,
    "spaces": 3,
    "models": 3,
    "scaling": 3,
    "balancing": 3,
    "targets": 3,
    "grouping": 3,
    "artifact": 3,
    "datasets": 3,
    "steps": 4,
    "pipeline": 4,
    "evaluation": 5,
    "tuning": 5,
    "cli": 7,
}


def imports_of(source: str, package: list[str]):
    """Yield (line, first name inside the package) of each import of our own modules."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            names = [node.module] if node.module else [alias.name for alias in node.names]
            for name in names:
                full = [*base, *name.split(".")]
                if len(full) > 1:
                    yield node.lineno, full[1]
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            modules = [alias.name for alias in node.names]
            if isinstance(node, ast.ImportFrom):
                modules = [str(node.module)]
            for module in modules:
                if module.startswith("mer_sklearn."):
                    yield node.lineno, module.split(".")[1]


def upward(source: str, path: Path) -> list[str]:
    """Return the imports of a module that point up."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    here = parts[0]
    if here == "__init__":
        return []
    package = ["mer_sklearn", *parts[:-1]]
    return [
        f"{path.relative_to(PACKAGE)}:{line} imports {name}"
        for line, name in imports_of(source, package)
        if name in LAYERS and LAYERS[name] > LAYERS[here]
    ]


def modules():
    return sorted(path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts)


def test_every_module_has_a_layer():
    tops = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in modules()}
    assert tops - {"__init__"} == set(LAYERS)


def test_imports_point_down():
    assert [line for path in modules() for line in upward(path.read_text(), path)] == []


@pytest.mark.parametrize(
    "line",
    ["from ..pipeline import EmotionPipeline", "from .. import cli", "import mer_sklearn.steps"],
)
def test_an_import_that_points_up_is_found(line):
    assert upward(line, PACKAGE / "features" / "new.py")


def test_features_know_no_files_and_no_models():
    for path in (PACKAGE / "features").glob("*.py"):
        source = path.read_text()
        assert "librosa" not in {
            line.split()[1].split(".")[0]
            for line in source.splitlines()
            if line.startswith(("import ", "from "))
        }, path
        assert "soundfile" not in source.replace("soundfile's", ""), path


def loaded_after(code: str) -> list[str]:
    check = f"{code}; import sys; print([m for m in {HEAVY} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    return ast.literal_eval(run.stdout.splitlines()[-1])


def test_import_loads_nothing_heavy():
    assert loaded_after("import mer_sklearn") == []
    assert loaded_after("import mer_sklearn.features") == []


def test_reading_audio_loads_nothing_heavy():
    assert loaded_after("from mer_sklearn import read_audio, Clip") == []


def test_features_load_neither_librosa_nor_onnx():
    assert set(loaded_after("from mer_sklearn import AudioFeatures")) <= {"sklearn", "pandas"}


def test_a_cold_extraction_loads_only_what_it_needs(tmp_path):
    """A table of one file with the default preset: the slow libraries stay out of the process."""
    import numpy as np
    import soundfile

    soundfile.write(tmp_path / "tone.wav", np.sin(np.arange(44_100) * 0.05), 44_100)
    words = ["extract", str(tmp_path / "tone.wav"), "-o", str(tmp_path / "row.csv"), "--no-cache"]
    slow = ["librosa", "numba", "xgboost", "imblearn", "optuna", "onnx", "onnxruntime", "ndonnx"]
    slow += ["spox", "skl2onnx", "matplotlib", "resampy"]
    code = (
        "import sys; from mer_sklearn.cli import main; status = main(); "
        f"print(status, [m for m in {slow} if m in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=True
    )
    assert run.stdout.splitlines()[-1] == "0 []"
    assert len((tmp_path / "row.csv").read_text().splitlines()) == 2


def test_every_public_name_resolves_and_the_stub_names_them_all():
    stub = ast.parse((PACKAGE / "__init__.pyi").read_text())
    names = {
        alias.asname
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert names == set(mer_sklearn.__all__)
    assert names <= set(dir(mer_sklearn))
    for name in names:
        assert getattr(mer_sklearn, name).__doc__


def test_every_name_resolves_eagerly():
    code = "import os; os.environ['EAGER_IMPORT'] = '1'; import mer_sklearn"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_a_type_checker_needs_is_there():
    assert (PACKAGE / "py.typed").exists()
    assert (PACKAGE / "features" / "__init__.pyi").exists()
