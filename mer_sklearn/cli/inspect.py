"""``mer inspect``: the model card of a saved model, and its self-test."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from ..artifact.manifest import kind_of
from ..errors import ArtifactError
from .options import json_option

if TYPE_CHECKING:
    from ..artifact.self_test import SelfTest

__all__ = ["inspect"]

Lines: TypeAlias = Iterator[tuple[str, str]]

STEPS = ("scale", "select", "balance", "model")
SCORES = ("split", "n_rows", "n_groups", "n_folds", "n_repeats")
NOT_FOR = (
    "It names the emotion that people hear in a recording, as those who labelled its data did, not "
    "what anyone feels.",
    "Not for judging people: not in hiring, schools, policing, insurance or medicine.",
)


@click.command(short_help="Show the model card of a saved model.")
@click.argument("model")
@click.option(
    "--check/--no-check",
    default=None,
    help="Run the self-test. Default: of .onnx files; a .joblib file runs code when it is loaded.",
)
@json_option
def inspect(model: str, check: bool | None, as_json: bool) -> None:
    """Show what MODEL (.joblib or .onnx) says of itself, and whether its self-test passes.

    What it answers, from which features, how well and on what data, and what it is not for. The
    exit status is 1 if the model does not answer as when it was saved.
    """
    check = kind_of(model) == "onnx" if check is None else check
    manifest, found = _read(model, check=check)
    size = Path(model).stat().st_size
    if as_json:
        result = None if found is None else asdict(found)
        document = {"file": model, "size": size, **manifest, "check": result}
        click.echo(json.dumps(document, ensure_ascii=False))
    else:
        click.echo(f"{model}: {manifest['task']}, {manifest['kind']}, {size / 1e6:.2f} MB")
        click.echo(_card(manifest, found))
    if found is not None and not found.passed:
        msg = f"{model}: does not answer as when it was saved. Do not trust its answers here."
        raise ArtifactError(msg)


def _read(model: str, *, check: bool) -> tuple[Mapping[str, Any], SelfTest | None]:
    """Return what a file says of itself, and what the self-test found if it was asked for."""
    from ..artifact.runtime import load_with_manifest, read_manifest

    if not check:
        return read_manifest(model), None
    from ..artifact.self_test import run

    loaded, manifest = load_with_manifest(model)
    return manifest, run(loaded, manifest)


def _card(manifest: Mapping[str, Any], found: SelfTest | None) -> str:
    """Return the card: sections of lines, each a name and what is said of it."""
    sections = {
        "Answers": _answers(manifest),
        "Features": _features(manifest["features"]),
        "Model": _steps(manifest),
        "Scores": _scores(manifest),
        "Data": _data(manifest),
        "Not for": (("", text) for text in NOT_FOR),
        "Checks": _checks(manifest, found),
    }
    lines: list[str] = []
    for head, entries in sections.items():
        said = list(entries)
        width = max((len(name) for name, _ in said), default=0)
        lines += ["", head, *(f"  {name:{width}}  {_line(text)}".rstrip() for name, text in said)]
    return "\n".join(lines)


def _line(text: str) -> str:
    """Return a text in one line."""
    return " ".join(text.split())


def _answers(manifest: Mapping[str, Any]) -> Lines:
    labels, scale, emotions = (manifest[key] for key in ("labels", "scale", "emotions"))
    if labels is not None:
        yield "labels", ", ".join(map(str, labels))
    else:
        ends = "" if scale is None else f", each in [{scale[0]:g}, {scale[1]:g}]"
        yield "numbers", ", ".join(manifest["targets"]) + ends
    if emotions:
        yield "emotions", ", ".join(emotions)
    if manifest["labeller"]:
        yield "labeller", _called(manifest["labeller"])
    if manifest["features"]["families"]:
        yield "from", f"audio of any length; inside, mono at {manifest['sample_rate']} Hz"
    else:
        yield "from", "a table of features"


def _features(features: Mapping[str, Any]) -> Lines:
    parts = ", of a clip and its halves" if features["parts"] else ""
    yield "columns", f"{features['n_columns']}{parts}"
    sizes = Counter(name.partition("__")[0] for name in features["names"])
    for family in features["families"]:
        name, parameters = family["family"], _called(family["parameters"])
        yield name, f"{sizes[name]} columns" + (f": {parameters}" if parameters else "")
    yield "sha256", features["sha256"]


def _steps(manifest: Mapping[str, Any]) -> Lines:
    yield from ((name, manifest["steps"][name]) for name in STEPS if name in manifest["steps"])
    if manifest["study"]:
        yield "search", _search(manifest["study"])
    yield "fitted", f"{manifest['fit']['apart']} apart"
    for key, why in (("n_dropped", "without a label"), ("n_skipped", "unreadable")):
        if number := manifest["fit"][key]:
            yield "left out", f"{number} clips {why}"


def _search(study: Mapping[str, Any]) -> str:
    """Return by which search the model was chosen, and that its score is optimistic."""
    start = "none" if study["start"] is None else f"{study['start']:.3f}"
    return (
        f"{study['metric']} {start} -> {study['best']:.3f} in {study['n_trials']} trials, on the "
        f"folds that it was chosen by ({study['split']})"
    )


def _scores(manifest: Mapping[str, Any]) -> Lines:
    """Return each score with its interval, and beside it that of the baseline."""
    found = manifest["scores"]
    if not found:
        yield "", "None were stated when it was saved: how well it does is not known."
        return
    baseline, intervals = found.get("baseline", {}), found.get("intervals", {})
    for name, score in found.get("scores", found).items():
        if not isinstance(score, float):
            continue
        said = f"{score:.3f}"
        if None not in (ends := intervals.get(name, [None])):
            said += f" [{ends[0]:.3f}, {ends[1]:.3f}]"
        if isinstance(baseline.get(name), int | float):
            said += f" ({baseline['name']}: {baseline[name]:.3f})"
        yield name, said
    split, *counts = (found.get(key) for key in SCORES)
    if split:
        words = zip(("rows", "groups", "folds", "repeats"), counts, strict=True)
        yield "split", ", ".join([split, *(f"{n} {word}" for word, n in words if n is not None)])
    yield from (("remark", remark) for remark in found.get("remarks", ()))


def _data(manifest: Mapping[str, Any]) -> Lines:
    if not manifest["training"]:
        yield "", "Nothing was stated of the data that it learned from, nor of their licence."
        return
    yield from ((name, _value(value)) for name, value in manifest["training"].items() if value)


def _checks(manifest: Mapping[str, Any], found: SelfTest | None) -> Lines:
    """Return how far the graph was from the pipeline, and what the self-test found."""
    for finding in manifest["gate"] or ():
        allowed = "reported only" if finding["allowed"] is None else f"<= {finding['allowed']:g}"
        name = f"{finding['part']}, {finding['output']}, {finding['inputs']}"
        yield name, f"{finding['worst']:g} off ({allowed}), {finding['beyond']:.2%} beyond"
    if found is None:
        yield "self-test", "not run; --check loads the model, which runs code in a .joblib file"
    else:
        yield "self-test", f"{'passed' if found.passed else 'FAILED'}: {found.said}"
    yield "versions", ", ".join(f"{name} {text}" for name, text in manifest["versions"].items())


def _called(parameters: Mapping[str, Any]) -> str:
    """Return parameters as ``name=value``."""
    return ", ".join(
        f"{name}={_value(value)}" for name, value in parameters.items() if value is not None
    )


def _value(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
