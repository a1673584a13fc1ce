"""Train, save as one ONNX file, and run it with onnxruntime alone.

The second half needs numpy, soundfile and onnxruntime: neither this package nor scikit-learn. The
same file runs wherever onnxruntime does, such as in a browser or on a phone; what it wants is mono
audio at 22 050 Hz.
"""

import json
import tempfile
from pathlib import Path

import soundfile

from mer_sklearn import EmotionPipeline, load, make_emotion_clips

# %% Audio files, a label for each, and who made them
folder = Path(tempfile.mkdtemp())
clips = make_emotion_clips(48, random_state=0, duration=3.0)
paths = [str(folder / f"{number:02}.wav") for number in range(len(clips))]
for path, clip in zip(paths, clips.X, strict=True):
    soundfile.write(path, clip.signal, clip.sr)

# %% Train on most of them, and save: the file is compared with the pipeline before it is there
pipeline = EmotionPipeline(model="mlp", random_state=0, cache=False)
pipeline.fit(paths[:40], list(clips.y("quadrant")[:40]), groups=clips.groups[:40])
pipeline.save(folder / "mood.onnx", clips=paths[:4])
print(f"mood.onnx: {(folder / 'mood.onnx').stat().st_size / 1e6:.1f} MB")


# %% Elsewhere, without this package
def predict_elsewhere(model: str, path: str) -> tuple[str, dict[str, float]]:
    """Return the label of a file and the probability of each, by onnxruntime alone."""
    import onnxruntime

    session = onnxruntime.InferenceSession(model)
    manifest = json.loads(session.get_modelmeta().custom_metadata_map["mer_sklearn"])
    signal, rate = soundfile.read(path, dtype="float32", always_2d=True)
    if rate != manifest["sample_rate"]:
        raise ValueError(f"{path} has {rate} Hz; resample it to {manifest['sample_rate']} Hz.")
    waveform = signal.mean(axis=1)[None]  # mono, a batch of one
    label, probabilities = session.run(["label", "probabilities"], {"waveform": waveform})
    return label[0], dict(zip(manifest["labels"], probabilities[0].tolist(), strict=True))


for path, label in zip(paths[40:], load(folder / "mood.onnx").predict(paths[40:]), strict=True):
    found, probabilities = predict_elsewhere(str(folder / "mood.onnx"), path)
    expected = pipeline.predict([path])[0]
    print(f"{Path(path).name}: {found} ({probabilities[found]:.3f}), here {expected} and {label}")
    assert found == expected == label
