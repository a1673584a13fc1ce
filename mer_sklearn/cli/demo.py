"""``mer demo``: the whole way once, on rendered music, in under a minute."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import ArtifactError
from .options import jobs_option, seed_option

if TYPE_CHECKING:
    from ..artifact.runtime import Record

__all__ = ["demo"]


@click.command(short_help="The whole way once, on rendered music.")
@click.option("--output", "-o", default="mer-demo", show_default=True, help="Folder for results.")
@click.option("--clips", "-n", type=click.IntRange(min=40), default=120, show_default=True)
@seed_option
@jobs_option
def demo(output: str, clips: int, seed: int, jobs: int | None) -> None:
    """Render pieces, train, evaluate with artists apart, save in both forms, reload and predict."""
    import soundfile

    from ..artifact.runtime import load
    from ..datasets.synthetic import make_emotion_clips
    from ..pipeline import EmotionPipeline
    from .export import write_onnx
    from .printing import as_text
    from .train import train_and_save

    jobs, folder = -1 if jobs is None else jobs, _folder(output)
    model, exported = folder / "mood.joblib", folder / "mood.onnx"
    click.echo(f"1. rendering {clips} pieces by artists with habits, rated by noisy listeners")
    dataset = make_emotion_clips(clips, random_state=seed, n_jobs=jobs)
    click.echo("2. scoring quadrants of valence and arousal, then learning from all pieces")
    pipeline = EmotionPipeline(random_state=seed, n_jobs=jobs)
    result = train_and_save(pipeline, dataset, str(model), target="quadrant", cv=5, seed=seed)
    click.echo(f"\n{result}\n")
    click.echo("3. reloading the model, and predicting new pieces that it has never heard")
    fresh = make_emotion_clips(4, random_state=seed + 1, n_jobs=jobs)
    paths = [str(folder / f"piece_{number}.wav") for number in range(len(fresh))]
    for path, clip in zip(paths, fresh.X, strict=True):
        soundfile.write(path, clip.signal, clip.sr)  # type: ignore[union-attr]  # clips, not paths
    records = load(model).predict_records(paths)
    truth = [
        {"piece": Path(p).name, "truth": t} for p, t in zip(paths, fresh.y("quadrant"), strict=True)
    ]
    rows = [{**known, **found} for known, found in zip(truth, records, strict=True)]
    click.echo(f"\n{as_text(rows, digits=2)}\n")
    click.echo("4. saving it as ONNX, and comparing")
    write_onnx(str(model), str(exported), paths)
    click.echo(f"   {_compared(records, load(exported).predict_records(paths))}")
    click.echo(f"The models and the pieces are in {folder}/; hear them, then run")
    click.echo(f"  mer predict {exported} {paths[0]}")


def _folder(output: str) -> Path:
    """Make the folder of the results."""
    folder = Path(output)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"{output}: no folder can be made there ({error.strerror}). Choose another place."
        raise ArtifactError(msg) from error
    return folder


def _compared(records: list[Record], exported: list[Record]) -> str:
    """Say how far two models' answers for the same pieces are apart."""
    pairs = [(a[key], b[key]) for a, b in zip(records, exported, strict=True) for key in a]
    labels = [a == b for a, b in pairs if isinstance(a, str)]
    off = max(abs(a - b) for a, b in pairs if not isinstance(a, str))
    return f"{sum(labels)} of {len(labels)} labels agree, probabilities to {off:.0e}"
