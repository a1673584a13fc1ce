"""Estimators that break one promise each, for the check that has to catch them."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mer_sklearn import AudioFeatures, Clip, EmotionLabeller, EmotionPipeline
from mer_sklearn.errors import AudioError
from mer_sklearn.features import MFCC

from . import checks

# ------------------------------------------------------------------------- families of features


class StaysFittedInClones(MFCC):
    def __sklearn_clone__(self):
        return copy.copy(self)


class ShowsAnAddress(MFCC):
    def __repr__(self, N_CHAR_MAX=700):
        return f"<MFCC at {id(self)}>"


class ShowsEverything(MFCC):
    def __repr__(self, N_CHAR_MAX=700):
        return "MFCC(" + ", ".join(f"a_{i}={i}" for i in range(100)) + ")"


class RefusesNothing(MFCC):
    def check(self):
        """Let everything pass."""


class ChangesAParameter(MFCC):
    def fit(self, X, y=None):
        self.n_mfcc = max(self.n_mfcc, 10)
        return super().fit(X)


class ReturnsNothing(MFCC):
    def fit(self, X, y=None):
        super().fit(X)


class NamesBeforeFit(MFCC):
    def get_feature_names_out(self, input_features=None):
        return np.asarray(self.column_names(), dtype=object)


class NormalisesTheBatch(MFCC):
    def transform(self, X):
        rows = super().transform(X)
        return rows - rows.mean(axis=0)


class Jitters(MFCC):
    def fit(self, X, y=None):
        self.jitter_ = np.random.default_rng().random()
        return super().fit(X)

    def transform(self, X):
        return super().transform(X) + self.jitter_


class HoldsALambda(MFCC):
    def fit(self, X, y=None):
        self.gain_ = lambda row: row
        return super().fit(X)


class CountsItsCalls(MFCC):
    def fit(self, X, y=None):
        self.calls_ = 0
        return super().fit(X)

    def transform(self, X):
        self.calls_ += 1
        return super().transform(X)


class LeavesAFile(MFCC):
    def transform(self, X):
        if isinstance(X[0], str):
            Path(X[0]).with_suffix(".npy").write_bytes(b"")
        return super().transform(X)


class WritesIntoClips(MFCC):
    def transform(self, X):
        for clip in X:
            if isinstance(clip, Clip):
                clip.signal[:] = clip.signal
        return super().transform(X)


class TakesListsOnly(MFCC):
    def transform(self, X):
        if not isinstance(X, list):
            raise TypeError
        return super().transform(X)


class WrapsASinglePath(MFCC):
    def fit(self, X, y=None):
        return super().fit(X if np.iterable(X) and not isinstance(X, str) else [X])


class AcceptsNothing(MFCC):
    def transform(self, X):
        return super().transform(X) if len(X) else np.zeros((0, self.n_mfcc), np.float32)


class ForgetsTheFile(MFCC):
    def transform(self, X):
        try:
            return super().transform(X)
        except AudioError:
            msg = "A file cannot be read as audio."
            raise AudioError(msg) from None


class TakesLogarithmsOfSilence(MFCC):
    def columns(self, clip):
        with np.errstate(divide="ignore"):
            return np.log(np.abs(super().columns(clip)))


class DropsARow(MFCC):
    def transform(self, X):
        return super().transform(X)[1:]


class NamesOneColumnTooMany(MFCC):
    def get_feature_names_out(self, input_features=None):
        return np.append(super().get_feature_names_out(), "mfcc__extra__mean")


class NamesTwoColumnsAlike(MFCC):
    def get_feature_names_out(self, input_features=None):
        names = super().get_feature_names_out()
        names[:] = names[0]
        return names


class GivesNoFrames(MFCC, auto_wrap_output_keys=None):
    """Has no set_output."""


class HearsClipsLouder(MFCC):
    def transform(self, X):
        return super().transform(X) * (2 if isinstance(X[0], Clip) else 1)


class HearsIntegersAsFloats(MFCC):
    def transform(self, X):
        is_integer = isinstance(X, np.ndarray) and X.dtype.kind == "i"
        return super().transform(X.astype(np.float32) if is_integer else X)


class SaysTooLittleToTheCache(MFCC):
    def identity(self):
        return {"family": self.name}


class RoundsInParallel(AudioFeatures):
    def transform(self, X):
        rows = super().transform(X)
        return rows.round(1) if self.n_jobs == 2 else rows


# ----------------------------------------------------------------------------------- pipelines


class GivesColumns(EmotionPipeline):
    def predict(self, X):
        return super().predict(X)[:, None]


class TurnsProbabilitiesRound(EmotionPipeline):
    def predict_proba(self, X):
        return super().predict_proba(X)[:, ::-1]


class ForgetsToNormalize(EmotionPipeline):
    def predict_proba(self, X):
        return super().predict_proba(X) * 0.9


class AnswersInText(EmotionPipeline):
    def predict(self, X):
        return super().predict(X).astype(str)


class CutsToTheShortest(EmotionPipeline):
    def fit(self, X, y, groups=None, sample_weight=None):
        return super().fit(X[: len(y)], y, groups, sample_weight)


class SavesAnother(EmotionPipeline):
    def save(self, path, *, info=None):
        other = copy.deepcopy(self)
        other.random_state = 7
        super(SavesAnother, other).save(path)


class InventsASecondClass(EmotionPipeline):
    def fit(self, X, y, groups=None, sample_weight=None):
        y = np.array(y, dtype=object)
        y[0] = "other" if len(set(y)) == 1 else y[0]
        return super().fit(X, y, groups, sample_weight)


class ForgetsTheMean(EmotionPipeline):
    def predict(self, X):
        predicted = super().predict(X)
        return predicted - predicted.mean(axis=0)


class DropsRareClasses(EmotionPipeline):
    def fit(self, X, y, groups=None, sample_weight=None):
        labels, counts = np.unique(y, return_counts=True)
        often = np.isin(y, labels[counts > 1])
        return super().fit(X[often], y[often], groups[often])


class ForgetsTheGroups(EmotionPipeline):
    def fit(self, X, y, groups=None, sample_weight=None):
        return super().fit(X, y)


class MakesEachRowAGroup(EmotionPipeline):
    def fit(self, X, y, groups=None, sample_weight=None):
        return super().fit(X, y, groups=np.arange(len(X)))


class HasAFavourite(EmotionPipeline):
    def predict_proba(self, X):
        proba = super().predict_proba(X)
        proba[:] = proba.mean(axis=0)
        return proba


# ----------------------------------------------------------------------------------- labellers


class PointsAtTheMiddle(EmotionLabeller):
    def inverse_transform(self, labels):
        return 0.01 * super().inverse_transform(labels) + [0.0, 0.02]


class ReadsColumnsByPlace(EmotionLabeller):
    def transform(self, va):
        if isinstance(va, pd.DataFrame) and "arousal" in va:
            va = va[["arousal", "valence"]].to_numpy()
        return super().transform(va)


class CutsToTheScale(EmotionLabeller):
    def transform(self, va):
        return super().transform(va if isinstance(va, pd.DataFrame) else np.clip(va, *self.scale))


def family(kind: type[MFCC]) -> MFCC:
    return kind(n_mfcc=3, deltas=0, statistics=("mean",))


def pipeline(kind: type[EmotionPipeline], **parts: Any) -> EmotionPipeline:
    return kind(None, **{"model": "logistic", "random_state": 0, "cache": False, **parts})


# (the check, what it has to catch, words of what it says)
FAULTS = [
    (checks.check_clone_is_unfitted_and_equal, family(StaysFittedInClones), "learned nothing"),
    (checks.check_repr_fits_a_screen_and_evaluates, family(ShowsAnAddress), "eval"),
    (checks.check_repr_fits_a_screen_and_evaluates, family(ShowsEverything), "characters"),
    (checks.check_parameter_errors_name_the_parameter, family(RefusesNothing), "deltas=nonsense"),
    (checks.check_fit_returns_self_and_keeps_params, family(ChangesAParameter), "changes the"),
    (checks.check_fit_returns_self_and_keeps_params, family(ReturnsNothing), "not None"),
    (checks.check_not_fitted, family(NamesBeforeFit), "get_feature_names_out before fit"),
    (checks.check_rows_do_not_depend_on_company, family(NormalisesTheBatch), "one by one"),
    (checks.check_rows_do_not_depend_on_company, pipeline(HasAFavourite), "one by one"),
    (checks.check_fit_is_idempotent, family(Jitters), "a second fit"),
    (checks.check_pickle, family(HoldsALambda), "pickle: should be accepted"),
    (checks.check_answers_change_nothing, family(CountsItsCalls), "changes the estimator"),
    (checks.check_answers_change_nothing, family(LeavesAFile), "leaves files"),
    (checks.check_answers_change_nothing, family(WritesIntoClips), "read-only"),
    (checks.check_containers, family(TakesListsOnly), "tuple: should be accepted"),
    (checks.check_a_single_path_is_no_list, family(WrapsASinglePath), "a single str"),
    (checks.check_nothing_to_read, family(AcceptsNothing), "is accepted"),
    (checks.check_unreadable_file_is_named, family(ForgetsTheFile), "missing.wav among good"),
    (checks.check_one_finite_row_per_file, family(TakesLogarithmsOfSilence), "silence: "),
    (checks.check_one_finite_row_per_file, family(DropsARow), "0 rows"),
    (checks.check_names_match_columns, family(NamesOneColumnTooMany), "4 names for 3 columns"),
    (checks.check_names_match_columns, family(NamesTwoColumnsAlike), "the same name"),
    (checks.check_pandas_output, family(GivesNoFrames), "set_output"),
    (checks.check_path_equals_clip_equals_matrix_row, family(HearsClipsLouder), "the clip is not"),
    (
        checks.check_path_equals_clip_equals_matrix_row,
        family(HearsIntegersAsFloats),
        "matrix of integers is not",
    ),
    (checks.check_n_jobs_one_is_two, RoundsInParallel("mfcc40-mean"), "two workers"),
    (checks.check_cached_is_uncached, family(SaysTooLittleToTheCache), "the cache answers"),
    (checks.check_answers_have_the_shape_of_y, pipeline(GivesColumns), "predict gives"),
    (checks.check_probabilities_follow_the_classes, pipeline(TurnsProbabilitiesRound), "column 0"),
    (checks.check_probabilities_follow_the_classes, pipeline(ForgetsToNormalize), "sum to 1"),
    (checks.check_labels_of_every_type, pipeline(AnswersInText), "which y does not hold"),
    (checks.check_what_does_not_match_X_is_counted, pipeline(CutsToTheShortest), "one label too"),
    (checks.check_saved_and_loaded_answers_the_same, pipeline(SavesAnother), "other parameters"),
    (checks.check_one_class_is_refused, pipeline(InventsASecondClass), "is accepted"),
    (
        checks.check_a_constant_target_is_learned,
        pipeline(ForgetsTheMean, model="ridge"),
        "a constant should be learned",
    ),
    (checks.check_a_class_of_one_row, pipeline(DropsRareClasses), "classes_ is"),
    (checks.check_groups_reach_the_splitter, pipeline(ForgetsTheGroups), "keeps files apart"),
    (
        checks.check_groups_reach_the_splitter,
        pipeline(MakesEachRowAGroup, model="svm"),
        "the splitter is given",
    ),
    (checks.check_label_to_point_and_back, PointsAtTheMiddle(), "come back as"),
    (checks.check_columns_are_read_by_name, ReadsColumnsByPlace(), "columns in another order"),
    (checks.check_what_is_off_the_scale_is_named, CutsToTheScale(), "is accepted"),
]
