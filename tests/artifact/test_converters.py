"""Each tail answers as scikit-learn: run by numpy, and as a graph, on the same float32 rows."""

from __future__ import annotations

import ndonnx as ndx
import numpy as np
import pytest
import spox
from imblearn.ensemble import (
    BalancedBaggingClassifier,
    BalancedRandomForestClassifier,
    EasyEnsembleClassifier,
)
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline as make_sampling_pipeline
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.feature_selection import (
    RFE,
    RFECV,
    SelectFromModel,
    SelectKBest,
    SequentialFeatureSelector,
    VarianceThreshold,
)
from sklearn.frozen import FrozenEstimator
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import (
    ElasticNet,
    Lasso,
    LinearRegression,
    LogisticRegression,
    LogisticRegressionCV,
    Ridge,
    RidgeClassifier,
    RidgeCV,
    SGDClassifier,
)
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    RandomizedSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import (
    ClassifierChain,
    MultiOutputClassifier,
    MultiOutputRegressor,
    RegressorChain,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    QuantileTransformer,
    StandardScaler,
)
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR, NuSVC, NuSVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from xgboost import XGBClassifier, XGBRegressor, XGBRFClassifier, XGBRFRegressor

from mer_sklearn.artifact.converters.base import Classes, NumpyTailOps
from mer_sklearn.artifact.converters.graph import GraphTailOps
from mer_sklearn.artifact.converters.refusals import REFUSALS
from mer_sklearn.artifact.converters.table import CONVERTERS, convert
from mer_sklearn.artifact.gate import TAIL_TOLERANCE
from mer_sklearn.artifact.runtime import open_session
from mer_sklearn.boosting import HalfwayXGBRegressor, LabelXGBClassifier
from mer_sklearn.calibration import ScoreClassifier
from mer_sklearn.errors import ArtifactError
from mer_sklearn.kernel import FamilyKernelClassifier, FamilyKernelRidge
from mer_sklearn.models import Named
from mer_sklearn.scaling import BlockScaler

N_ROWS, N_COLUMNS, N_LEARNED = 120, 12, 80

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning", "ignore::FutureWarning"
)


def logistic():
    return LogisticRegression(max_iter=300)


def forest():
    return RandomForestClassifier(8, random_state=0)


@pytest.fixture(scope="module")
def table():
    """Rows whose columns differ in unit and offset, and two numbers that depend on them."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(N_ROWS, N_COLUMNS)) @ rng.normal(size=(N_COLUMNS, N_COLUMNS))
    rows = (rows + rng.normal(size=N_COLUMNS) * 3).astype(np.float32)
    values = np.stack([np.sin(rows[:, 0]) + rows[:, 1] / 4, rows[:, 2] / 3 - rows[:, 3] / 5], 1)
    return rows, values + rng.normal(size=values.shape) / 5


def classes(values, kind):
    """Return labels of a kind: two or four classes."""
    aroused, pleasant = (values > np.median(values, axis=0)).T
    if kind == "four":
        return np.array(["tense", "calm", "happy", "sad"])[2 * aroused + pleasant]
    if kind == "codes":
        return 2 * aroused + pleasant
    if kind == "rare":
        return np.where(aroused & pleasant, "rare", "frequent")
    return {
        "two": np.where(aroused, "loud", "faint"),
        "bools": aroused,
        "integers": np.where(aroused, 7, -2) + 3 * pleasant,
    }[kind]


def trials(rows):
    """Return rows that were learned from, others, and far ones."""
    return np.concatenate([rows, rows[-5:] * np.float32(1e3), np.zeros_like(rows[:1])])


def as_graph(model):
    """Return the function that a model's graph is."""
    ops, rows = GraphTailOps(), spox.argument(spox.Tensor(np.float32, ("n", N_COLUMNS)))
    found = convert(ops, ndx.asarray(rows), model)
    arrays = [found.labels, found.probabilities] if isinstance(found, Classes) else [found]
    outputs = {f"output {n}": array.unwrap_spox() for n, array in enumerate(arrays)}
    graph = spox.build({"rows": rows}, outputs).SerializeToString()
    session = open_session(graph, "the graph")
    return lambda rows: session.run(None, {"rows": rows})


def by_numpy(model, rows):
    found = convert(NumpyTailOps(), rows, model)
    return [found.labels, found.probabilities] if isinstance(found, Classes) else [found]


def assert_alike(model, rows, tolerance=TAIL_TOLERANCE):
    """Answers, shapes and labels of numpy and of the graph are those of the model."""
    for answers in (by_numpy(model, rows), as_graph(model)(rows)):
        if is_classifier(model):
            expected = model.predict_proba(rows) if hasattr(model, "predict_proba") else None
            tied = False if expected is None else np.diff(np.sort(expected))[:, -1] < 1e-6
            assert (tied | (answers[0] == model.predict(rows))).all()
            assert answers[1].shape == (len(rows), len(model.classes_))
        else:
            expected = model.predict(rows) if hasattr(model, "predict") else model.transform(rows)
            expected = expected.reshape(len(rows), -1)
            assert answers[0].shape == expected.shape
        if expected is not None:
            spread = np.maximum(expected.std(axis=0), np.abs(expected))
            scale = 1.0 if is_classifier(model) else np.maximum(spread, 1e-9)
            off = np.abs(answers[-1].astype(np.float64) - expected) / scale
            assert off.max() < tolerance


CLASSIFIERS = {
    "logistic": logistic(),
    "logistic, C searched": LogisticRegressionCV(Cs=2, cv=2, max_iter=300),
    "logistic loss": SGDClassifier(loss="log_loss", random_state=0),
    "steps": make_pipeline(StandardScaler(), SGDClassifier(loss="modified_huber", random_state=0)),
    "a tree": DecisionTreeClassifier(max_depth=3),
    "extra trees": ExtraTreesClassifier(8, random_state=0),
    "boosting of codes": XGBClassifier(n_estimators=3),
    "a forest of xgboost": XGBRFClassifier(n_estimators=4),
    "a network": MLPClassifier((8,), max_iter=20, random_state=0),
    "a tree's forest": forest(),
    "histograms": HistGradientBoostingClassifier(max_iter=5, min_samples_leaf=5),
    "a balanced forest": BalancedRandomForestClassifier(8, random_state=0),
    "boosting": LabelXGBClassifier(n_estimators=5),
    "soft votes": VotingClassifier([("a", logistic()), ("b", forest())], voting="soft"),
    "weighted votes": VotingClassifier(
        [("a", logistic()), ("b", GaussianNB()), ("c", "drop")], voting="soft", weights=[3, 1, 1]
    ),
    "hard votes": VotingClassifier(
        [("a", logistic()), ("b", forest()), ("c", KNeighborsClassifier(3))], weights=[2, 1, 1.5]
    ),
    "hard votes of searches and steps": VotingClassifier(
        [
            ("a", GridSearchCV(logistic(), {"C": [0.1, 1]}, cv=2)),
            ("b", make_pipeline(StandardScaler(), MLPClassifier((8,), max_iter=20))),
            ("c", XGBClassifier(n_estimators=3)),
        ]
    ),
    "a stack": StackingClassifier([("a", logistic()), ("b", forest())], logistic(), cv=2),
    "a stack of scores": StackingClassifier(
        [("a", make_pipeline(StandardScaler(), SVC())), ("b", LinearSVC()), ("c", "drop")], cv=2
    ),
    "a stack of labels": StackingClassifier(
        [("a", KNeighborsClassifier(3)), ("b", GaussianNB())],
        forest(),
        cv=2,
        stack_method="predict",
    ),
    "a stack that sees the rows": StackingClassifier(
        [("a", logistic()), ("b", XGBClassifier(n_estimators=3))],
        MLPClassifier((8,), max_iter=20, random_state=0),
        passthrough=True,
        cv=2,
    ),
    "a stack of votes": StackingClassifier(
        [("a", VotingClassifier([("a", logistic()), ("b", forest())], voting="soft"))], cv=2
    ),
    "a bag": BaggingClassifier(logistic(), 3, random_state=0),
    "a bag of some columns": BaggingClassifier(forest(), 3, max_features=0.5, random_state=0),
    "a bag of support vectors": BaggingClassifier(LinearSVC(), 5),
    "balanced bags": BalancedBaggingClassifier(logistic(), n_estimators=3, random_state=0),
    "easy ensemble": EasyEnsembleClassifier(3, estimator=logistic(), random_state=0),
    "calibrated scores": CalibratedClassifierCV(SVC(), cv=2),
    "calibrated steps": CalibratedClassifierCV(make_pipeline(StandardScaler(), SVC()), cv=2),
    "calibrated linear scores": CalibratedClassifierCV(SGDClassifier(random_state=0), cv=2),
    "calibrated ridge": CalibratedClassifierCV(RidgeClassifier(), cv=2, ensemble=False),
    "calibrated probabilities": CalibratedClassifierCV(forest(), cv=3),
    "calibrated by steps": CalibratedClassifierCV(logistic(), method="isotonic", cv=2),
    "calibrated forest by steps": CalibratedClassifierCV(forest(), method="isotonic", cv=2),
    "a temperature": CalibratedClassifierCV(logistic(), method="temperature", cv=2),
    "a temperature of a forest": CalibratedClassifierCV(forest(), method="temperature", cv=2),
    "calibrated kernel": CalibratedClassifierCV(FamilyKernelClassifier(), cv=2),
    "our kernel": ScoreClassifier(FamilyKernelClassifier(), method="temperature"),
    "our machine": ScoreClassifier(SVC(break_ties=True)),
    "a name": Named("svm", task="classification"),
    "a stack of names": StackingClassifier(
        [("a", Named("kernel", task="classification")), ("b", Named("forest", n_estimators=8))],
        Named("logistic"),
        cv=2,
    ),
    "samplers are dropped": make_sampling_pipeline(RandomOverSampler(random_state=0), logistic()),
    "eliminated columns": make_pipeline(RFE(logistic(), step=6), logistic()),
    "the best columns": make_pipeline(SelectKBest(k=4), logistic()),
    "columns that vary": make_pipeline(VarianceThreshold(1.0), logistic()),
    "columns that matter": make_pipeline(SelectFromModel(forest()), logistic()),
    "columns one by one": make_pipeline(
        SequentialFeatureSelector(GaussianNB(), n_features_to_select=2, cv=2), logistic()
    ),
    "who eliminates answers": RFE(logistic(), step=6),
    "who eliminates by folds answers": RFECV(logistic(), step=6, cv=2),
    "a random search": RandomizedSearchCV(logistic(), {"C": [0.1, 1]}, n_iter=1, cv=2),
    "components": make_pipeline(PCA(5), logistic()),
    "whitened components": make_pipeline(PCA(5, whiten=True), forest()),
    "side by side": make_pipeline(
        FeatureUnion(
            [("a", PCA(3)), ("b", SelectKBest(k=2)), ("c", "passthrough"), ("d", "drop")],
            transformer_weights={"a": 2.0},
        ),
        StandardScaler(),
        logistic(),
    ),
    "by skl2onnx": make_pipeline(MinMaxScaler(), KNeighborsClassifier(3)),
    "gradients by skl2onnx": GradientBoostingClassifier(n_estimators=3),
    "block scaling": make_pipeline(BlockScaler(), FunctionTransformer(), "passthrough", logistic()),
}
OF_NUMBERS = ("logistic", "votes", "stack", "bag", "calibrated", "temperature", "eliminates")
CASES = [
    (name, kind)
    for name in CLASSIFIERS
    for kind in ("four", "two", "integers", "bools")
    if kind in ("four", "two") or any(word in name for word in OF_NUMBERS)
]


@pytest.mark.parametrize(("name", "kind"), CASES, ids=map("-".join, CASES))
def test_classes(name, kind, table):
    rows, values = table
    y, model = classes(values, kind), clone(CLASSIFIERS[name])
    if type(model) in (XGBClassifier, XGBRFClassifier):  # which know 0, 1, ... only
        y = np.unique(y, return_inverse=True)[1]
    fitted = model.fit(rows[:N_LEARNED].astype(np.float64), y[:N_LEARNED])
    if isinstance(fitted, ScoreClassifier):
        fitted.calibrate(fitted.scores(rows[N_LEARNED:]), y[N_LEARNED:])
    assert_alike(fitted, trials(rows))


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
@pytest.mark.parametrize("model", [logistic(), forest()], ids=["scores", "probabilities"])
def test_folds_without_some_classes_are_calibrated_alike(model, method, table):
    rows, values = table
    y = classes(values, "four")
    kept = (["calm", "sad", "tense"], ["calm", "sad"])
    three, two = (np.flatnonzero(np.isin(y, some)) for some in kept)
    folds = [(three[:40], np.arange(N_ROWS)), (two[:30], np.arange(N_ROWS))]
    fitted = CalibratedClassifierCV(model, method=method, cv=folds).fit(rows.astype(np.float64), y)
    assert [len(part.estimator.classes_) for part in fitted.calibrated_classifiers_] == [3, 2]
    assert_alike(fitted, trials(rows))


def test_bags_without_some_classes_are_placed(table):
    rows, values = table
    y = np.where(np.arange(N_ROWS) < 1, "rare", classes(values, "four"))
    steps = make_pipeline(StandardScaler(), logistic())
    fitted = BaggingClassifier(steps, 6, max_samples=0.3, random_state=0)
    fitted.fit(rows.astype(np.float64), y)
    assert {len(part.classes_) for part in fitted.estimators_} == {4, 5}
    assert_alike(fitted, trials(rows))


REGRESSORS = {
    "ridge": Ridge(),
    "ridge, alpha searched": RidgeCV(),
    "lasso": Lasso(0.01),
    "elastic net": ElasticNet(0.01),
    "a network": MLPRegressor(hidden_layer_sizes=(8,), max_iter=20, random_state=0),
    "kernel ridge": KernelRidge(kernel="rbf", gamma=0.05),
    "kernel ridge of products": KernelRidge(kernel="poly", degree=2, gamma=0.01),
    "linear kernel ridge": KernelRidge(),
    "kernel over families": FamilyKernelRidge(),
    "boosting": HalfwayXGBRegressor(n_estimators=4),
    "boosting of xgboost": XGBRegressor(n_estimators=4, multi_strategy="multi_output_tree"),
    "a tree": DecisionTreeRegressor(max_depth=4),
    "a forest": RandomForestRegressor(8, random_state=0),
    "extra trees": ExtraTreesRegressor(8, random_state=0),
    "least squares": LinearRegression(),
    "a chain": RegressorChain(Ridge()),
    "a chain in another order": RegressorChain(Ridge(), order=[1, 0]),
    "a chain of trees": RegressorChain(XGBRegressor(n_estimators=3), order=[1, 0]),
    "one for each": MultiOutputRegressor(SVR()),
    "a bag": BaggingRegressor(Ridge(), 3, max_features=0.5, random_state=0),
    "votes one by one": MultiOutputRegressor(VotingRegressor([("a", Ridge()), ("b", SVR())])),
    "stacks one by one": MultiOutputRegressor(StackingRegressor([("a", Ridge())], Ridge(), cv=2)),
    "targets in units": TransformedTargetRegressor(
        MLPRegressor(hidden_layer_sizes=(8,), max_iter=20, random_state=0),
        transformer=StandardScaler(),
    ),
    "neighbours": KNeighborsRegressor(3),
    "a name": Named("svr", task="regression"),
}
OF_ONE = {
    "votes": VotingRegressor([("a", Ridge()), ("b", SVR()), ("c", "drop")], weights=[2, 1, 1]),
    "a stack": StackingRegressor(
        [("a", make_pipeline(StandardScaler(), SVR())), ("b", HalfwayXGBRegressor(n_estimators=3))],
        Ridge(),
        passthrough=True,
        cv=2,
    ),
    "linear machine": LinearSVR(max_iter=200),
    "a machine": NuSVR(),
    "a forest of xgboost": XGBRFRegressor(n_estimators=4),
    "a frozen model": FrozenEstimator(Ridge()),
    "histograms": HistGradientBoostingRegressor(max_iter=5, min_samples_leaf=5),
    "histograms of counts": HistGradientBoostingRegressor(loss="poisson", max_iter=5),
    "gradients by skl2onnx": GradientBoostingRegressor(n_estimators=3),
}


@pytest.mark.parametrize("model", REGRESSORS.values(), ids=REGRESSORS)
def test_two_numbers(model, table):
    rows, values = table
    learned = rows[:N_LEARNED].astype(np.float64)
    assert_alike(clone(model).fit(learned, values[:N_LEARNED]), trials(rows))


@pytest.mark.parametrize("n_dims", [1, 2])
@pytest.mark.parametrize("name", [name for name in REGRESSORS if "ridge" in name])
def test_one_number_in_either_shape(name, n_dims, table):
    rows, values = table
    y = values[:N_LEARNED, :1] if n_dims == 2 else values[:N_LEARNED, 0]
    learned = rows[:N_LEARNED].astype(np.float64)
    assert_alike(clone(REGRESSORS[name]).fit(learned, y), trials(rows))


@pytest.mark.parametrize("model", OF_ONE.values(), ids=OF_ONE)
def test_one_number(model, table):
    rows, values = table
    learned = rows[:N_LEARNED].astype(np.float64)
    y = np.exp(values[:N_LEARNED, 0]) if "poisson" in repr(model) else values[:N_LEARNED, 0]
    if isinstance(model, FrozenEstimator):
        model = FrozenEstimator(clone(model.estimator).fit(learned, y))
    assert_alike(model.fit(learned, y), trials(rows))


# ------------------------------------------------------------------------------------- refusals

FOUR, TWO, PAIRS, ONE, BOTH = "four", "two", "pairs", "one", "both"
REFUSED = {
    "sklearn.KNeighborsClassifier": (KNeighborsClassifier(weights="distance"), FOUR, "distances"),
    "sklearn.KNeighborsRegressor": (KNeighborsRegressor(weights="distance"), ONE, "distances"),
    "sklearn.SVC": (SVC(break_ties=True), FOUR, "break ties"),
    "sklearn.NuSVC": (NuSVC(nu=0.2, break_ties=True), FOUR, "break ties"),
    "sklearn.OneVsRestClassifier": (OneVsRestClassifier(SVC()), FOUR, "scores around"),
    "sklearn.TunedThresholdClassifierCV": (
        TunedThresholdClassifierCV(logistic(), cv=2, thresholds=5),
        TWO,
        "threshold",
    ),
    "sklearn.FixedThresholdClassifier": (
        FixedThresholdClassifier(logistic(), threshold=0.3, pos_label="loud"),
        TWO,
        "threshold",
    ),
    "sklearn.MultiOutputClassifier": (MultiOutputClassifier(logistic()), PAIRS, "one label a clip"),
    "sklearn.ClassifierChain": (ClassifierChain(logistic()), PAIRS, "one label a clip"),
    "sklearn.TransformedTargetRegressor": (
        TransformedTargetRegressor(Ridge(), func=np.cbrt, inverse_func=np.exp, check_inverse=False),
        ONE,
        "unit of the targets",
    ),
    "sklearn.MLPRegressor": (MLPRegressor(loss="poisson", max_iter=5), "positive", "link"),
    "sklearn.HistGradientBoostingClassifier": (
        HistGradientBoostingClassifier(max_iter=2, categorical_features=[0]),
        "categories",
        "codes of categories",
    ),
    "sklearn.HistGradientBoostingRegressor": (
        HistGradientBoostingRegressor(max_iter=2, categorical_features=[0]),
        "categories",
        "codes of categories",
    ),
    "mer_sklearn.HalfwayXGBRegressor": (
        HalfwayXGBRegressor(n_estimators=2, missing=0.0),
        ONE,
        "missing",
    ),
    "mer_sklearn.LabelXGBClassifier": (
        LabelXGBClassifier(n_estimators=2, missing=0.0),
        FOUR,
        "missing",
    ),
    "xgboost.XGBClassifier": (XGBClassifier(n_estimators=2, missing=0.0), "codes", "missing"),
    "xgboost.XGBRFClassifier": (XGBRFClassifier(n_estimators=2, missing=0.0), "codes", "missing"),
    "xgboost.XGBRegressor": (XGBRegressor(n_estimators=2, missing=0.0), BOTH, "missing"),
    "xgboost.XGBRFRegressor": (XGBRFRegressor(n_estimators=2, missing=0.0), ONE, "missing"),
}


def fitted_on(model, kind, table):
    rows, values = table[0].astype(np.float64), table[1]
    if kind == "categories":
        rows[:, 0] = np.arange(N_ROWS) % 3
        return model.fit(rows, values[:, 0] > 0 if is_classifier(model) else values[:, 0])
    y = {
        PAIRS: lambda: values > 0,
        ONE: lambda: values[:, 0],
        BOTH: lambda: values,
        "positive": lambda: np.exp(values[:, 0]),
    }.get(kind, lambda: classes(values, kind))()
    return model.fit(rows, y)


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_right_export_is_refused_by_name(name, table):
    model, kind, reason = REFUSED[name]
    with pytest.raises(ArtifactError, match=reason) as caught:
        convert(NumpyTailOps(), table[0], fitted_on(model, kind, table))
    assert str(caught.value).startswith(name.partition(".")[2])
    assert "has no export that is right: " in str(caught.value)
    assert "; use " in str(caught.value)


def test_every_refusal_is_tried():
    assert set(REFUSED) == set(REFUSALS)


RIGHT = {
    "neighbours of equal weight": (KNeighborsClassifier(), FOUR),
    "two classes have no ties": (ScoreClassifier(SVC(break_ties=True)), TWO),
    "one against the rest by probabilities": (OneVsRestClassifier(logistic()), FOUR),
    "the unit of the targets": (
        TransformedTargetRegressor(Ridge(), transformer=StandardScaler(with_mean=False)),
        ONE,
    ),
    "categories that are not asked for": (HistGradientBoostingClassifier(max_iter=2), FOUR),
}


@pytest.mark.parametrize(("model", "kind"), RIGHT.values(), ids=RIGHT)
def test_another_setting_is_not_refused(model, kind, table):
    assert_alike(fitted_on(model, kind, table), trials(table[0]))


OTHER = {
    "scores": (
        CalibratedClassifierCV(AdaBoostClassifier(n_estimators=3), cv=2),
        FOUR,
        "the scores of",
    ),
    "one machine a pair": (
        StackingClassifier([("a", SVC(decision_function_shape="ovo"))], cv=2),
        FOUR,
        "ovo",
    ),
    "a kernel of one's own": (KernelRidge(kernel="laplacian"), ONE, "laplacian"),
    "a linear booster": (
        XGBRegressor(booster="gblinear", n_estimators=2, n_jobs=1),
        ONE,
        "gblinear",
    ),
    "trees left out": (XGBRegressor(booster="dart", rate_drop=0.5, n_estimators=3), ONE, "dart"),
    "a function": (
        make_pipeline(FunctionTransformer(np.cbrt), Ridge()),
        ONE,
        "FunctionTransformer",
    ),
    "a normal distribution": (
        make_pipeline(QuantileTransformer(n_quantiles=9, output_distribution="normal"), Ridge()),
        ONE,
        "QuantileTransformer has no converter",
    ),
    "predictions as columns": (
        make_pipeline(VotingRegressor([("a", Ridge())]), Ridge()),
        ONE,
        "VotingRegressor as a step before the model",
    ),
    "discriminants": (make_pipeline(LinearDiscriminantAnalysis(), GaussianNB()), FOUR, "as a step"),
}


@pytest.mark.parametrize(("model", "kind", "reason"), OTHER.values(), ids=OTHER)
def test_what_is_not_written_is_refused_by_name(model, kind, reason, table):
    fitted = fitted_on(model, kind, table)
    with pytest.raises(ArtifactError, match=reason):
        as_graph(fitted)


def test_every_converter_is_tried():
    """Each entry of the table stands in a case above, or in the models by name."""
    written = "".join(
        repr(m) for m in [*CLASSIFIERS.values(), *REGRESSORS.values(), *OF_ONE.values()]
    )
    by_files = {"Named", "RandomizedSearchCV", "RFECV", "LinearRegression", "NuSVR", "Pipeline"}
    names = {name.partition(".")[2] for name in CONVERTERS}
    missing = {name for name in names if f"{name}(" not in written} - by_files
    assert missing == set()
