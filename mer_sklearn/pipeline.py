"""`EmotionPipeline`: audio files in, emotions out, as one scikit-learn estimator.

What it fits is an `imblearn.pipeline.Pipeline` of the steps features, scale, select, balance and
model, kept in `pipeline_`. Around it stand the three things that a pipeline cannot do: rows whose
file cannot be read are left out together with their label, valence and arousal are mapped to labels
or back, and scores are turned into probabilities by folds that keep groups apart.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
from imblearn.pipeline import Pipeline
from sklearn import config_context
from sklearn.base import BaseEstimator, clone
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils import ClassifierTags, RegressorTags, check_array
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from .audio import SAMPLE_RATE
from .errors import InputError, MerWarning, some_sentences
from .extraction.cache import CacheChoice
from .extraction.engine import Rows
from .extraction.report import Failure, as_table
from .features.extractor import AudioFeatures
from .features.family import AudioTransformer, FeatureFamily
from .features.inputs import as_items
from .features.ops import N_FFT
from .features.rows import extract
from .grouping import file_groups, group_folds, row_groups
from .labels import EmotionLabeller
from .parts import (
    N_PARTS,
    average,
    extract_parts,
    part_names,
    predict_parts,
    rows_of_parts,
    whole_names,
)
from .steps import (
    as_object,
    build_balance,
    build_features,
    build_labeller,
    build_model,
    build_scale,
    build_select,
    check_weighted,
    resolve_task,
    task_of_model,
    tell_families,
)
from .targets import Targets, read_targets

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["EmotionPipeline"]

CALIBRATION_FOLDS = 5
GATE_ROWS = 256  # what an exported model is tried on


def _is_classifier(pipeline: EmotionPipeline) -> bool:
    """Tell whether there are classes: what `predict_proba` and `classes_` ask."""
    return pipeline._expected_task() == "classification"


class EmotionPipeline(BaseEstimator):
    """From audio files to emotions: features, scaling, balancing and a model in one estimator.

    X is a list of paths, `Segment` or `Clip`, or a matrix whose rows are clips at 22 050 Hz; with
    ``features=None`` it is a ready table of features. Every part is a name or any scikit-learn
    object, and its parameters are reached through it: ``model__C``, ``features__mfcc__n_mfcc``.

    Parameters
    ----------
    features : str, AudioTransformer or None, default="music"
        A preset of `AudioFeatures`, a transformer of audio, or None where X is a table.
    scale : {"auto", "block", "standard"}, transformer or None, default="auto"
        "block" is `BlockScaler`, "standard" `StandardScaler`; "auto" is "block" for models that
        need it, and nothing before trees and before "kernel", which scales by itself.
    select : transformer or None, default=None
        Selects columns, after scaling.
    balance : {"auto", "smote"}, sampler or None, default="auto"
        How rare classes are balanced while fitting. "auto" and "smote" add synthetic rows
        (`Balancer`) where the largest class has more than 1.5 times the rows of the smallest;
        "auto" steps aside where sample weights are given. Numbers are never balanced.
    model : str or estimator, default="mlp"
        "mlp", "xgboost", "svm", "svr", "kernel", "forest", "logistic" or "ridge", or any
        classifier or regressor.
    labeller : str, EmotionLabeller or None, default=None
        With a labeller y is valence and arousal. A classifier learns the labels, and rows for which
        the scheme has none are left out; a regressor learns the numbers, and `predict_emotion` maps
        its answers.
    task : {"auto", "classification", "regression"}, default="auto"
        "auto": what the model is, if it is only one of both; classes where a labeller is given;
        otherwise strings, booleans and integers are classes, floats and several columns numbers.
    parts : bool, default=False
        Whether to take a clip as three: itself and its two halves. While fitting, the halves are
        rows with the clip's label, group and weight; the answer to a clip is the mean of the three:
        of numbers, of probabilities (of the scores, where "svm" and "kernel" have these), the label
        being that of the highest mean. It takes twice the time of extraction, and audio: the rows
        of a table have no halves.
    n_jobs : int, default=None
        Workers for extraction; None is 1, -1 all cores.
    cache : bool or path, default=True
        Where rows of files are kept: True in the user's cache folder (or ``$MER_CACHE``), a path in
        that folder, False nowhere.
    on_error : {"raise", "skip"}, default="raise"
        What a file that cannot be read does: stop with a sentence that names it, or be left out of
        the fit with its label and get a missing answer (None or NaN) from predict, with a warning.
    random_state : int, default=None
        Seed of all that draws.

    Attributes
    ----------
    pipeline_ : imblearn.pipeline.Pipeline
        The fitted steps; with ``parts=True`` they answer to the rows that they are given, each by
        itself.
    task_ : str
        "classification" or "regression".
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted; the columns of `predict_proba`.
    target_names_ : tuple of str
        The columns of what `predict` returns.
    scale_ : tuple of float or None
        The ends of the scale of valence and arousal: the labeller's, or (-1, 1) where the targets
        have these names and lie on it; None where that is not known.
    groups_kind_ : str
        What was kept apart inside the fit: "groups" or "files".
    calibrated_ : bool or None
        Of models that give scores (``svm``, ``kernel``): whether their probabilities were learned
        from rows that they had not seen. They are not where too few groups hold every class; then
        they are the softmax of the scores. None for all other models.
    n_dropped_ : int
        Rows left out because the labeller's scheme has no label for them.
    n_skipped_ : int
        Rows left out because their file could not be read.
    report_ : DataFrame
        What they are, by the row in X: file, reason and remedy. It stays here: a saved, pickled or
        copied pipeline says nothing of the files of a machine.
    n_features_ : int
        Columns of the table of features, of the clip alone.
    gate_ : ndarray of shape (n_rows, n_features)
        Up to 256 rows of the table, float32: what an exported model is tried on. With
        ``parts=True`` halves are among them.

    Examples
    --------
    >>> from mer_sklearn import EmotionPipeline, make_emotion_clips
    >>> clips = make_emotion_clips(24, random_state=0, duration=2.0)
    >>> pipeline = EmotionPipeline(model="logistic", random_state=0, cache=False)
    >>> pipeline = pipeline.fit(clips.X, clips.y("quadrant"), groups=clips.groups)
    >>> len(pipeline.predict(clips.X[:3]))
    3
    """

    _failures: Mapping[int, Failure] = MappingProxyType({})

    def __init__(
        self,
        features: str | AudioTransformer | None = "music",
        *,
        scale: Any = "auto",
        select: Any = None,
        balance: Any = "auto",
        model: Any = "mlp",
        labeller: str | EmotionLabeller | None = None,
        task: str = "auto",
        parts: bool = False,
        n_jobs: int | None = None,
        cache: CacheChoice = True,
        on_error: str = "raise",
        random_state: int | None = None,
    ) -> None:
        self.features = features
        self.scale = scale
        self.select = select
        self.balance = balance
        self.model = model
        self.labeller = labeller
        self.task = task
        self.parts = parts
        self.n_jobs = n_jobs
        self.cache = cache
        self.on_error = on_error
        self.random_state = random_state

    # ---------------------------------------------------------------------------- fitting

    def fit(
        self,
        X: Any,
        y: Any,
        groups: Any = None,
        sample_weight: Any = None,
        *,
        target_names: Sequence[str] | None = None,
    ) -> EmotionPipeline:
        """Extract, scale, balance and learn.

        Parameters
        ----------
        X : list of paths, `Segment` or `Clip`, or array of shape (n_clips, n_samples)
            The audio; a table of features where ``features=None``.
        y : array-like of shape (n_clips,) or (n_clips, n_targets), Series or DataFrame
            Labels or numbers; valence and arousal where there is a labeller.
        groups : array-like of shape (n_clips,), default=None
            What belongs together (songs, artists, actors): whatever splits inside the fit keeps
            them apart. Without them each file is a group.
        sample_weight : array-like of shape (n_clips,), default=None
            Weights of the rows.
        target_names : sequence of str, default=None
            Names of the columns of y, where it is an array of numbers.

        Returns
        -------
        EmotionPipeline
            This object.

        Raises
        ------
        InputError
            If X, y, groups or a parameter make no sense.
        AudioError
            If a file cannot be read and ``on_error="raise"``.
        """
        self._check_parameters()
        task = resolve_task(self.task, self.model, self.labeller, y)
        features = build_features(self.features, n_jobs=self.n_jobs, cache=self.cache)
        n_rows = _count_rows(X, features)
        targets = self._read_targets(y, n_rows, task, target_names)
        numbers = row_groups(_files(X, features), groups)
        weights = _check_weights(sample_weight, n_rows)

        if task == "classification":
            _check_classes(targets.y[targets.kept])
        if features is not None:
            features.fit(X)
            _warn_of_tables(X)
        # Steps that cannot be built are refused before hours of decoding.
        names = self._names(X, features)
        tail = self._build_tail(task, names, weighted=weights is not None)

        found = self._table(X, features, self.on_error)
        table, self._failures = found.values, found.failures
        use = targets.kept & np.isfinite(table).all(axis=1)
        if not use.any():
            reasons = some_sentences(found.errors.values()) or "none has a label."
            msg = f"no rows are left to learn from: {reasons}"
            raise InputError(msg)
        if task == "classification":
            _check_classes(targets.y[use])
        rows, learned = self._rows(table[use]), self._for_each_part(targets.y[use])
        numbers = self._for_each_part(numbers[use])
        weights = None if weights is None else self._for_each_part(weights[use])

        self.task_ = task
        self.labeller_ = build_labeller(self.labeller)
        self.target_names_ = targets.names
        self.scale_ = _va_scale(self.labeller_, targets)
        self.groups_kind_ = "files" if groups is None else "groups"
        self.n_dropped_ = int((~targets.kept).sum())
        self.n_skipped_ = len(found.errors)
        self.n_features_ = rows.shape[1]
        self.gate_ = _evenly_spaced(rows, GATE_ROWS).astype(np.float32)
        self.feature_names_ = names
        fitted = _fitted(tail, names, rows, learned, weights)
        self.calibrated_: bool | None = None
        if task == "classification":
            _check_votes(fitted, self.parts)
            self._calibrate(fitted[-1], tail, rows, learned, numbers, weights)
        self.pipeline_ = Pipeline([("features", features or "passthrough"), *fitted.steps])
        return self

    def _calibrate(
        self,
        model: Any,
        tail: Pipeline,
        rows: npt.NDArray[Any],
        y: npt.NDArray[Any],
        groups: npt.NDArray[np.intp],
        weights: npt.NDArray[Any] | None,
    ) -> None:
        """Teach a model that gives scores its probabilities, from scores of rows it did not see.

        Scaling, selection, balancing and model (the unfitted tail) are fitted anew in each fold,
        and groups stay apart; so the probabilities are as honest as an evaluation.
        """
        if not hasattr(model, "calibrate"):
            return
        self.calibrated_ = False
        if len(np.unique(groups)) < 2:
            return
        classes = list(model.classes_)
        scores = np.full((len(y), len(classes)), np.nan)
        folds = group_folds(
            y,
            groups,
            n_splits=CALIBRATION_FOLDS,
            classes=True,
            random_state=self.random_state,
        )
        for train, test in folds:
            if len(np.unique(y[train])) < 2:
                continue
            of_train = None if weights is None else weights[train]
            part = _fitted(tail, self.feature_names_, rows[train], y[train], of_train)
            found = part.decision_function(rows[test])
            if found.ndim == 1:  # of two classes, the second's
                found = np.stack([-found, found], axis=1)
            columns = [classes.index(label) for label in part.classes_]
            scores[test[:, None], columns] = found
        if self.parts:  # of which the scores are averaged
            scores, y = average(scores), y[::N_PARTS]
        seen = np.isfinite(scores).all(axis=1)
        if len(np.unique(y[seen])) == len(classes):
            model.calibrate(scores[seen], y[seen])
            self.calibrated_ = True

    # ------------------------------------------------------------------------- predicting

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """Return the label or the numbers of each clip.

        Parameters
        ----------
        X : list of paths, `Segment` or `Clip`, or array of shape (n_clips, n_samples)
            The audio; a table of features where ``features=None``.

        Returns
        -------
        ndarray of shape (n_clips,) or (n_clips, n_targets)
            Labels, or numbers in the order of `target_names_`. With ``on_error="skip"`` a file that
            cannot be read has None or NaN.
        """
        return self._typed(self._run("predict", self._read(X).values))

    @available_if(_is_classifier)  # type: ignore[untyped-decorator]  # scikit-learn has no types
    def predict_proba(self, X: Any) -> npt.NDArray[np.float64]:
        """Return the probability of each class.

        Parameters
        ----------
        X : list of paths, `Segment` or `Clip`, or array of shape (n_clips, n_samples)
            The audio; a table of features where ``features=None``.

        Returns
        -------
        ndarray of shape (n_clips, n_classes)
            Rows that sum to 1, columns in the order of `classes_`.
        """
        return self._run("predict_proba", self._read(X).values)

    def predict_emotion(self, X: Any) -> npt.NDArray[np.object_]:
        """Return an emotion for each clip, whichever way the pipeline learned.

        Parameters
        ----------
        X : list of paths, `Segment` or `Clip`, or array of shape (n_clips, n_samples)
            The audio; a table of features where ``features=None``.

        Returns
        -------
        ndarray of shape (n_clips,)
            Labels; None where the scheme has no label for the predicted valence and arousal.

        Raises
        ------
        InputError
            If the pipeline predicts numbers and has no labeller.
        """
        return self._emotion(self.predict(X))

    def predict_table(self, X: Any) -> Any:
        """Return all answers as a DataFrame.

        Parameters
        ----------
        X : list of paths, `Segment` or `Clip`, or array of shape (n_clips, n_samples)
            The audio; a table of features where ``features=None``.

        Returns
        -------
        DataFrame of shape (n_clips, n_answers)
            Classes: ``emotion`` and a column ``p_<class>`` for each probability. Numbers: the
            columns of `target_names_`, and ``emotion`` where there is a labeller. With
            ``on_error="skip"`` also ``error``: why a file has no answer, or None.

        Notes
        -----
        ``emotion`` is what `predict` says. With ``model="svm"`` another class may be more probable:
        the scores that decide are those of a model that learned from balanced classes, while the
        probabilities are as frequent as the classes are.
        """
        import pandas as pd

        index = getattr(X, "index", None)
        index = None if callable(index) else index  # a list has a method of that name
        columns = self._columns(X, self.on_error)
        # The type is stated: missing labels stay None.
        return pd.DataFrame(
            {name: pd.Series(v, index=index, dtype=v.dtype) for name, v in columns.items()}
        )

    def predict_records(
        self, X: Any, *, on_error: Literal["raise", "skip"] | None = None
    ) -> list[dict[str, Any]]:
        """Return all answers, one dictionary a clip, as JSON holds them.

        Parameters
        ----------
        X : list of paths, `Segment` or `Clip`, or array of shape (n_clips, n_samples)
            The audio; a table of features where ``features=None``.
        on_error : {"raise", "skip"}, default=None
            What a file that cannot be read does; None is the parameter of the pipeline.

        Returns
        -------
        list of dict
            The columns of `predict_table`, None where there is no answer.
        """
        chosen = on_error or self.on_error
        _check_on_error(chosen)
        columns = self._columns(X, chosen)
        return [
            {n: None if v != v else v for n, v in zip(columns, row, strict=True)}
            for row in zip(*(values.tolist() for values in columns.values()), strict=True)
        ]

    def _columns(self, X: Any, on_error: str) -> dict[str, npt.NDArray[Any]]:
        """Return the columns of `predict_table`."""
        found = self._read(X, on_error)
        table = found.values
        answers = self._run("predict", table)
        columns: dict[str, npt.NDArray[Any]] = {}
        if self.task_ == "regression":
            numbers = answers.reshape(len(answers), -1)
            columns.update(zip(self.target_names_, numbers.T, strict=True))
            if self.labeller_ is not None:
                columns["emotion"] = self._emotion(answers)
        else:
            columns["emotion"] = answers.astype(object)
            if hasattr(self._tail(), "predict_proba"):
                proba = self._run("predict_proba", table)
                names = [f"p_{label}" for label in self.classes_]
                columns.update(zip(names, proba.T, strict=True))
        if on_error == "skip":
            reasons = [found.errors.get(row) for row in range(len(table))]
            columns["error"] = np.array(reasons, dtype=object)
        return columns

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the accuracy of the labels, or R2 of the numbers averaged over the targets.

        Rows for which the labeller's scheme has no label, and files that ``on_error="skip"`` left
        out, do not count.

        Parameters
        ----------
        X : list of paths, `Segment` or `Clip`, or array of shape (n_clips, n_samples)
            The audio; a table of features where ``features=None``.
        y : array-like of shape (n_clips,) or (n_clips, n_targets)
            What is true, in the form that `fit` takes.
        sample_weight : array-like of shape (n_clips,), default=None
            Weights of the rows.

        Returns
        -------
        float
            The score; 1 is best.
        """
        check_is_fitted(self)
        n_rows = _count_rows(X, self._features())
        targets = self._read_targets(y, n_rows, self.task_, None)
        table = self._read(X).values
        use = targets.kept & np.isfinite(table).all(axis=1)
        if not use.any():
            msg = "no rows are left to score: none could be read and has a label."
            raise InputError(msg)
        weights = _check_weights(sample_weight, n_rows)
        weights = None if weights is None else weights[use]
        predicted = self._ask("predict", table[use])
        measure = accuracy_score if self.task_ == "classification" else r2_score
        return float(measure(targets.y[use], predicted, sample_weight=weights))

    @property
    def classes_(self) -> npt.NDArray[Any]:
        """The labels, sorted."""
        if not hasattr(self, "pipeline_") or self.task_ != "classification":
            msg = "classes_ exists once a pipeline that predicts classes is fitted."
            raise AttributeError(msg)
        return np.asarray(self.pipeline_.classes_)

    @property
    def report_(self) -> pd.DataFrame:
        """What the fit could not read: file, reason and remedy, by the row in X."""
        check_is_fitted(self)
        return as_table(self._failures)

    # ----------------------------------------------------------------------------- saving

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        clips: Any = None,
        info: dict[str, Any] | None = None,
        sample_rate: int = SAMPLE_RATE,
        features: bool = False,
    ) -> None:
        """Save the fitted pipeline as one file.

        It is written beside its place, read back, made to repeat a prediction, and only then moved
        there. An ONNX file, waveform in and emotion out, is compared with the pipeline first: the
        features on made signals and on `clips`, the steps behind them on rows of the training data,
        and both together.

        Parameters
        ----------
        path : str or path
            A name that ends in ``.joblib`` or ``.onnx``.
        clips : list of paths, `Segment` or `Clip`, default=None
            Audio that an ONNX file is tried on, besides signals that are made.
        info : dict, default=None
            What the manifest should say besides: ``scores``, ``study``, ``training``; what
            `evaluate` and `tune` found, and what `Dataset.describe` says of the data.
        sample_rate : {22050, 44100, 48000}, default=22050
            The rate of the waveform that an ONNX file takes, in Hz. What is not at 22 050 the graph
            resamples by a filter of its own, which passes and stops what soxr's does.
        features : bool, default=False
            Whether an ONNX file gives the features besides its answers.

        Raises
        ------
        ArtifactError
            If the name has another ending, a part has no ONNX form, the file would answer
            otherwise, or it cannot be written; then nothing is saved.
        NotFittedError
            If the pipeline is not fitted.
        """
        check_is_fitted(self)
        from .artifact.saving import save_pipeline

        options = {"sample_rate": sample_rate, "features": features}
        save_pipeline(self, path, info or {}, clips, options)

    # ------------------------------------------------------------------ scikit-learn's side

    def set_params(self, **params: Any) -> EmotionPipeline:
        """Set parameters, those of a part through its name: ``model__C=10``.

        A part given by name becomes an object when one of its parameters is set.

        Parameters
        ----------
        **params
            Values by name.

        Returns
        -------
        EmotionPipeline
            This object.
        """
        own = {key: value for key, value in params.items() if "__" not in key}
        super().set_params(**own)
        nested = {key: value for key, value in params.items() if key not in own}
        for part in {key.partition("__")[0] for key in nested}:
            if hasattr(self, part):
                setattr(self, part, as_object(part, getattr(self, part)))
        super().set_params(**nested)
        return self

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        return {name: value for name, value in state.items() if name != "_failures"}

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "pipeline_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.estimator_type = (
            "classifier" if self._expected_task() == "classification" else "regressor"
        )
        if tags.estimator_type == "classifier":
            tags.classifier_tags = ClassifierTags()
        else:
            tags.regressor_tags = RegressorTags()
        tags.target_tags.required = True
        tags.input_tags.string = self.features is not None
        return tags

    # ------------------------------------------------------------------------ inner pieces

    def _expected_task(self) -> str:
        """Return the task as far as it is known before y is seen."""
        if hasattr(self, "task_"):
            return self.task_
        if self.task != "auto":
            return self.task
        return task_of_model(self.model) or "classification"

    def _check_parameters(self) -> None:
        """Refuse parameters that make no sense; the builders of the steps refuse the others."""
        _check_on_error(self.on_error)
        if not isinstance(self.parts, bool | np.bool_):
            msg = f"parts={self.parts!r} must be True or False."
            raise InputError(msg)

    def _read_targets(
        self, y: Any, n_rows: int, task: str, target_names: Sequence[str] | None
    ) -> Targets:
        labeller = build_labeller(self.labeller)
        return read_targets(y, n_rows, task=task, labeller=labeller, target_names=target_names)

    def _build_tail(self, task: str, names: Sequence[str], *, weighted: bool) -> Pipeline:
        """Return the steps after the features, unfitted."""
        seed = self.random_state
        model = build_model(self.model, task, seed)
        if weighted:
            check_weighted(model)
        steps = [
            ("scale", build_scale(self.scale, self.model, names)),
            ("select", build_select(self.select)),
            ("balance", build_balance(self.balance, task, weighted=weighted, random_state=seed)),
            ("model", model),
        ]
        return Pipeline([(name, step) for name, step in steps if step is not None])

    def _table(self, X: Any, features: AudioTransformer | None, on_error: str) -> Rows:
        """Return the table of features, NaN rows for files that were skipped, and the reasons.

        With parts, it has the columns of the halves too.
        """
        if features is None:
            dtypes = [np.float64, np.float32]
            return Rows(check_array(X, dtype=dtypes, input_name="X", estimator=self), {}, {})
        return (extract_parts if self.parts else extract)(
            features.resolve(),
            as_items(X),
            n_jobs=features.n_jobs,
            cache=features.cache,
            on_error="nan" if on_error == "skip" else features.on_error,
        )

    def _names(self, X: Any, features: AudioTransformer | None) -> list[str]:
        """Return the names of the columns of a clip; none where nobody named them."""
        names = _table_names(X, features)
        if features is not None or not self.parts:
            return names
        of_clip = whole_names(names)
        if of_clip is None:
            msg = (
                "parts=True takes audio: the rows of a table (features=None) have no halves. Pass "
                "the audio and name its features, or parts=False."
            )
            raise InputError(msg)
        return of_clip

    def _rows(self, table: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return what the steps learn from and answer to: a row for each clip, or for each part."""
        return rows_of_parts(table) if self.parts else table

    def _for_each_part(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return what is known of each clip for each row that the steps learn from."""
        return np.repeat(values, N_PARTS, axis=0) if self.parts else values

    @property
    def families_(self) -> list[FeatureFamily]:
        """The families of the fitted features; none where X is a table."""
        features = self._features()
        return [] if features is None else features.resolve()

    def _features(self) -> AudioFeatures | None:
        """Return the fitted transformer of audio; None where X is a table."""
        features = self.pipeline_["features"]
        return None if features == "passthrough" else features

    def _tail(self) -> Pipeline:
        """Return the fitted steps after the features."""
        return self.pipeline_[1:]

    def _read(self, X: Any, on_error: str | None = None) -> Rows:
        """Return the table of features of X, and the files that could not be read."""
        check_is_fitted(self)
        features = self._features()
        found = self._table(X, features, on_error or self.on_error)
        if features is None:
            names = part_names(self.feature_names_) if self.parts else self.feature_names_
            n_columns = self.n_features_ * (N_PARTS if self.parts else 1)
            _check_columns(X, found.values, names, n_columns)
        return found

    def _run(self, method: str, table: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Run a method of the fitted steps; rows of files that could not be read stay empty."""
        rows = np.isfinite(table).all(axis=1)
        if rows.all():
            return self._ask(method, table)
        found = self._ask(method, table[rows]) if rows.any() else self._no_answers(method)
        labels = method == "predict" and self.task_ == "classification"
        answers = np.full(
            (len(table), *found.shape[1:]),
            None if labels else np.nan,
            dtype=object if labels else np.float64,
        )
        answers[rows] = found
        return answers

    def _ask(self, method: str, table: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Run a method of the fitted steps on a table without gaps; one answer a clip."""
        if self.parts:
            return predict_parts(self._tail(), method, self._rows(table))
        return np.asarray(getattr(self._tail(), method)(table))

    def _typed(self, answers: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return answers in one type for all models: texts as objects, numbers as float64."""
        if self.task_ == "regression":
            return np.asarray(answers, np.float64)
        return answers.astype(object) if answers.dtype.kind == "U" else answers

    def _no_answers(self, method: str) -> npt.NDArray[np.float64]:
        """Return an empty array with the columns of a method's answers."""
        if method == "predict_proba":
            return np.zeros((0, len(self.classes_)))
        one_column = self.task_ == "classification" or len(self.target_names_) == 1
        return np.zeros(0 if one_column else (0, len(self.target_names_)))

    def _emotion(self, answers: npt.NDArray[Any]) -> npt.NDArray[np.object_]:
        """Return the emotions of predicted labels or numbers."""
        if self.task_ == "classification":
            return np.asarray(answers, dtype=object)
        if self.labeller_ is None:
            msg = (
                f"this pipeline predicts {', '.join(self.target_names_)} and has no labeller. "
                'Fit it with labeller="quadrants" to have emotions.'
            )
            raise InputError(msg)
        labeller = self.labeller_
        emotions = np.full(len(answers), None, dtype=object)
        known = np.isfinite(answers).all(axis=1)
        if known.any():
            low, high = labeller.scale
            emotions[known] = labeller.transform(np.clip(answers[known], low, high))
        return emotions


def _fitted(
    tail: Pipeline,
    names: Sequence[str],
    rows: npt.NDArray[Any],
    y: npt.NDArray[Any],
    weights: npt.NDArray[Any] | None,
) -> Pipeline:
    """Return a fitted copy of the steps after the features, weights going to the model.

    The steps before the model come first: after them it is known which columns are left, and a
    model that goes by families is told theirs. What a user routes ends at the pipeline: inside,
    routing would ask every step to request the weights.
    """
    extra = {} if weights is None else {"model__sample_weight": weights}
    fitted = clone(tail)
    n_before = len({"scale", "select"} & set(fitted.named_steps))
    before, after = fitted[:n_before], fitted[n_before:]
    with config_context(enable_metadata_routing=False):
        left = before.fit_transform(rows, y) if n_before else rows
        tell_families(fitted[-1], _names_after(before, names))
        after.fit(left, y, **extra)
    return fitted


def _names_after(steps: Pipeline, names: Sequence[str]) -> list[str]:
    """Return the names of the columns that fitted steps leave; none where a step knows none."""
    if not names or not len(steps):
        return list(names)
    with contextlib.suppress(AttributeError):
        return [str(name) for name in steps.get_feature_names_out(list(names))]
    return []


def _check_votes(tail: Pipeline, parts: bool) -> None:
    """Refuse a classifier whose answers to the parts cannot be averaged."""
    if parts and not any(hasattr(tail, name) for name in ("predict_proba", "decision_function")):
        msg = (
            f"parts=True averages over the parts, but {type(tail[-1]).__name__} gives labels "
            "alone. Take a model with probabilities, or parts=False."
        )
        raise InputError(msg)


def _check_on_error(on_error: str) -> None:
    """Refuse a way to meet errors that does not exist."""
    if on_error not in ("raise", "skip"):
        msg = f'on_error={on_error!r} must be "raise" or "skip".'
        raise InputError(msg)


def _evenly_spaced(table: npt.NDArray[Any], n_rows: int) -> npt.NDArray[Any]:
    """Return at most so many rows, from the first to the last."""
    places = np.linspace(0, len(table) - 1, min(n_rows, len(table))).round().astype(int)
    return np.asarray(table[places])


def _count_rows(X: Any, features: AudioTransformer | None) -> int:
    """Return how many rows X holds, refusing what is no X."""
    if features is not None:
        return len(as_items(X, features))
    if np.ndim(X) != 2:
        msg = (
            "features=None takes a ready table of shape (n_clips, n_features) (Expected 2D array, "
            f"got {np.ndim(X)}D). Reshape your data, or name the features to extract."
        )
        raise InputError(msg)
    return len(X)


def _warn_of_tables(X: Any) -> None:
    """Say so if what should be clips looks like a table of features."""
    if isinstance(X, np.ndarray) and X.ndim == 2 and X.shape[1] < N_FFT:
        msg = (
            f"X has {X.shape[1]} columns, which are taken for the samples of clips shorter than a "
            "frame. A table of features needs EmotionPipeline(features=None)."
        )
        warnings.warn(msg, MerWarning)


def _files(X: Any, features: AudioTransformer | None) -> npt.NDArray[Any]:
    """Return the file of each row; every row of a table is one by itself."""
    return np.arange(len(X)) if features is None else file_groups(as_items(X, features))


def _check_weights(weights: Any, n_rows: int) -> npt.NDArray[np.float64] | None:
    if weights is None:
        return None
    values = np.asarray(weights, np.float64)
    if values.shape != (n_rows,) or not np.isfinite(values).all() or (values < 0).any():
        msg = f"sample_weight must hold {n_rows} numbers of 0 or more, one a row of X."
        raise InputError(msg)
    return values


def _check_classes(y: npt.NDArray[Any]) -> None:
    """Refuse labels of one class only, and labels of mixed types."""
    try:
        classes = np.unique(y)
    except TypeError as error:
        msg = "y mixes labels of several types, such as strings and numbers; use one type."
        raise InputError(msg) from error
    if len(classes) == 1:
        msg = f"y holds the single class {classes[0]!r}; a classifier needs at least 2."
        raise InputError(msg)


def _va_scale(labeller: EmotionLabeller | None, targets: Targets) -> tuple[float, float] | None:
    """Return the scale of valence and arousal, as far as it is known."""
    if labeller is not None:
        low, high = labeller.scale
        return float(low), float(high)
    on_scale = targets.names == ("valence", "arousal") and np.abs(targets.y).max() <= 1
    return (-1.0, 1.0) if on_scale else None


def _table_names(X: Any, features: AudioTransformer | None) -> list[str]:
    """Return the names of the columns of the table; empty where nobody named them."""
    if features is not None:
        return [str(name) for name in features.get_feature_names_out()]
    return [str(name) for name in X.columns] if hasattr(X, "columns") else []


def _check_columns(X: Any, table: npt.NDArray[Any], names: list[str], n_columns: int) -> None:
    """Refuse a table whose columns are not those of the fit."""
    if table.shape[1] != n_columns:
        msg = f"X has {table.shape[1]} features, but EmotionPipeline is expecting {n_columns}."
        raise InputError(msg)
    if names and hasattr(X, "columns") and [str(name) for name in X.columns] != names:
        msg = "The columns of X are not those of the fit, or in another order. Order them alike."
        raise InputError(msg)
