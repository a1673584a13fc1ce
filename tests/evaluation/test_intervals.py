"""Intervals: known spreads, pairing, and how often they cover the truth."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special

from mer_sklearn.evaluation.intervals import (
    LOGARITHM,
    SCALES,
    draw_scores,
    interval,
    mean_scores,
)
from mer_sklearn.evaluation.metrics import FORMULAS, add_up


def right_or_wrong(rng, n_groups, n_each, spread):
    """Return answers whose share of right ones varies between groups."""
    skill = np.clip(0.6 + spread * rng.standard_normal(n_groups), 0, 1)
    right = rng.random((n_groups, n_each)) < skill[:, None]
    y = np.full(n_groups * n_each, "a")
    groups = np.repeat(np.arange(n_groups), n_each)
    y[::2] = "b"
    wrong = np.where(y == "a", "b", "a")
    return y, np.where(right.ravel(), y, wrong), groups


def sums_of(answers, n_groups):
    y, predicted, groups = answers
    return [add_up("classification", y, predicted, groups=groups, n_groups=n_groups)]


def test_many_groups_give_the_interval_of_a_mean(rng):
    sums = sums_of(right_or_wrong(rng, 400, 1, 0.0), 400)
    share = float(mean_scores(sums)["accuracy"])
    low, high = interval(share, draw_scores(sums)["accuracy"], 400, metric="accuracy")
    half = 1.96 * np.sqrt(share * (1 - share) / 400)
    assert (low, high) == pytest.approx((share - half, share + half), abs=0.006)


def test_few_groups_are_taken_further_out():
    draws = np.random.default_rng(0).standard_normal(200_000)
    low, high = interval(0.0, draws, 6)
    assert high - low == pytest.approx(2 * 2.5706 * np.sqrt(6 / 5), rel=0.01)
    assert interval(0.0, draws, 10_000)[1] == pytest.approx(1.96, abs=0.01)


@pytest.mark.parametrize("metric", SCALES)
def test_the_score_is_inside_and_no_end_leaves_its_range(metric, rng):
    low, high = {"r2": (-np.inf, 1), "pearson": (-1, 1), "ccc": (-1, 1), "mcc": (-1, 1)}.get(
        metric, (0, np.inf if SCALES[metric] is LOGARITHM else 1)
    )
    score = 0.9
    ends = interval(score, score + 0.3 * rng.standard_normal(500), 8, metric=metric)
    assert low <= ends[0] < score < ends[1] <= high


def test_all_metrics_have_a_scale():
    assert set(SCALES) == {name for of in FORMULAS.values() for name in of} | {"rmse_unit"}


def test_the_seed_draws_the_same_groups(rng):
    sums = sums_of(right_or_wrong(rng, 30, 5, 0.2), 30)
    first, again, other = (draw_scores(sums, random_state=s)["macro_f1"] for s in (0, 0, 1))
    assert (first == again).all()
    assert (first != other).any()


def test_draws_equal_scores_of_the_drawn_rows(rng):
    y, predicted, groups = right_or_wrong(rng, 8, 6, 0.2)
    draws = draw_scores(sums_of((y, predicted, groups), 8), n_draws=5)
    weights = np.random.default_rng(0).multinomial(8, np.full(8, 1 / 8), size=5)
    rows = [np.repeat(np.arange(48), weight[groups]) for weight in weights]
    want = [float(np.mean(y[r] == predicted[r])) for r in rows]
    assert draws["accuracy"] == pytest.approx(want)


def test_repeats_are_averaged(rng):
    one, two = (sums_of(right_or_wrong(rng, 20, 5, 0.1), 20)[0] for _ in range(2))
    both = mean_scores([one, two])["accuracy"]
    assert both == pytest.approx(
        (mean_scores([one])["accuracy"] + mean_scores([two])["accuracy"]) / 2
    )


@pytest.mark.parametrize(("n_groups", "n_each"), [(6, 20), (25, 8), (80, 3)])
def test_intervals_cover_the_truth_as_often_as_they_say(n_groups, n_each):
    # Answers of new groups each time, drawn from a source whose accuracy is .6 by construction.
    rng, hits, times = np.random.default_rng(7), 0, 250
    for _ in range(times):
        sums = sums_of(right_or_wrong(rng, n_groups, n_each, 0.12), n_groups)
        share = mean_scores(sums)["accuracy"]
        drawn = draw_scores(sums, n_draws=300)["accuracy"]
        low, high = interval(share, drawn, n_groups, metric="accuracy")
        hits += low <= 0.6 <= high
    assert 0.91 <= hits / times <= 0.99  # three standard errors of 250 trials are .041


def test_paired_differences_cover_no_difference():
    rng, hits, times = np.random.default_rng(8), 0, 200
    for _ in range(times):
        first = right_or_wrong(rng, 30, 6, 0.15)
        y, _, groups = first
        # As good on average, and right about the same groups: only pairing sees the difference.
        swap = rng.random(len(y)) < 0.2
        second = np.where(swap, right_or_wrong(rng, 30, 6, 0.0)[1], first[1])
        sums = [sums_of((y, p, groups), 30) for p in (first[1], second)]
        a, b = (draw_scores(of, n_draws=300)["accuracy"] for of in sums)
        more = mean_scores(sums[0])["accuracy"] - mean_scores(sums[1])["accuracy"]
        low, high = interval(more, a - b, 30)
        hits += low <= 0.0 <= high
    assert 0.90 <= hits / times <= 0.995


@pytest.mark.parametrize(("share", "n_groups"), [(0.99, 178), (0.98, 50), (0.995, 200)])
def test_a_score_near_its_end_has_an_interval_that_says_something(share, n_groups):
    right = np.arange(n_groups) >= round((1 - share) * n_groups)
    y = np.where(np.arange(n_groups) % 2, "a", "b")
    wrong = np.where(y == "a", "b", "a")
    answers = (y, np.where(right, y, wrong), np.arange(n_groups))
    sums = sums_of(answers, n_groups)
    found, draws = mean_scores(sums), draw_scores(sums)
    for metric in ("accuracy", "macro_f1", "mcc"):
        low, high = interval(found[metric], draws[metric], n_groups, metric=metric)
        assert 0.7 < low < found[metric] < high < 1


def test_high_scores_of_few_groups_have_intervals_as_narrow_as_they_are(rng):
    """Six actors, 60 clips each: only where all answers are right is there nothing to go by."""
    chances = scipy.special.expit(rng.normal(2.6, 0.6, 100_000))
    held, widths = [], []
    for _ in range(200):
        right = rng.binomial(60, rng.choice(chances, 6)) / 60
        draws = rng.multinomial(6, np.full(6, 1 / 6), size=200) @ right / 6
        low, high = interval(right.mean(), draws, 6, metric="accuracy")
        held.append(low <= chances.mean() <= high)
        widths.append(high - low)
    assert np.mean(held) > 0.88  # three standard errors below .95
    assert np.median(widths) < 0.2


@pytest.mark.parametrize("metric", ["accuracy", "mcc", "r2", "rmse"])
@pytest.mark.parametrize("n_groups", [5, 50])
def test_a_perfect_score_lies_in_its_interval(metric, n_groups):
    score = 0.0 if metric == "rmse" else 1.0
    low, high = interval(score, np.full(100, score), n_groups, metric=metric)
    assert low <= score <= high
    assert metric == "rmse" or low < 1 - 0.5 / n_groups


@pytest.mark.parametrize("n_groups", [20, 50])
def test_intervals_hold_shares_near_the_end_too(n_groups, rng):
    held = []
    for _ in range(200):
        right = rng.random((n_groups, 5)) < 0.97
        y = np.tile(["a", "b"], (n_groups * 5 + 1) // 2)[: n_groups * 5]
        wrong = np.where(y == "a", "b", "a")
        groups = np.repeat(np.arange(n_groups), 5)
        sums = sums_of((y, np.where(right.ravel(), y, wrong), groups), n_groups)
        share = mean_scores(sums)["accuracy"]
        draws = draw_scores(sums, n_draws=200)["accuracy"]
        low, high = interval(share, draws, n_groups, metric="accuracy")
        held.append(low <= 0.97 <= high)
        assert low > 0.5
    assert np.mean(held) > 0.9
