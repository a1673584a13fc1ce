"""The pipelines that a search can meet, around the one it starts from.

What a pipeline holds by name is searched; what it holds as an object is kept as it is:

* features: which families, and which of their statistics (not where X is a table);
* scale: families of equal weight, or all columns as one block, both in the unit that the model's
  settings assume (not before trees, nor before the kernel, which scales by itself);
* balance: with and without (classes only);
* model: the parameters of a named model, and other models by name where the caller asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sklearn.base import clone

from ..errors import InputError
from ..features.extractor import AudioFeatures
from ..features.family import FeatureFamily, column_names
from ..features.statistics import STATISTICS as USUAL_STATISTICS
from ..models import Named, Task, model_space
from ..pipeline import EmotionPipeline
from ..scaling import BlockScaler
from ..spaces import Choice, Dimension, Suggests
from ..steps import as_object, build_features, norm_of, task_of_model

__all__ = ["Candidate", "Candidates", "check_models", "widened"]

STATISTICS = (("mean",), ("mean", "std"), ("mean", "std", "median"), USUAL_STATISTICS)
AS_GIVEN = "as given"  # of statistics that differ between the families
ONE_BLOCK = "one block"


@dataclass(frozen=True)
class Candidate:
    """One pipeline of a search.

    Parameters
    ----------
    pipeline : EmotionPipeline
        The whole of it, unfitted.
    params : dict of str to object
        What `EmotionPipeline.set_params` takes to make it of the start.
    columns : list of str
        Its own among the columns of the widened features, or all of the table.
    words : dict of str to object
        The same for people: names and numbers.
    """

    pipeline: EmotionPipeline
    params: dict[str, Any]
    columns: list[str]
    words: dict[str, Any]


class Candidates:
    """What is searched, and the pipeline that a trial describes.

    Parameters
    ----------
    pipeline : EmotionPipeline
        Where the search starts.
    task : {"classification", "regression"}
        What is learned.
    columns : sequence of str
        The columns of the `widened` features, or of the table.
    models : sequence of str
        Models to search besides the pipeline's own, by name.

    Raises
    ------
    InputError
        If there is nothing to search.
    """

    def __init__(
        self,
        pipeline: EmotionPipeline,
        task: str,
        columns: Sequence[str],
        models: Sequence[str] = (),
    ) -> None:
        self.pipeline, self.columns = pipeline, list(columns)
        self.task: Task = "classification" if task == "classification" else "regression"
        self.families = _families(pipeline)
        self.own = _name(pipeline.model)
        names = tuple(dict.fromkeys([self.own, *models]))
        self.shared = [*self._features(), *self._balance()]
        if len(names) > 1:
            self.shared.append(Choice("model", names, start=self.own))
        self.of_model = {name: [*self._scale(name), *self._model(name)] for name in names}
        if not any([self.shared, *self.of_model.values()]):
            msg = "nothing to search: parts given by name are searched; name one, or models=."
            raise InputError(msg)

    def __repr__(self) -> str:
        return f"Candidates({self.shared}, {self.of_model})"

    @property
    def start(self) -> dict[str, Any]:
        """What a trial suggests that is the pipeline as given."""
        dimensions = [*self.shared, *self.of_model[self.own]]
        return {dimension.name: dimension.label(dimension.start) for dimension in dimensions}

    def draw(self, trial: Suggests, random_state: int) -> Candidate:
        """Return the pipeline that a trial suggests.

        Parameters
        ----------
        trial : Suggests
            Who suggests.
        random_state : int
            Seed of the pipeline.

        Returns
        -------
        Candidate
            The pipeline, and its own columns.
        """
        values: dict[str, Any] = {d.name: d.suggest(trial) for d in self.shared}
        name = values.get("model", self.own)
        values |= {d.name: d.suggest(trial) for d in self.of_model[name]}
        families = self._chosen(values)
        columns = column_names(families) if families else self.columns
        changed = self._params(values, name, families, len(columns))
        params = {"random_state": random_state, **changed}
        words = self._words(values, name, families)
        return Candidate(clone(self.pipeline).set_params(**params), params, columns, words)

    # ------------------------------------------------------------------- what is searched

    def _features(self) -> list[Dimension]:
        """Return the families to take or leave, and the statistics."""
        found: list[Dimension] = []
        if len(self.families) > 1:
            found += [_taken(family) for family in self.families]
        given = {_statistics(family) for family in self.families} - {()}
        if given:
            start = " ".join(given.pop()) if len(given) == 1 else AS_GIVEN
            known = tuple(" ".join(names) for names in STATISTICS)
            found.append(Choice("statistics", known).starting_at(start))
        return found

    def _balance(self) -> list[Dimension]:
        """Return the balancing, with and without."""
        given = self.pipeline.balance
        if self.task == "regression" or not (given is None or isinstance(given, str)):
            return []
        return [Choice("balance", (given or "auto", None), start=given)]

    def _scale(self, model: str) -> list[Dimension]:
        """Return the scalings before a model, where there is a choice."""
        given = self.pipeline.scale
        by_name = given is None or isinstance(given, str)
        blocks = {name.split("__")[0] for name in map(str, self.columns) if "__" in name}
        if not by_name or self._norm(model) is None or len(blocks) < 2:
            return []
        auto = "block" if given == "block" else "auto"
        return [Choice("scale", (auto, ONE_BLOCK)).starting_at(given)]

    def _model(self, name: str) -> list[Dimension]:
        """Return what is searched of a model, under its name."""
        model = as_object("model", self.pipeline.model) if name == self.own else Named(name)
        found = model_space(model, self.task) if isinstance(model, Named) else []
        return [replace(dimension, name=f"{name}__{dimension.name}") for dimension in found]

    # --------------------------------------------------------------- what a trial describes

    def _chosen(self, values: dict[str, Any]) -> list[FeatureFamily]:
        """Return the families of a trial with their statistics.

        Leaving out all of them leaves out none, as there must be one.
        """
        taken = [f for f in self.families if values.get(_taken(f).name, True)] or self.families
        statistics = values.get("statistics", AS_GIVEN)
        if statistics == AS_GIVEN:
            return taken
        return [_with_statistics(family, statistics.split()) for family in taken]

    def _params(
        self, values: dict[str, Any], name: str, families: list[FeatureFamily], n_columns: int
    ) -> dict[str, Any]:
        """Return what changes of the pipeline as given."""
        params: dict[str, Any] = {}
        if [f.identity() for f in families] != [f.identity() for f in self.families]:
            params["features"] = _audio_features(self.pipeline, families)
        for part in ("scale", "balance"):
            if part in values:
                params[part] = values[part]
        if params.get("scale") == ONE_BLOCK:
            params["scale"] = BlockScaler(norm=self._norm(name), blocks=[n_columns])
        if name != self.own:
            params["model"] = name
        return params | {_key(d): values[d.name] for d in self._model(name)}

    def _words(
        self, values: dict[str, Any], name: str, families: list[FeatureFamily]
    ) -> dict[str, Any]:
        """Return the values for people, the families as one of them."""
        words: dict[str, Any] = {}
        if families:
            words["features"] = " ".join(family.name for family in families)
        labels = {d.name: d.label(values[d.name]) for d in [*self.shared, *self.of_model[name]]}
        parts = ("statistics", "scale", "balance")
        words |= {part: labels[part] for part in parts if part in labels}
        return words | {"model": name} | {_key(d): labels[d.name] for d in self._model(name)}

    def _norm(self, model: str) -> Any:
        """Return the norm of rows or columns that a model assumes; None where it needs none."""
        return norm_of(self.pipeline.model if model == self.own else model)


def check_models(models: Any, task: str) -> list[str]:
    """Return the names of models that were asked for, each of which must do the task."""
    names = [models] if isinstance(models, str) else list(models or ())
    for name in names:
        if not isinstance(name, str):
            msg = f'models holds {name!r}; give names, such as models=("svm", "mlp").'
            raise InputError(msg)
        of_model = task_of_model(name)
        if of_model not in (None, task):
            msg = f"models holds {name!r}, which does {of_model}, but y asks for {task}."
            raise InputError(msg)
    return names


def widened(pipeline: EmotionPipeline) -> EmotionPipeline:
    """Return the pipeline with the features that hold the columns of all candidates."""
    families = _families(pipeline)
    if not families:
        return pipeline
    every = [name for names in STATISTICS for name in names]
    wide = [
        _with_statistics(family, list(dict.fromkeys([*_statistics(family), *every])))
        for family in families
    ]
    wider: EmotionPipeline = clone(pipeline)
    return wider.set_params(features=_audio_features(pipeline, wide))


def _families(pipeline: EmotionPipeline) -> list[FeatureFamily]:
    """Return the families of the pipeline's features; none where X is a table."""
    features = build_features(pipeline.features, n_jobs=None, cache=None)
    return [] if features is None else features.resolve()


def _audio_features(pipeline: EmotionPipeline, families: Sequence[FeatureFamily]) -> AudioFeatures:
    """Return the features of the pipeline with other families."""
    given = as_object("features", pipeline.features)
    return AudioFeatures(
        [clone(family) for family in families],
        n_jobs=given.n_jobs,
        cache=given.cache,
        on_error=given.on_error,
    )


def _taken(family: FeatureFamily) -> Choice:
    """Return the choice to take or leave a family."""
    return Choice(f"features__{family.name}", (True, False), start=True)


def _statistics(family: FeatureFamily) -> tuple[str, ...]:
    """Return the statistics of a family; none where it has no such parameter."""
    return tuple(family.get_params(deep=False).get("statistics", ()))


def _with_statistics(family: FeatureFamily, statistics: Sequence[str]) -> FeatureFamily:
    """Return a copy of a family with other statistics, as far as it has any."""
    copy: FeatureFamily = clone(family)
    if _statistics(copy):
        copy.set_params(statistics=tuple(statistics))
    return copy


def _key(dimension: Dimension) -> str:
    """Return the parameter of a model as `EmotionPipeline.set_params` knows it."""
    return "model__" + dimension.name.partition("__")[2]


def _name(model: Any) -> str:
    """Return the name of a model, or of the class of an object."""
    if isinstance(model, Named):
        return model.name
    return model if isinstance(model, str) else type(model).__name__
