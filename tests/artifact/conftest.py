"""Small fitted pipelines, and what is expected of a save that is refused."""

from __future__ import annotations

import pytest

from mer_sklearn import EmotionPipeline
from mer_sklearn.errors import ArtifactError
from mer_sklearn.features import MFCC


@pytest.fixture(scope="session")
def fit(corpus):
    """Fit a pipeline on 32 clips: `fit(y="quadrant", features=small family, **parts)`."""

    def fit(y="quadrant", features=None, **parts):
        features = MFCC(n_mfcc=13, deltas=0, statistics=("mean",)) if features is None else features
        y = corpus.y(y)[:32] if isinstance(y, str) else y
        pipeline = EmotionPipeline(features, cache=False, random_state=0, **parts)
        return pipeline.fit(corpus.X[:32], y, groups=corpus.groups[:32])

    return fit


@pytest.fixture
def refused(tmp_path):
    """Check that a save is refused in one sentence, and that nothing is left anywhere."""

    def refused(pipeline, sentence, **options):
        with pytest.raises(ArtifactError, match=sentence) as caught:
            pipeline.save(tmp_path / "mood.onnx", **options)
        assert "mood.onnx: nothing was saved" in str(caught.value)
        assert "\n" not in str(caught.value)
        assert list(tmp_path.iterdir()) == []

    return refused
