"""Load a saved model of either kind; run an ONNX model with onnxruntime alone.

`OnnxModel` needs numpy, soundfile, soxr and onnxruntime: neither scikit-learn nor what features and
models are made with.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from ..audio import AudioItem, Clip, to_clip
from ..errors import ArtifactError, AudioError, InputError, first_line
from ..features.inputs import as_items
from . import embedded
from .manifest import kind_of

__all__ = [
    "OnnxModel",
    "Record",
    "as_record",
    "load",
    "load_with_manifest",
    "open_session",
    "read_manifest",
]

Answer: TypeAlias = dict[str, npt.NDArray[Any]]
Record: TypeAlias = dict[str, Any]

OTHER_FILES = "session.model_external_initializers_file_folder_path"
LONGEST = 200  # characters of what onnxruntime says
TYPES = {  # of each output, as onnxruntime calls them
    "label": ("tensor(string)", "tensor(int64)"),
    "probabilities": ("tensor(float)",),
    "values": ("tensor(float)",),
    "features": ("tensor(float)",),
}


def load(path: str | os.PathLike[str], *, check: bool = False) -> Any:
    """Load a model that `EmotionPipeline.save` or ``mer train`` wrote.

    A joblib file runs code when it is loaded: load only files from people you trust. An ONNX file
    holds no code.

    Parameters
    ----------
    path : str or path
        A file that ends in ``.joblib`` or ``.onnx``.
    check : bool, default=False
        Whether to run the self-test: the model has to answer a made signal as when it was saved.

    Returns
    -------
    EmotionPipeline or OnnxModel
        The fitted pipeline as it was saved; or a model that predicts alike and needs no
        scikit-learn.

    Raises
    ------
    ArtifactError
        If the file is missing, no model, damaged, forged, of a newer format, or (joblib) of
        another scikit-learn minor version; with `check`, if it does not answer as it did.

    Examples
    --------
    >>> load("no-such-model.joblib")
    Traceback (most recent call last):
        ...
    mer_sklearn.errors.ArtifactError: no-such-model.joblib: cannot be read ...
    """
    model, manifest = load_with_manifest(path)
    if check:
        from .self_test import check as check_answer

        check_answer(model, manifest, os.fspath(path))
    return model


def load_with_manifest(path: str | os.PathLike[str]) -> tuple[Any, dict[str, Any]]:
    """Return the model in a file, as `load` does, and what the file says of it, read once."""
    if kind_of(path) == "onnx":
        model = OnnxModel(path)
        return model, model.manifest
    from .joblib_file import read

    return read(path)


def read_manifest(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return what a saved model says of itself, without running it.

    Parameters
    ----------
    path : str or path
        A file that ends in ``.joblib`` or ``.onnx``.

    Returns
    -------
    dict
        The manifest.

    Raises
    ------
    ArtifactError
        If the file is missing, no model, damaged, forged, or of a newer format.
    """
    from . import joblib_file

    if kind_of(path) == "onnx":
        return embedded.read_manifest(path)
    return joblib_file.read_manifest(path)


class OnnxModel:
    """A saved ONNX model: audio in, emotions out, by onnxruntime alone.

    It answers as the pipeline that it was saved from, but for the rounding of float32; the
    manifest's ``gate`` says how far apart they were found.

    Parameters
    ----------
    path : str or path
        A file that `EmotionPipeline.save` wrote.
    n_threads : int, default=1
        Threads that a run may use.

    Attributes
    ----------
    manifest : dict
        What the file says of itself: labels, targets, features, scores, versions.
    task_ : str
        "classification" or "regression".
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted; columns of `predict_proba`. For classification only.
    target_names_ : tuple of str
        The columns of what `predict` returns.

    Raises
    ------
    ArtifactError
        If the file is missing, no model of mer_sklearn, damaged, or forged.

    Notes
    -----
    A clip may have any length from one sample on, and silence is answered, too: that answer says
    nothing of an emotion, and which one it is depends on the training data. Clips and files at
    another rate are resampled (soxr, quality HQ), channels averaged. What holds no samples, or
    samples that are NaN, infinite or enormous, is refused.
    """

    classes_: npt.NDArray[Any]

    def __init__(self, path: str | os.PathLike[str], *, n_threads: int = 1) -> None:
        self.path = os.fspath(path)
        # The manifest first: onnxruntime never sees a file that is damaged or none of ours.
        content, self.manifest = embedded.read(path)
        self._session = open_session(content, self.path, n_threads=n_threads)
        _check_graph(self._session, self.manifest, self.path)
        self.task_: str = self.manifest["task"]
        self.target_names_: tuple[str, ...] = tuple(self.manifest["targets"])
        if self.task_ == "classification":
            self.classes_ = _label_array(self.manifest["labels"])

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """Return the label or the numbers of each clip.

        Parameters
        ----------
        X : list of paths, `Segment` or `Clip`, or array of shape (n_clips, n_samples)
            The audio; a matrix holds clips of one length at 22 050 Hz.

        Returns
        -------
        ndarray of shape (n_clips,) or (n_clips, n_targets)
            Labels, or float64 numbers in the order of `target_names_`.

        Raises
        ------
        InputError
            If X is no audio.
        AudioError
            If a file cannot be read.
        """
        if self.task_ == "classification":
            return self._labels(self._gather(X, "label"))
        return self._numbers(self._gather(X, "values"))

    def predict_proba(self, X: Any) -> npt.NDArray[np.float64]:
        """Return the probability of each class.

        Parameters
        ----------
        X : list of paths, `Segment` or `Clip`, or array of shape (n_clips, n_samples)
            The audio.

        Returns
        -------
        ndarray of shape (n_clips, n_classes)
            Rows that sum to 1, columns in the order of `classes_`.

        Raises
        ------
        InputError
            If X is no audio or the model predicts numbers.
        AudioError
            If a file cannot be read.
        """
        if self.task_ != "classification":
            msg = (
                f"{self.path} predicts {', '.join(self.target_names_)}: numbers have no "
                "probabilities. Use predict."
            )
            raise InputError(msg)
        return self._gather(X, "probabilities").astype(np.float64)

    def predict_emotion(self, X: Any) -> npt.NDArray[np.object_]:
        """Return an emotion for each clip, whichever way the model learned.

        Parameters
        ----------
        X : list of paths, `Segment` or `Clip`, or array of shape (n_clips, n_samples)
            The audio.

        Returns
        -------
        ndarray of shape (n_clips,)
            Labels; None where the scheme has no label for the predicted valence and arousal.

        Raises
        ------
        InputError
            If X is no audio, or the model predicts numbers and was saved without a labeller.
        AudioError
            If a file cannot be read.
        """
        if "label" not in self.manifest["outputs"]:
            msg = (
                f"{self.path} predicts {', '.join(self.target_names_)} and was saved without a "
                'labeller. Fit the pipeline with labeller="quadrants" to have emotions.'
            )
            raise InputError(msg)
        return self._emotions(self._gather(X, "label"))

    def features(self, X: Any) -> npt.NDArray[np.float32]:
        """Return the features of each clip, of models that were saved with ``features=True``.

        Parameters
        ----------
        X : list of paths, `Segment` or `Clip`, or array of shape (n_clips, n_samples)
            The audio.

        Returns
        -------
        ndarray of shape (n_clips, n_features)
            The features, named in ``manifest["features"]["names"]``.

        Raises
        ------
        InputError
            If X is no audio, or the model was saved without features.
        AudioError
            If a file cannot be read.
        """
        if "features" not in self.manifest["outputs"]:
            msg = f"{self.path} gives no features. Save the pipeline with features=True."
            raise InputError(msg)
        return self._gather(X, "features")

    def predict_records(
        self, X: Any, *, on_error: Literal["raise", "skip"] = "raise"
    ) -> list[Record]:
        """Return all answers, one dictionary a clip, as JSON holds them.

        Parameters
        ----------
        X : list of paths, `Segment` or `Clip`, or array of shape (n_clips, n_samples)
            The audio.
        on_error : {"raise", "skip"}, default="raise"
            What a file that cannot be read does: stop with a sentence, or have missing answers.

        Returns
        -------
        list of dict
            Classes: ``emotion`` and ``p_<class>``. Numbers: the names of `target_names_`, and
            ``emotion`` where there is a labeller. With "skip" also ``error``: why a file has no
            answer, or None.

        Raises
        ------
        InputError
            If X is no audio or `on_error` something else.
        AudioError
            If a file cannot be read and `on_error` is "raise".
        """
        if on_error not in ("raise", "skip"):
            msg = f'on_error={on_error!r} must be "raise" or "skip".'
            raise InputError(msg)
        records = []
        for item in as_items(X):
            try:
                record = as_record(self._run(self._clip(item)), self.manifest)
                error = None
            except AudioError as reason:
                if on_error == "raise":
                    raise
                record, error = dict.fromkeys(_record_names(self.manifest)), str(reason)
            records.append(record if on_error == "raise" else {**record, "error": error})
        return records

    def __repr__(self) -> str:
        inputs, outputs = (
            ", ".join(f"{node.name} {node.type}{node.shape}" for node in nodes)
            for nodes in (self._session.get_inputs(), self._session.get_outputs())
        )
        answers = self.target_names_ if self.task_ == "regression" else self.classes_
        return (
            f"OnnxModel({self.path!r}, {self.task_}: {', '.join(map(str, answers))})\n"
            f"  in   {inputs}\n  out  {outputs}"
        )

    # ------------------------------------------------------------------------ inner pieces

    def _clip(self, item: AudioItem) -> Clip:
        """Return one audio item at the rate that the graph takes."""
        return to_clip(item, self.manifest["sample_rate"])

    def _run(self, clip: Clip) -> Answer:
        """Return the answers for one clip, each of one row."""
        names = self.manifest["outputs"]
        try:
            found = self._session.run(names, {"waveform": clip.signal[None]})
        except Exception as error:  # onnxruntime has no base class for its errors
            msg = f"{self.path}: onnxruntime could not run it ({_reason(error)})."
            raise ArtifactError(msg) from error
        answer = dict(zip(names, found, strict=True))
        _check_answer(answer, self.manifest, self.path)
        return answer

    def _gather(self, X: Any, output: str) -> npt.NDArray[Any]:
        """Return one output for all clips; one clip a run, since their lengths differ."""
        return np.concatenate([self._run(self._clip(item))[output] for item in as_items(X)])

    def _labels(self, found: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return found.astype(self.classes_.dtype)

    def _numbers(self, found: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        numbers = found.astype(np.float64)
        return numbers[:, 0] if self.manifest["target_ndim"] == 1 else numbers

    def _emotions(self, found: npt.NDArray[Any]) -> npt.NDArray[np.object_]:
        if self.task_ == "classification":
            return self._labels(found).astype(object)
        return np.array([label or None for label in found], dtype=object)


def as_record(answer: Answer, manifest: Mapping[str, Any]) -> Record:
    """Return the answers for one clip as JSON holds them.

    Parameters
    ----------
    answer : mapping of str to array
        The outputs of a graph, each of one row.
    manifest : mapping
        What the file says of itself.

    Returns
    -------
    dict
        As `OnnxModel.predict_records` returns it.
    """
    if manifest["task"] == "classification":
        label = answer["label"].astype(_label_array(manifest["labels"]).dtype)
        values = [*label.tolist(), *answer["probabilities"][0].tolist()]
    else:
        emotion = [label or None for label in answer.get("label", ())]
        values = [*answer["values"][0].tolist(), *emotion]
    return dict(zip(_record_names(manifest), values, strict=True))


def _record_names(manifest: Mapping[str, Any]) -> list[str]:
    """Return the keys of a record, in order."""
    if manifest["task"] == "classification":
        return ["emotion", *(f"p_{label}" for label in _label_array(manifest["labels"]))]
    return [*manifest["targets"], *(["emotion"] if "label" in manifest["outputs"] else [])]


def open_session(content: bytes, name: str, *, n_threads: int = 1) -> Any:
    """Return a session of onnxruntime for the bytes of a file.

    A graph may say that its numbers lie in other files. Of bytes, onnxruntime would look for them
    where the process runs; it is given a place in which there can be none.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = n_threads, 1
    # A run takes less than the start of a session does. What optimization would find was done
    # when the file was written; and planning which value may lie where another one lay takes as
    # long as the square of the nodes, and saves nothing.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.enable_mem_reuse = options.enable_mem_pattern = False
    options.add_session_config_entry(OTHER_FILES, os.devnull)
    options.log_severity_level = 4  # errors are raised anyway
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # see above
        msg = (
            f"{name}: is no ONNX model that onnxruntime can open ({_reason(error)}). Give a "
            "file that `save` or `mer export` wrote, or copy it again from its source."
        )
        raise ArtifactError(msg) from error


def _check_graph(session: Any, manifest: Mapping[str, Any], name: str) -> None:
    """Refuse a graph that does not take a waveform or give what its manifest says."""
    takes = [(node.name, node.type, len(node.shape)) for node in session.get_inputs()]
    gives = {node.name: node.type for node in session.get_outputs()}
    fault = None
    if takes != [("waveform", "tensor(float)", 2)]:
        fault = "does not take one waveform of shape (n_clips, n_samples), float32"
    for output in manifest["outputs"]:
        if gives.get(output) not in TYPES[output]:
            fault = f"gives no {output} as our graphs do"
    if fault:
        msg = f"{name}: its graph {fault}. Give a file that `save` or `mer export` wrote."
        raise ArtifactError(msg)


def _check_answer(answer: Answer, manifest: Mapping[str, Any], name: str) -> None:
    """Refuse what is no number, of another shape than the manifest says, or an unknown label."""
    widths = {
        "probabilities": manifest["labels"],
        "values": manifest["targets"],
        "features": manifest["features"]["names"],
    }
    fits = all(
        answer[output].shape == (1, len(names)) and np.isfinite(answer[output]).all()
        for output, names in widths.items()
        if output in answer
    )
    if "label" in answer:
        known = manifest["labels"] or [*manifest["emotions"], ""]
        fits = fits and answer["label"].shape == (1,) and answer["label"][0] in known
    if not fits:
        msg = (
            f"{name}: its graph answers what its manifest does not say. Do not use the file; give "
            "one that `save` or `mer export` wrote."
        )
        raise ArtifactError(msg)


def _label_array(labels: list[Any]) -> npt.NDArray[Any]:
    """Return the classes in the type that the pipeline has them in."""
    return np.array(labels, dtype=object if isinstance(labels[0], str) else None)


def _reason(error: Exception) -> str:
    """Return what onnxruntime says, without its codes; it quotes names from the file."""
    said = first_line(error).rpartition(" : ")[2].strip()
    return "".join(letter if letter.isprintable() else "?" for letter in said[:LONGEST])
