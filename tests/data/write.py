"""Write the folder of this version: two models in both forms, and what they answer."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from mer_sklearn import Clip, EmotionPipeline, __version__, load, make_emotion_clips
from mer_sklearn.artifact.signals import made_signals

HERE = Path(__file__).parent


def fitted() -> dict[str, EmotionPipeline]:
    """Return the models by name."""
    clips = make_emotion_clips(40, random_state=0, duration=2.0)
    make = {"features": "mfcc40-mean", "random_state": 0, "cache": False}
    classes = EmotionPipeline(model="logistic", **make)
    numbers = EmotionPipeline(model="ridge", labeller="quadrants", task="regression", **make)
    return {
        "classes": classes.fit(clips.X, clips.y("quadrant"), groups=clips.groups),
        "numbers": numbers.fit(clips.X, clips.y("va"), groups=clips.groups),
    }


def main() -> None:
    folder = HERE / __version__
    folder.mkdir(exist_ok=True)
    signals = made_signals()
    answers = {}
    for name, pipeline in fitted().items():
        pipeline.save(folder / f"{name}.joblib")
        pipeline.save(folder / f"{name}.onnx")
        found = load(folder / f"{name}.onnx").predict_records([Clip(s) for s in signals.values()])
        answers[name] = dict(zip(signals, found, strict=True))
        content = (folder / f"{name}.onnx").read_bytes()
        (folder / f"{name}.onnx.gz").write_bytes(gzip.compress(content, mtime=0))
        (folder / f"{name}.onnx").unlink()
    text = json.dumps(answers, indent=1, ensure_ascii=False)
    (folder / "answers.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
