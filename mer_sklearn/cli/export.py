"""``mer export``: a saved model as one ONNX file that runs anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..artifact.fields import RATES
from .options import check_output
from .predict import find_files
from .printing import as_text

__all__ = ["export", "write_onnx"]


@click.command(short_help="Write a saved model as ONNX.")
@click.argument("model")
@click.argument("files", nargs=-1)
@click.option("--output", "-o", default=None, metavar="FILE", help="FILE.onnx; default: beside it.")
@click.option(
    "--sample-rate",
    type=click.Choice([str(rate) for rate in RATES]),
    default=str(RATES[0]),
    show_default=True,
    help="Rate of the waveform in Hz; the file itself brings it to 22050.",
)
@click.option("--features", is_flag=True, help="Give the features besides the answers.")
def export(
    model: str, files: tuple[str, ...], output: str | None, sample_rate: str, features: bool
) -> None:
    """Write MODEL.joblib as MODEL.onnx: waveform in, emotion out.

    Both answer alike: that is tried on made signals, on rows of the training data and on FILES
    (audio files and folders of them) before the file is written. A line of the table says how far
    they were apart at worst, how far they may be, and where that was; numbers of models with trees
    are only reported from samples to answers.
    """
    output = str(Path(model).with_suffix(".onnx")) if output is None else output
    check_output(output, suffixes=(".onnx",))
    if Path(model).suffix == ".onnx":
        msg = f"{model}: is an ONNX model already. Give the .joblib model it was saved from."
        raise click.UsageError(msg)
    options = {"sample_rate": int(sample_rate), "features": features}
    write_onnx(model, output, find_files(files) if files else None, **options)
    click.echo(_gate_table(output))
    click.echo(f"wrote {output}: {Path(output).stat().st_size / 1e6:.1f} MB")


def _gate_table(path: str) -> str:
    """Return what the gate found, one comparison a line."""
    from ..artifact.runtime import read_manifest

    return as_text(
        [
            {
                "compared": f"{found['part']}: {found['output']}",
                "on": f"{found['n']} {found['inputs']}",
                "apart": f"{found['worst']:.1e}",
                "allowed": "" if found["allowed"] is None else f"{found['allowed']:.0e}",
                "beyond": f"{found['beyond']:.2%}",
                "worst": found["where"].partition(", ")[0],
            }
            for found in read_manifest(path)["gate"]
        ]
    )


def write_onnx(model: str, output: str, clips: list[str] | None, **options: Any) -> None:
    """Save a joblib model as ONNX, with what it knows of its scores and its data."""
    from ..artifact.runtime import load, read_manifest

    manifest = read_manifest(model)
    info = {key: manifest.get(key) for key in ("scores", "study", "training")}
    load(model).save(output, clips=clips, info=info, **options)
