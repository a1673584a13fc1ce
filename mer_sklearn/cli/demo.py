"""``mer demo``: the whole way once, on rendered music, in under a minute."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["demo"]


@click.command(short_help="The whole way once, on rendered music.")
@click.option("--output", "-o", default="mer-demo", show_default=True, help="Folder for results.")
@click.option("--clips", "-n", type=click.IntRange(min=40), default=120, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of all that draws.")
@click.option("--jobs", "-j", type=int, default=-1, help="Workers; -1 is all cores.")
def demo(output: str, clips: int, seed: int, jobs: int) -> None:
    """Render pieces, train, evaluate with artists apart, save, reload and predict."""
    import soundfile

    from ..artifact.runtime import load
    from ..datasets.synthetic import make_emotion_clips
    from ..pipeline import EmotionPipeline
    from .predict import answer
    from .train import train_and_save

    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    model = folder / "mood.joblib"
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
    frame = answer(load(model), paths, jobs=1, cache=False).drop(columns="error")
    frame.insert(0, "truth", list(fresh.y("quadrant")))
    frame.insert(0, "piece", [Path(path).name for path in paths])
    click.echo(f"\n{frame.to_string(index=False, float_format='%.2f')}\n")
    click.echo(f"The model and the pieces are in {folder}/; hear them, then run")
    click.echo(f"  mer predict {model} {paths[0]}")
