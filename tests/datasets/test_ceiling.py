"""Ceilings: known from simulated raters whose true answers are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mer_sklearn import load_dataset
from mer_sklearn.datasets._ceiling import ceiling_of_means, ceiling_of_votes


def test_the_ceiling_of_means_is_the_score_of_the_truth(rng):
    truth = rng.uniform(0.1, 0.9, 4000)
    n = 12
    votes = rng.random((4000, n)) < truth[:, None]
    means = votes.mean(axis=1)
    found = ceiling_of_means(means[:, None], (means * (1 - means) / (n - 1))[:, None])
    r = np.corrcoef(truth, means)[0, 1]
    assert found["pearson"] == pytest.approx(r, abs=0.01)
    assert found["r2"] == pytest.approx(1 - np.mean((truth - means) ** 2) / means.var(), abs=0.01)
    assert found["rmse"] == pytest.approx(np.sqrt(np.mean((truth - means) ** 2)), abs=0.003)


def test_noise_alone_has_no_ceiling_below_zero():
    assert ceiling_of_means(np.ones((20, 1)), np.ones((20, 1)))["r2"] == 0.0


def test_few_clips_have_no_ceiling():
    assert ceiling_of_means(np.ones((19, 1)), np.zeros((19, 1))) == {}
    votes = pd.DataFrame({"a": 1.0, "b": 0.0}, index=range(19))
    clips = pd.Series(range(19))
    assert ceiling_of_votes(votes, clips, pd.Series("a", index=clips)) == {}


def test_the_ceiling_of_votes_is_between_chance_and_one(rng):
    shares = np.array([0.6, 0.4])
    clips = np.repeat(np.arange(300), 11)
    first = rng.random(3300) < shares[0]
    votes = pd.DataFrame({"a": first, "b": ~first}).astype(float)
    counts = votes.groupby(clips).sum()
    found = ceiling_of_votes(votes, pd.Series(clips), counts.idxmax(axis=1))
    assert 0.7 < found["accuracy"] < 0.95
    sure = pd.DataFrame({"a": 1.0, "b": 0.0}, index=range(100))
    clips = pd.Series(np.repeat(np.arange(20), 5))
    assert ceiling_of_votes(sure, clips, pd.Series("a", index=range(20)))["accuracy"] == 1.0


def test_emotify_has_ceilings(mer_data):
    targets = load_dataset("emotify", mer_data / "emotify").targets
    assert 0.6 < targets["gems"].ceiling["r2"] < 0.9
    assert 0.4 < targets["emotion"].ceiling["accuracy"] < 0.9


def test_the_ceiling_of_votes_is_that_of_other_raters():
    """The crowd is known here: the raters of a clip are drawn from it, and so are the others."""
    rng = np.random.default_rng(0)
    crowds = rng.dirichlet(np.full(6, 0.8), size=150)
    n_raters = 20
    votes, clips, labels, truth = [], [], {}, []
    for clip, crowd in enumerate(crowds):
        counts = rng.multinomial(n_raters, crowd)
        labels[clip] = int(counts.argmax())
        votes.append(np.repeat(np.eye(6), counts, axis=0))
        clips += [clip] * n_raters
        others = rng.multinomial(n_raters, crowd, size=400).argmax(axis=1)
        truth.append((others == labels[clip]).mean())
    found = ceiling_of_votes(
        pd.DataFrame(np.concatenate(votes)), pd.Series(clips), pd.Series(labels)
    )
    # Drawing from the raters once, without the correction, gives .15 too much here.
    assert np.mean(truth) - 0.03 < found["accuracy"] < np.mean(truth) + 0.12
