"""Search parameters of features and model with scikit-learn, artists apart.

The feature cache sees to it that each file is decoded once for each set of features, however many
folds and candidates there are.
"""

import tempfile
from pathlib import Path

import sklearn
import soundfile
from sklearn.model_selection import GridSearchCV, GroupKFold

from mer_sklearn import EmotionPipeline, make_emotion_clips

# %% Audio files, labels, artists
folder = Path(tempfile.mkdtemp())
clips = make_emotion_clips(48, random_state=0, duration=3.0)
paths = [str(folder / f"{number:02}.wav") for number in range(len(clips))]
for path, clip in zip(paths, clips.X, strict=True):
    soundfile.write(path, clip.signal, clip.sr)

# %% With routing on, groups reach the splitter and the fit
with sklearn.config_context(enable_metadata_routing=True):
    pipeline = EmotionPipeline("plain", model="svm", random_state=0, cache=folder / "cache")
    search = GridSearchCV(
        pipeline.set_fit_request(groups=True),
        {"model__C": [1.0, 3.0, 10.0], "features__mfcc__n_mfcc": [13, 20]},
        cv=GroupKFold(4),
        scoring="balanced_accuracy",
    )
    search.fit(paths, list(clips.y("quadrant")), groups=clips.groups)

# %% The best was chosen on these folds: its score is optimistic
print(f"best: {search.best_params_}")
print(f"balanced accuracy {search.best_score_:.3f} on the folds it was chosen on")
