"""Every model by name, on several presets, answers from an ONNX file as from a joblib file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from imblearn.ensemble import EasyEnsembleClassifier
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.feature_selection import RFE, SelectKBest
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, RidgeClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputRegressor, RegressorChain
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from mer_sklearn import AudioFeatures, EmotionLabeller, load
from mer_sklearn.artifact.gate import CLIP_TOLERANCE, TAIL_TOLERANCE, WHOLE_TOLERANCE
from mer_sklearn.artifact.runtime import OnnxModel, read_manifest
from mer_sklearn.boosting import HalfwayXGBRegressor, LabelXGBClassifier
from mer_sklearn.calibration import ScoreClassifier
from mer_sklearn.features import MFCC, Chroma
from mer_sklearn.models import MODELS, Named

TARGETS = {"classification": "quadrant", "regression": "va"}
CASES = [
    *(("mfcc40-mean", name, task) for name, spec in MODELS.items() for task in sorted(spec.tasks)),
    ("plain", "mlp", "classification"),
    ("music", "kernel", "regression"),
    ("music", "xgboost", "classification"),
    ("speech", "svm", "classification"),
]


@dataclass
class Saved:
    """A pipeline that was saved in both forms, and both loaded again."""

    joblib: Any
    onnx: OnnxModel
    manifests: list[dict]


def save(pipeline, folder, clips=None) -> Saved:
    paths = folder / "mood.joblib", folder / "mood.onnx"
    pipeline.save(paths[0])
    pipeline.save(paths[1], clips=clips)
    return Saved(load(paths[0]), load(paths[1]), [read_manifest(path) for path in paths])


def assert_alike(saved: Saved, X, tolerance=WHOLE_TOLERANCE):
    """The bounds of the design: labels equal, numbers to 1e-3."""
    expected, found = saved.joblib.predict(X), saved.onnx.predict(X)
    assert found.shape == expected.shape
    if saved.joblib.task_ == "classification":
        assert found.tolist() == expected.tolist()
        np.testing.assert_array_equal(saved.onnx.classes_, saved.joblib.classes_)
        expected, found = saved.joblib.predict_proba(X), saved.onnx.predict_proba(X)
        np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-5)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def saved(request, fit, corpus, tmp_path_factory):
    preset, name, task = request.param
    small = {"n_estimators": 40} if name in ("xgboost", "forest") else {}
    pipeline = fit(TARGETS[task], preset, model=Named(name, **small))
    return save(pipeline, tmp_path_factory.mktemp(name), clips=corpus.X[30:34])


def test_every_model_answers_alike(saved, corpus):
    """On clips that it knows, where thresholds of trees are near, and on others."""
    assert_alike(saved, corpus.X[24:])


def test_the_manifests_say_the_same(saved):
    joblib, onnx = saved.manifests
    own = {"kind", "outputs", "gate", "self_test", "sha256", "n_bytes"}
    assert {k: v for k, v in joblib.items() if k not in own} == {
        k: v for k, v in onnx.items() if k not in own
    }
    assert joblib.keys() | {"n_bytes"} == onnx.keys()


def test_the_gate_went_over_all_three_parts(saved):
    found = {(f["part"], f["inputs"], f["output"]): f for f in saved.onnx.manifest["gate"]}
    answers = {"classification": ["label", "probabilities"], "regression": ["values"]}
    for output in answers[saved.onnx.task_]:
        assert found["tail", "rows", output]["n"] == 32 + 31 + 13
        assert found["tail", "rows", output]["worst"] <= TAIL_TOLERANCE
        assert found["whole", "made signals", output]["n"] == 13
        assert found["whole", "clips", output]["n"] == 4
    assert found["features", "clips", "features"]["worst"] <= CLIP_TOLERANCE


@pytest.mark.parametrize(
    "labeller",
    ["quadrants", EmotionLabeller("octants", dead_zone=0.2), "deam-three"],
    ids=["quadrants", "octants", "deam-three"],
)
def test_a_labeller_is_part_of_the_file(labeller, fit, corpus, tmp_path):
    saved = save(fit("va", model="kernel", task="regression", labeller=labeller), tmp_path)
    assert_alike(saved, corpus.X)
    emotions = saved.onnx.predict_emotion(corpus.X)
    assert emotions.tolist() == saved.joblib.predict_emotion(corpus.X).tolist()
    assert len(set(emotions)) > 2
    assert saved.onnx.manifest["scale"] == [-1.0, 1.0]
    assert saved.onnx.predict_records(corpus.X[:1])[0].keys() == {"valence", "arousal", "emotion"}


def test_an_emotion_that_has_no_name_is_none_in_both(fit, corpus, tmp_path):
    labeller = EmotionLabeller("quadrants", dead_zone=0.9)
    saved = save(fit("va", model="ridge", labeller=labeller), tmp_path)
    assert saved.joblib.predict_emotion(corpus.X[:4]).tolist() == [None] * 4
    assert saved.onnx.predict_emotion(corpus.X[:4]).tolist() == [None] * 4


def test_a_classifier_may_have_learned_through_a_labeller(fit, corpus, tmp_path):
    saved = save(fit("va", model="logistic", labeller="quadrants"), tmp_path)
    assert_alike(saved, corpus.X)
    assert saved.onnx.predict_emotion(corpus.X[:3]).dtype == object


@pytest.mark.parametrize("kind", [bool, int, np.str_, float])
def test_labels_keep_their_type(kind, fit, corpus, tmp_path):
    loud = np.array(corpus.y("va")["arousal"][:32] > 0).astype(kind)
    saved = save(fit(loud, model="svm", task="classification"), tmp_path)
    assert_alike(saved, corpus.X)
    assert saved.onnx.predict(corpus.X[:2]).tolist() == saved.joblib.predict(corpus.X[:2]).tolist()
    found, expected = (m.predict(corpus.X[:1]).tolist()[0] for m in (saved.onnx, saved.joblib))
    assert type(found) is type(expected)


@pytest.mark.parametrize("columns", [1, 2])
def test_numbers_keep_their_shape(columns, fit, corpus, tmp_path):
    y = corpus.y("va").iloc[:32, :columns]
    saved = save(fit(y, model="ridge"), tmp_path)
    assert saved.onnx.target_names_ == ("valence", "arousal")[:columns]
    assert saved.onnx.predict(corpus.X[:3]).shape == (3, columns)
    saved = save(fit(y.iloc[:, 0], model="ridge"), tmp_path)
    assert saved.onnx.predict(corpus.X[:3]).shape == (3,)


# ---- clips in parts

PARTS = {
    "numbers of the kernel": ("va", {"model": "kernel", "task": "regression"}),
    "numbers with a labeller": ("va", {"model": "ridge", "labeller": "quadrants"}),
    "averaged scores": ("quadrant", {"model": "kernel"}),
    "averaged scores by sigmoids": ("quadrant", {"model": "svm"}),
    "averaged probabilities": ("quadrant", {"model": "mlp"}),
    "a classifier of skl2onnx": ("quadrant", {"model": GaussianNB()}),
}


@pytest.mark.parametrize(("y", "settings"), PARTS.values(), ids=PARTS)
def test_parts_are_cut_and_averaged_inside_the_graph(y, settings, fit, corpus, tmp_path):
    features = AudioFeatures([MFCC(n_mfcc=13, deltas=0, statistics=("mean",)), Chroma()])
    saved = save(fit(y, features, parts=True, **settings), tmp_path, clips=corpus.X[30:34])
    assert_alike(saved, corpus.X)
    whole = clone(saved.joblib).set_params(parts=False).fit(corpus.X[:32], corpus.y(y)[:32])
    ask = "predict" if y == "va" else "predict_proba"
    answers = [getattr(model, ask)(corpus.X) for model in (saved.onnx, whole)]
    assert np.abs(answers[0] - answers[1]).max() > 0.01
    assert saved.onnx.manifest["features"]["parts"] is True
    findings = {(f["part"], f["inputs"]): f["n"] for f in saved.onnx.manifest["gate"]}
    assert findings["features", "clips"] == 3 * 4
    assert findings["whole", "clips"] == 4
    assert findings["tail", "rows"] == 96 + 95 + 3 * 13


def test_parts_of_a_batch_are_those_of_each_clip(fit, corpus, tmp_path):
    onnx = save(fit("va", model="ridge", parts=True), tmp_path).onnx
    waveform = np.stack([clip.signal[:33_001] for clip in corpus.X[:5]])
    together = onnx._session.run(["values"], {"waveform": waveform})[0]
    alone = [onnx._session.run(["values"], {"waveform": row[None]})[0] for row in waveform]
    np.testing.assert_allclose(together, np.concatenate(alone), rtol=1e-5, atol=1e-6)


def test_the_front_end_is_written_once_however_many_parts(fit, tmp_path):
    size = {}
    for parts in (False, True):
        pipeline = fit("va", "plain", model=Ridge(), parts=parts)
        pipeline.save(tmp_path / "mood.onnx")
        size[parts] = (tmp_path / "mood.onnx").stat().st_size
    assert size[True] < 1.2 * size[False]


CLASSIFIERS = {
    "naive Bayes": {"model": GaussianNB()},
    "neighbours": {"model": KNeighborsClassifier(5)},
    "gradient boosting": {"model": GradientBoostingClassifier(n_estimators=5)},
    "calibrated": {"model": CalibratedClassifierCV(LogisticRegression(max_iter=500), cv=2)},
    "calibrated by steps": {
        "model": CalibratedClassifierCV(
            LogisticRegression(max_iter=500), method="isotonic", cv=2, ensemble=False
        )
    },
    "a stack of names": {
        "model": StackingClassifier(
            [("svm", Named("svm")), ("forest", Named("forest", n_estimators=8))],
            Named("logistic"),
            cv=2,
        )
    },
    "votes of names": {
        "model": VotingClassifier([("a", Named("mlp")), ("b", Named("kernel"))], voting="soft")
    },
    "easy ensemble": {"model": EasyEnsembleClassifier(2, estimator=GaussianNB())},
    "histograms": {"model": HistGradientBoostingClassifier(max_iter=5, min_samples_leaf=3)},
    "a tree": {"model": DecisionTreeClassifier()},
    "a search": {"model": GridSearchCV(LogisticRegression(max_iter=500), {"C": [1, 10]}, cv=2)},
    "a network of tanh": {"model": MLPClassifier((8, 8), activation="tanh", max_iter=30)},
    "scores of a linear SVM": {"model": ScoreClassifier(LinearSVC())},
    "scores of ridge": {"model": ScoreClassifier(RidgeClassifier())},
    "a polynomial kernel": {"model": ScoreClassifier(SVC(kernel="poly", degree=2, coef0=1.0))},
    "parallel trees": {"model": LabelXGBClassifier(n_estimators=4, num_parallel_tree=3)},
    "multi:softmax": {"model": LabelXGBClassifier(n_estimators=4, objective="multi:softmax")},
    "PCA": {"model": "logistic", "select": PCA(5)},
    "the best columns": {"model": "mlp", "select": SelectKBest(k=5)},
    "eliminated columns": {"model": "logistic", "select": RFE(LogisticRegression(), step=4)},
    "standard scaler": {"model": "svm", "scale": "standard"},
    "standard scaler before trees": {"model": "xgboost", "scale": "standard"},
}
REGRESSORS = {
    "neighbours": KNeighborsRegressor(5),
    "linear": LinearRegression(),
    "a chain of stacks": RegressorChain(
        StackingRegressor([("a", Ridge()), ("b", Named("svr"))], Ridge(), cv=2), order=[1, 0]
    ),
    "a chain": RegressorChain(Ridge(), order=[1, 0]),
    "extra trees": ExtraTreesRegressor(8),
    "votes": MultiOutputRegressor(VotingRegressor([("a", Ridge()), ("b", LinearRegression())])),
    "boosting of all targets": HalfwayXGBRegressor(n_estimators=5),
    "leaves of many numbers": HalfwayXGBRegressor(
        n_estimators=5, multi_strategy="multi_output_tree"
    ),
    "boosting one by one": MultiOutputRegressor(HalfwayXGBRegressor(n_estimators=5)),
    "votes of boosting": MultiOutputRegressor(
        VotingRegressor([("a", Ridge()), ("b", HalfwayXGBRegressor(n_estimators=5))])
    ),
}


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
@pytest.mark.parametrize("parts", CLASSIFIERS.values(), ids=CLASSIFIERS)
def test_other_classifiers_and_transformers(parts, fit, corpus, tmp_path):
    y = np.where(np.arange(32) % 3, corpus.y("quadrant")[:32], "calm")
    assert_alike(save(fit(y, **parts), tmp_path), corpus.X[28:36])


@pytest.mark.parametrize("model", REGRESSORS.values(), ids=REGRESSORS)
def test_other_regressors(model, fit, corpus, tmp_path):
    assert_alike(save(fit("va", model=model), tmp_path), corpus.X[28:36])


@pytest.mark.parametrize(
    "objective", ["reg:logistic", "count:poisson", "reg:gamma", "reg:tweedie", "reg:absoluteerror"]
)
def test_objectives_of_boosting(objective, fit, corpus, tmp_path):
    y = np.array(corpus.y("va")["arousal"][:32] + 1) / 2
    pipeline = fit(y, model=HalfwayXGBRegressor(n_estimators=5, objective=objective))
    assert_alike(save(pipeline, tmp_path), corpus.X[32:])
