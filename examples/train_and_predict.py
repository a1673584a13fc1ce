"""Train on audio files, score with artists apart, save, load and predict.

Runs on rendered clips, written to a temporary folder; put your own paths, labels and artists in
their place.
"""

import tempfile
from pathlib import Path

import soundfile

from mer_sklearn import EmotionPipeline, evaluate, load, make_emotion_clips

# %% Audio files, a label for each, and who made them
folder = Path(tempfile.mkdtemp())
clips = make_emotion_clips(60, random_state=0, duration=4.0)
paths = [str(folder / f"{number:02}.wav") for number in range(len(clips))]
for path, clip in zip(paths, clips.X, strict=True):
    soundfile.write(path, clip.signal, clip.sr)
labels, artists = list(clips.y("quadrant")), clips.groups

# %% An honest score: artists apart, beside the most frequent class
pipeline = EmotionPipeline(model="logistic", random_state=0, cache=False)
print(evaluate(pipeline, paths, labels, groups=artists))

# %% Learn from all of them, save one file, load it again
pipeline.fit(paths, labels, groups=artists)
pipeline.save(folder / "mood.joblib")
mood = load(folder / "mood.joblib")
print(mood.predict_table(paths[:3]))

# %% Valence and arousal instead, with the emotions they mean
circumplex = EmotionPipeline(model="kernel", task="regression", labeller="quadrants", cache=False)
circumplex.fit(paths, clips.y("va"), groups=artists)
print(circumplex.predict_table(paths[:3]))
