"""Write the folder of this version: models in both forms, and what they answer.

What is there already stays as it was written.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from mer_sklearn import (
    AudioFeatures,
    Clip,
    EmotionPipeline,
    __version__,
    load,
    make_emotion_clips,
)
from mer_sklearn.artifact.signals import made_signals
from mer_sklearn.features import MFCCDynamics, ModulationSpectrum
from mer_sklearn.models import Named

HERE = Path(__file__).parent


def fitted() -> dict[str, EmotionPipeline]:
    """Return the models by name."""
    clips = make_emotion_clips(40, random_state=0, duration=2.0)
    halves = AudioFeatures([ModulationSpectrum(), MFCCDynamics()])
    numbers = {"labeller": "quadrants", "task": "regression"}
    models = {
        "classes": ("quadrant", "mfcc40-mean", {"model": "logistic"}),
        "numbers": ("va", "mfcc40-mean", {"model": "ridge", **numbers}),
        "trees": ("quadrant", "plain", {"model": Named("forest", n_estimators=10)}),
        "parts": ("va", halves, {"model": "kernel", "parts": True, **numbers}),
    }
    return {
        name: EmotionPipeline(features, random_state=0, cache=False, **settings).fit(
            clips.X, clips.y(target), groups=clips.groups
        )
        for name, (target, features, settings) in models.items()
    }


def main() -> None:
    folder = HERE / __version__
    folder.mkdir(exist_ok=True)
    place, signals = folder / "answers.json", made_signals()
    answers = json.loads(place.read_text(encoding="utf-8")) if place.exists() else {}
    for name, pipeline in fitted().items():
        if name in answers:
            continue
        pipeline.save(folder / f"{name}.joblib")
        pipeline.save(folder / f"{name}.onnx")
        found = load(folder / f"{name}.onnx").predict_records([Clip(s) for s in signals.values()])
        answers[name] = dict(zip(signals, found, strict=True))
        content = (folder / f"{name}.onnx").read_bytes()
        (folder / f"{name}.onnx.gz").write_bytes(gzip.compress(content, mtime=0))
        (folder / f"{name}.onnx").unlink()
    text = json.dumps(answers, indent=1, ensure_ascii=False)
    place.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
