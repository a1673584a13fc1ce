"""Scores on real data: what the field's tables are known to give, and what a leak promises."""

from __future__ import annotations

from mer_sklearn import EmotionPipeline, evaluate, load_dataset


def test_boosted_trees_on_the_table_of_deam(mer_data):
    path = mer_data / "feature_tables" / "deam_opensmile_song_means.csv"
    songs = load_dataset("ready", path, target="valence_mean,arousal_mean", scale=(1, 9))
    found = evaluate(EmotionPipeline(None, model="xgboost", random_state=0), songs)
    assert found.split == "artists apart"
    r2 = {name: of["scores"]["r2"] for name, of in found.by_target.items()}
    assert r2["valence_mean"] > 0.31  # .32 and .63 are the means of five repeats
    assert r2["arousal_mean"] > 0.62


def test_a_random_split_of_actors_promises_too_much(mer_data):
    speech = load_dataset("ravdess", mer_data / "ravdess_speech")
    pipeline = EmotionPipeline("mfcc40-mean", model="logistic", random_state=0)
    found = evaluate(pipeline, speech, cv="logo", optimism=True)
    assert found.split == "actors apart (leave one out)"
    assert found.optimism["difference"]["accuracy"] > 0.15
    assert found.optimism["intervals"]["accuracy"][0] > 0
