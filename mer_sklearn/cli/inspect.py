"""``mer inspect``: what a saved model says of itself, without running it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from .options import json_option

__all__ = ["inspect"]

STEPS = ("scale", "select", "balance", "model")


@click.command(short_help="Show what a saved model says of itself.")
@click.argument("model")
@json_option
def inspect(model: str, as_json: bool) -> None:
    """Show what MODEL (.joblib or .onnx) says of itself: nothing in it is run.

    What it answers, from which features and steps, how well it did and on what data.
    """
    from ..artifact.runtime import read_manifest

    manifest = read_manifest(model)
    size = Path(model).stat().st_size
    if as_json:
        click.echo(json.dumps({"file": model, "size": size, **manifest}, ensure_ascii=False))
        return
    said = {"file": f"{model}, {manifest['kind']}, {size / 1e6:.2f} MB", **_said(manifest)}
    width = max(map(len, said))
    for name, value in said.items():
        click.echo(f"{name:{width}}  {value}")


def _said(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return the entries of a manifest as lines, what is unknown left out."""
    features, labels, scale = (manifest[key] for key in ("features", "labels", "scale"))
    targets = ", ".join(manifest["targets"])
    lines = {
        "task": manifest["task"],
        "labels": None if labels is None else ", ".join(map(str, labels)),
        "targets": targets if scale is None else f"{targets}, each in {scale}",
        "labeller": manifest["labeller"] and _called(manifest["labeller"]),
        **{f"family {f['family']}": _called(f["parameters"]) for f in features["families"]},
        "features": f"{features['n_columns']} columns",
        **{name: manifest["steps"].get(name) for name in STEPS},
        "scores": manifest["scores"] and _scores(manifest["scores"]),
        "search": manifest["study"] and _search(manifest["study"]),
        "training": manifest["training"] and _called(manifest["training"]),
        "self-test": f"{manifest['self_test']['signal']} -> {manifest['self_test']['prediction']}",
        "gate": manifest["gate"] and _gate(manifest["gate"]),
        "versions": " ".join(f"{name} {text}," for name, text in manifest["versions"].items())[:-1],
    }
    return {name: str(line) for name, line in lines.items() if line}


def _called(parameters: Mapping[str, Any]) -> str:
    """Return parameters as ``name=value``."""
    return ", ".join(
        f"{name}={','.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in parameters.items()
        if value is not None
    )


def _search(study: Mapping[str, Any]) -> str:
    """Return by which search the model was chosen, and that its score is optimistic."""
    start = "none" if study["start"] is None else f"{study['start']:.3f}"
    return (
        f"{study['metric']} {start} -> {study['best']:.3f} in {study['n_trials']} trials, on the "
        f"folds that it was chosen by ({study['split']})"
    )


def _scores(evaluation: Mapping[str, Any]) -> str:
    """Return the scores, and beside them those of the baseline and what was kept apart."""
    baseline = evaluation.get("baseline", {})
    scores = [
        f"{name} {score:.3f}"
        + (f" ({baseline['name']}: {baseline[name]:.3f})" if name in baseline else "")
        for name, score in evaluation.get("scores", evaluation).items()
        if isinstance(score, float)
    ]
    return ", ".join([*scores, *filter(None, [evaluation.get("split")])])


def _gate(findings: list[Mapping[str, Any]]) -> str:
    """Return the largest difference from the pipeline in each part of the graph."""
    return "; ".join(
        f"{found['part']} on {found['inputs']}: {found['output']} {found['worst']:g}"
        for found in findings
    )
