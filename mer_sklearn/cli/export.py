"""``mer export``: a saved model as one ONNX file that runs anywhere."""

from __future__ import annotations

from pathlib import Path

import click

from .options import check_output
from .predict import find_files

__all__ = ["export", "write_onnx"]


@click.command(short_help="Write a saved model as ONNX.")
@click.argument("model")
@click.argument("files", nargs=-1)
@click.option("--output", "-o", default=None, metavar="FILE", help="FILE.onnx; default: beside it.")
def export(model: str, files: tuple[str, ...], output: str | None) -> None:
    """Write MODEL.joblib as MODEL.onnx: waveform in, emotion out.

    Both answer alike: that is tried on made signals, on rows of the training data and on FILES
    (audio files and folders of them) before the file is written.
    """
    output = str(Path(model).with_suffix(".onnx")) if output is None else output
    check_output(output, suffixes=(".onnx",))
    if Path(model).suffix == ".onnx":
        msg = f"{model}: is an ONNX model already. Give the .joblib model it was saved from."
        raise click.UsageError(msg)
    write_onnx(model, output, find_files(files) if files else None)
    click.echo(f"wrote {output}: {Path(output).stat().st_size / 1e6:.1f} MB")


def write_onnx(model: str, output: str, clips: list[str] | None) -> None:
    """Save a joblib model as ONNX, with what it knows of its scores and its data."""
    from ..artifact.runtime import load, read_manifest

    manifest = read_manifest(model)
    info = {key: manifest.get(key) for key in ("scores", "study", "training")}
    load(model).save(output, clips=clips, info=info)
