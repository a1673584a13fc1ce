"""The gate: a graph is compared with the pipeline it was traced from before it is saved.

1. *Features*: numpy against the graph, on made signals and on the clips that were given.
2. *Tail*: scikit-learn against the graph on the same rows: rows of the training data (on which
   thresholds of trees may lie), what lies between two of them (where classes meet), and the
   features of the signals.
3. *Rounding*, of models with trees: scikit-learn on rows of the training data against itself on the
   same rows, their features rounded.
4. *Whole*: the pipeline against the graph, from samples to answers.

What is compared is stated as a `Finding` each; the first that is out of bounds is an error, and all
of them go into the manifest. Trees do not forgive the rounding of a feature: a row whose feature
equals a threshold may take another way. In the whole of models with trees, labels are therefore
compared, and numbers only reported; but where thresholds lie on the training rows themselves, as
those of plain xgboost do, rounding moves many answers, by any amount, and nothing is saved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ..audio import SAMPLE_RATE, Clip, Segment, to_clip
from ..errors import ArtifactError, first_line, some
from ..features.resampling import to_working_rate
from ..parts import (
    N_PARTS,
    extract_parts,
    part_names,
    predict_parts,
    rows_of_parts,
    scores_of_parts,
)
from .converters.base import type_name
from .runtime import open_session
from .signals import made_signals

if TYPE_CHECKING:
    from .onnx_file import Graphs

__all__ = ["Finding", "as_json", "check"]

FloatArray: TypeAlias = npt.NDArray[np.float64]
Answers: TypeAlias = Mapping[str, npt.NDArray[Any]]

MADE_TOLERANCE = 5e-3  # of a feature's value or spread, whichever is larger
CLIP_TOLERANCE = 1e-3  # of a feature's spread
CLIP_SHARE = 1e-3  # of the cells may lie beyond: one frame that flips does not block a file
TAIL_TOLERANCE = 1e-4  # of probabilities; of numbers, relative to their value or spread
WHOLE_TOLERANCE = 1e-3
ROUNDING = 1e-5  # of a feature's spread: how far the arithmetic of another machine moves it
MOVED = 1e-2  # of a probability, or of a number's value or spread: an answer that rounding moves
MOVED_SHARE = 0.02  # of the rows may move; more than one, however few there are
TIE = 1e-5  # between the two best classes: either may be named
# Halfway itself is where trees put their thresholds and where neighbours are equally near: there
# rounding decides, and rightly so.
BETWEEN = np.float32(0.37)
FEW = 5  # cells of clips that may lie beyond, however few there are: the statistics of one series
SMALLEST_SPREAD = 1e-3  # of a column's largest value: a constant column has no spread of its own

# Whose thresholds may lie on training rows, and what to take instead.
ON_ROWS = {
    "xgboost.XGBClassifier": 'LabelXGBClassifier of mer_sklearn.boosting (model="xgboost")',
    "xgboost.XGBRegressor": 'HalfwayXGBRegressor of mer_sklearn.boosting (model="xgboost")',
    "xgboost.XGBRFClassifier": 'RandomForestClassifier of scikit-learn (model="forest")',
    "xgboost.XGBRFRegressor": 'RandomForestRegressor of scikit-learn (model="forest")',
    "sklearn.HistGradientBoostingClassifier": (
        'LabelXGBClassifier of mer_sklearn.boosting (model="xgboost")'
    ),
    "sklearn.HistGradientBoostingRegressor": (
        'HalfwayXGBRegressor of mer_sklearn.boosting (model="xgboost")'
    ),
}


@dataclass(frozen=True)
class Finding:
    """What one comparison found.

    Parameters
    ----------
    part : str
        What was compared: "features", "tail", "rounding" or "whole".
    output : str
        Which answer: "features", "label", "probabilities" or "values".
    inputs : str
        On what.
    n : int
        How many rows.
    worst : float
        The largest difference in the unit of its tolerance; for labels, the share that differs.
    allowed : float or None
        The tolerance; None where the difference is only reported.
    beyond : float
        The share of cells or rows beyond the tolerance.
    where : str
        Where the largest difference was found; of features, up to five cells that lie beyond the
        tolerance.
    """

    part: str
    output: str
    inputs: str
    n: int
    worst: float
    allowed: float | None
    beyond: float
    where: str


@dataclass(frozen=True)
class _Rows:
    """Inputs and what both sides made of them; a clip in parts has three rows of features."""

    names: list[str]  # of the rows of features
    native: npt.NDArray[np.float32]  # features by numpy
    graph: npt.NDArray[np.float32]  # features by the graph
    answers: Answers  # of the whole graph


def check(pipeline: Any, graphs: Graphs, clips: Any = None) -> list[Finding]:
    """Compare a pipeline with its graphs.

    Parameters
    ----------
    pipeline : EmotionPipeline
        Fitted on audio.
    graphs : Graphs
        What was traced from it.
    clips : list of paths, `Segment` or `Clip`, default=None
        Audio besides the made signals.

    Returns
    -------
    list of Finding
        All comparisons, in bounds.

    Raises
    ------
    ArtifactError
        If one is out of bounds; it names the family or estimator, the output and the worst input.
    """
    run = _Runner(pipeline, graphs)
    signals = made_signals()
    made = run.rows(list(signals), [Clip(s, graphs.sample_rate) for s in signals.values()])
    given = _given(run, clips)
    spread = _spread(pipeline.gate_)
    findings = [_made_features(pipeline, made, spread)]
    if given is not None:
        findings.append(_given_features(pipeline, given, spread))
    findings += _tail(run, made)
    if run.has_trees:
        findings.append(_rounding(run))
    findings += _whole(run, "made signals", made)
    if given is not None:
        findings += _whole(run, "clips", given)
    return findings


def as_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Return findings as JSON holds them, numbers to two digits."""
    return [
        {key: float(f"{v:.2g}") if isinstance(v, float) else v for key, v in asdict(found).items()}
        for found in findings
    ]


# ------------------------------------------------------------------------------- both sides run


class _Runner:
    """The pipeline and the sessions of its graphs."""

    def __init__(self, pipeline: Any, graphs: Graphs) -> None:
        self.pipeline, self.outputs, self.rate = pipeline, graphs.answers, graphs.sample_rate
        self.gives_features = "features" in graphs.outputs
        self._front, self._tail, self._whole = (
            open_session(model.SerializeToString(), "the graph")
            for model in (graphs.front, graphs.tail, graphs.whole)
        )
        operators = {node.op_type for node in graphs.tail.graph.node}
        self.has_trees = any(name.startswith("TreeEnsemble") for name in operators)

    def rows(self, names: list[str], items: Sequence[Any]) -> _Rows:
        """Return what both sides make of audio items; one clip at a time is kept in memory."""
        native, graph = [], []
        answers: dict[str, list[Any]] = {name: [] for name in self.outputs}
        for item in items:
            waveform = to_clip(item, self.rate).signal[None]
            feed = {"waveform": waveform}
            native.append(self._features(to_working_rate(waveform, self.rate)[0]))
            graph.append(self._run(self._front, feed, ["features"])[0])
            found = self._run(self._whole, feed, self.outputs)
            if self.gives_features:
                self._check_features(graph[-1], self._run(self._whole, feed, ["features"])[0])
            for name, value in zip(self.outputs, found, strict=True):
                answers[name].append(value)
        joined = {name: np.concatenate(values) for name, values in answers.items()}
        of_rows = names
        if self.pipeline.parts:
            of_rows = [part for name in names for part in part_names([name])]
        return _Rows(of_rows, np.concatenate(native), np.concatenate(graph), joined)

    def _check_features(
        self, front: npt.NDArray[np.float32], whole: npt.NDArray[np.float32]
    ) -> None:
        """Refuse a whole whose features, of the clip itself, are not those that were compared."""
        if not np.array_equal(whole, front[:1]):
            msg = "the graph's output features is not what its front end gives. Save as .joblib."
            raise ArtifactError(msg)

    def _features(self, signal: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the rows of features of a signal at the working rate, by numpy."""
        from ..features.rows import extract

        clip, families = Clip(signal, SAMPLE_RATE), self.pipeline.families_
        if self.pipeline.parts:
            return rows_of_parts(extract_parts(families, [clip]).values)
        return extract(families, [clip]).values

    def tail(self, rows: npt.NDArray[np.float32]) -> Answers:
        """Return the answers of the tail's graph."""
        found = self._run(self._tail, {"features": rows}, self.outputs)
        return dict(zip(self.outputs, found, strict=True))

    def _run(
        self, session: Any, feed: Mapping[str, npt.NDArray[Any]], outputs: Sequence[str]
    ) -> list[npt.NDArray[Any]]:
        """Run a graph; one that fails is no export."""
        try:
            return list(session.run(outputs, feed))
        except Exception as error:  # onnxruntime has no base class for its errors
            kind = type(self.pipeline.pipeline_[-1]).__name__
            msg = f"the graph of {kind} fails to run ({first_line(error)}). Save as .joblib."
            raise ArtifactError(msg) from error

    def native(self, rows: npt.NDArray[np.float32], *, in_parts: bool = False) -> Answers:
        """Return the answers of the fitted steps, named and shaped as the graph's.

        They are answers to rows, or to clips whose parts the rows are.
        """
        steps = self.pipeline.pipeline_[1:]

        def ask(method: str) -> npt.NDArray[Any]:
            if in_parts:
                return predict_parts(steps, method, rows)
            return np.asarray(getattr(steps, method)(rows))

        predicted = ask("predict")
        if self.pipeline.task_ == "classification":
            return {"label": predicted, "probabilities": ask("predict_proba")}
        values = predicted.reshape(len(predicted), -1)
        labeller = self.pipeline.labeller_
        label = {} if labeller is None else {"label": _emotions(labeller, values)}
        return {"values": values, **label}


def _given(run: _Runner, clips: Any) -> _Rows | None:
    """Return what both sides make of the clips that were given."""
    from ..features.inputs import as_items

    if clips is None:
        return None
    items = as_items(clips)
    names = [f"clip {n}" if isinstance(i, Clip) else _name(i) for n, i in enumerate(items)]
    return run.rows(names, items)


def _name(item: Any) -> str:
    return str(item.path if isinstance(item, Segment) else item)


# ------------------------------------------------------------------------------------- features


def _made_features(pipeline: Any, made: _Rows, spread: FloatArray) -> Finding:
    """Compare the features of made signals: relative to a value, or to its column's spread."""
    scale = np.maximum(np.abs(made.native.astype(np.float64)), spread)
    return _features(pipeline, made, scale, "made signals", MADE_TOLERANCE, n_allowed=0)


def _given_features(pipeline: Any, given: _Rows, spread: FloatArray) -> Finding:
    """Compare the features of clips: relative to each column's spread.

    A value that lies outside those of the training data, such as of a constant signal, is judged as
    those of made signals are.
    """
    kept, native = pipeline.gate_, given.native.astype(np.float64)
    known = (native >= kept.min(axis=0)) & (native <= kept.max(axis=0))
    made = np.maximum(np.abs(native), spread) * (MADE_TOLERANCE / CLIP_TOLERANCE)
    scale = np.where(known, spread, made)
    n_allowed = max(FEW, int(CLIP_SHARE * native.size))
    return _features(pipeline, given, scale, "clips", CLIP_TOLERANCE, n_allowed=n_allowed)


def _features(
    pipeline: Any, rows: _Rows, scale: FloatArray, inputs: str, allowed: float, *, n_allowed: int
) -> Finding:
    if rows.graph.shape != rows.native.shape:
        msg = (
            f"the graph's features have the shape {rows.graph.shape}, those of numpy "
            f"{rows.native.shape}. Mend columns() of the families."
        )
        raise ArtifactError(msg)
    off = np.abs(rows.graph.astype(np.float64) - rows.native) / scale
    off = np.where(np.isfinite(off), off, np.inf)
    beyond = off > allowed
    worst_first = np.argsort(-off, axis=None)[: max(1, beyond.sum())]
    columns = list(pipeline.feature_names_)
    cells = [np.unravel_index(place, off.shape) for place in worst_first]
    places = [f"{columns[column]} of {rows.names[row]}" for row, column in cells]
    found = Finding(
        part="features",
        output="features",
        inputs=inputs,
        n=len(off),
        worst=float(off.max()),
        allowed=allowed,
        beyond=float(beyond.mean()),
        where=some(places),
    )
    if beyond.sum() > n_allowed:
        family = places[0].partition("__")[0]
        msg = (
            f"the graph of the family {family!r} gives other numbers than numpy: {places[0]} "
            f"differs by {found.worst:.2g} of its spread (allowed: {allowed:g}). "
            "Make its definition continuous where rounding decides, or save as .joblib."
        )
        raise ArtifactError(msg)
    return found


def _spread(rows: npt.NDArray[np.float32]) -> FloatArray:
    """Return the unit of each column's differences: its spread in the training data."""
    table = rows.astype(np.float64)
    floor = SMALLEST_SPREAD * np.abs(table).max(axis=0)
    spread: FloatArray = np.maximum(table.std(axis=0), floor)
    return np.maximum(spread, np.finfo(np.float32).tiny)


# -------------------------------------------------------------------------------------- answers


@dataclass(frozen=True)
class _Comparison:
    """The same rows through the fitted steps and through a graph, and how far they may differ."""

    run: _Runner
    part: str
    inputs: str
    names: list[str]
    rows: npt.NDArray[np.float32]
    allowed: float
    numbers_bind: bool = True
    in_parts: bool = False  # rows are the parts of clips, and names and answers those of the clips


def _tail(run: _Runner, made: _Rows) -> list[Finding]:
    """Compare the steps behind the features, on the same rows."""
    kept = run.pipeline.gate_
    between = BETWEEN * kept[1:] + (np.float32(1) - BETWEEN) * kept[:-1]
    names = [f"training row {n}" for n in range(len(kept))]
    names += [f"a row between {first} and the next" for first in names[:-1]]
    rows = np.concatenate([kept, between, made.native])
    comparison = _Comparison(run, "tail", "rows", [*names, *made.names], rows, TAIL_TOLERANCE)
    return _answers(comparison, run.tail(rows))


def _rounding(run: _Runner) -> Finding:
    """Ask the fitted steps about rows of the training data, and about what rounding makes of them.

    The graph takes no part in it: where the answers hang on rounding, no other machine gives them.
    """
    kept = run.pipeline.gate_
    step = np.maximum(ROUNDING * _spread(kept), np.spacing(np.abs(kept)))
    signs = np.random.default_rng(0).choice([-1.0, 1.0], kept.shape)
    rounded = (kept + signs * step).astype(np.float32)
    names = [f"training row {n}" for n in range(len(kept))]
    comparison = _Comparison(run, "rounding", "rows", names, kept, MOVED, numbers_bind=False)
    output = "probabilities" if run.pipeline.task_ == "classification" else "values"
    found = _numbers(comparison, output, run.native(kept), run.native(rounded))
    if found.beyond > max(MOVED_SHARE, 1 / len(kept)):
        msg = (
            f"the {output} of {_model_name(comparison)} hang on the rounding of a feature: "
            f"{found.beyond:.0%} of {len(kept)} training rows move by more than {MOVED:g} where "
            f"features move by {ROUNDING:g} of their spread ({found.where} by {found.worst:.2g}). "
            f"{_cure_of_thresholds(run.pipeline)}"
        )
        raise ArtifactError(msg)
    return found


def _whole(run: _Runner, inputs: str, rows: _Rows) -> list[Finding]:
    """Compare from samples to answers; the numbers of models with trees are only reported."""
    in_parts = run.pipeline.parts
    comparison = _Comparison(
        run,
        "whole",
        inputs,
        rows.names[::N_PARTS] if in_parts else rows.names,
        rows.native,
        WHOLE_TOLERANCE,
        numbers_bind=not run.has_trees,
        in_parts=in_parts,
    )
    return _answers(comparison, rows.answers)


def _answers(comparison: _Comparison, graph: Answers) -> list[Finding]:
    """Compare all answers of a graph with those of the fitted steps."""
    native = comparison.run.native(comparison.rows, in_parts=comparison.in_parts)
    findings = []
    for output, expected in native.items():
        if graph[output].shape != expected.shape:
            msg = (
                f"the graph of {_model_name(comparison)} gives {output} of the shape "
                f"{graph[output].shape}, the pipeline {expected.shape}. Save as .joblib."
            )
            raise ArtifactError(msg)
        compare = _labels if output == "label" else _numbers
        findings.append(compare(comparison, output, native, graph))
    return findings


def _numbers(comparison: _Comparison, output: str, native: Answers, graph: Answers) -> Finding:
    """Compare probabilities, or numbers relative to their value or spread."""
    expected = native[output].astype(np.float64)
    off = np.abs(graph[output] - expected)
    if output == "values":
        off /= np.maximum(np.abs(expected), _value_spread(comparison))
    return _finding(comparison, output, off.max(axis=1), comparison.allowed)


def _labels(comparison: _Comparison, output: str, native: Answers, graph: Answers) -> Finding:
    """Compare labels; where two are as good as tied, either may be named."""
    run = comparison.run
    wrong = graph[output] != native[output]
    if wrong.any() and run.pipeline.task_ == "classification":
        wrong &= _margin(comparison) >= TIE
    elif wrong.any():
        scale = np.maximum(np.abs(native["values"]), _value_spread(comparison))
        reach = comparison.allowed * scale
        for signs in product((-1, 1), repeat=2):
            near = _emotions(run.pipeline.labeller_, native["values"] + np.array(signs) * reach)
            wrong &= graph[output] != near
    return _finding(comparison, output, wrong.astype(np.float64), 0.0)


def _finding(comparison: _Comparison, output: str, off: FloatArray, allowed: float) -> Finding:
    """State what was found, row by row; out of bounds is an error where the tolerance binds."""
    binds = comparison.numbers_bind or output == "label"
    off = np.where(np.isfinite(off), off, np.inf)
    found = Finding(
        part=comparison.part,
        output=output,
        inputs=comparison.inputs,
        n=len(off),
        worst=float(off.max()),
        allowed=allowed if binds else None,
        beyond=float((off > allowed).mean()),
        where=comparison.names[int(off.argmax())] if off.any() else "",
    )
    if binds and found.beyond:
        what = "another label" if output == "label" else f"{output} that are {found.worst:.2g} off"
        msg = (
            f"the graph of {_model_name(comparison)} ({comparison.part}) gives {what} on "
            f"{found.where} (allowed: {allowed:g}; {found.beyond:.1%} of the {found.n} rows are "
            f"beyond). {_cure(comparison)}"
        )
        raise ArtifactError(msg)
    return found


def _cure(comparison: _Comparison) -> str:
    """Return what to do about a graph that answers otherwise."""
    pipeline = comparison.run.pipeline
    if comparison.part == "whole" and _on_rows(pipeline):
        return _cure_of_thresholds(pipeline)
    return "Save as .joblib, or take another model."


def _cure_of_thresholds(pipeline: Any) -> str:
    """Return what to do about thresholds that lie on rows of the training data."""
    name = next(iter(_on_rows(pipeline)), "")
    kind = name.partition(".")[2] or "its trees"
    instead = ON_ROWS.get(name, 'model="xgboost" or model="forest"')
    return (
        f"The thresholds of {kind} lie on rows that it learned from, where rounding decides: take "
        f"{instead}, whose thresholds lie between rows, or save as .joblib."
    )


def _on_rows(pipeline: Any) -> list[str]:
    """Return the estimators whose thresholds may lie on training rows, however deep inside."""
    parts = pipeline.pipeline_[1:].get_params(deep=True).values()
    return [name for name in map(type_name, parts) if name in ON_ROWS]


def _model_name(comparison: _Comparison) -> str:
    """Return what a sentence calls the model."""
    model = comparison.run.pipeline.pipeline_[-1]
    return str(type(getattr(model, "model_", model)).__name__)


def _value_spread(comparison: _Comparison) -> FloatArray:
    """Return the spread of each target's predictions over the rows of the training data."""
    predicted = comparison.run.native(comparison.run.pipeline.gate_)["values"]
    spread: FloatArray = np.maximum(predicted.std(axis=0), np.finfo(np.float32).tiny)
    return spread


def _margin(comparison: _Comparison) -> FloatArray:
    """Return how far the best class is ahead of the second, in scores or probabilities."""
    steps, rows = comparison.run.pipeline.pipeline_[1:], comparison.rows
    if comparison.in_parts:
        scores = scores_of_parts(steps, rows)
    elif hasattr(steps, "decision_function"):
        scores = np.asarray(steps.decision_function(rows))
    else:
        scores = np.asarray(steps.predict_proba(rows))
    if scores.ndim == 1:  # of two classes, the second's lead
        scores = np.stack([-scores, scores], axis=1)
    best = np.sort(scores, axis=1)
    margin: FloatArray = best[:, -1] - best[:, -2]
    return margin


def _emotions(labeller: Any, values: FloatArray) -> npt.NDArray[np.object_]:
    """Return the emotion of each point as the graph names it: "" where there is none."""
    named = labeller.transform(np.clip(values, *labeller.scale))
    return np.array([name or "" for name in named], dtype=object)
