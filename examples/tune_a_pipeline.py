"""Search features, scaling, balancing and model together, and keep the best with its search.

Each file is read once, whatever features the 20 trials choose; folds keep artists apart. The search
stands in a file: stopped and run again, it goes on.
"""

import tempfile
from pathlib import Path

from mer_sklearn import EmotionPipeline, load, make_emotion_clips, tune

# %% One corpus to search on; the clips of other artists wait for the end
folder = Path(tempfile.mkdtemp())
clips = make_emotion_clips(96, random_state=0, duration=3.0)
fresh = make_emotion_clips(96, random_state=1, duration=3.0)

# %% 20 trials; the first is the pipeline as given
start = EmotionPipeline(random_state=0, cache=False)
tuning = tune(
    start,
    clips,
    target="va",
    models=["ridge", "kernel"],
    n_trials=20,
    cv=4,
    storage=folder / "study.db",
)
print(tuning)

# %% The best knows the search that chose it, and comes back as it was saved
tuning.save(folder / "mood.joblib", training=clips.describe("va"))
mood = load(folder / "mood.joblib")

# %% The best was chosen by its score on the folds; these clips had no say in it
given = start.fit(clips.X, clips.y("va"), groups=clips.groups)
y = fresh.y("va")
print(f"r2 on fresh clips: start {given.score(fresh.X, y):.3f}, best {mood.score(fresh.X, y):.3f}")
