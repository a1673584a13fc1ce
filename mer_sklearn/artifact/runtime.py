"""Load a saved model of either kind; run an ONNX model with onnxruntime alone.

`OnnxModel` needs numpy, soundfile, soxr and onnxruntime: neither scikit-learn nor what features and
models are made with.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from ..audio import Clip, to_clip
from ..errors import ArtifactError, AudioError, InputError, first_line
from ..features.inputs import as_items
from .manifest import KEY, check_seal, from_json

__all__ = ["OnnxModel", "Record", "load", "open_session", "read_manifest"]

Answer: TypeAlias = dict[str, npt.NDArray[Any]]
Record: TypeAlias = dict[str, Any]


def load(path: str | os.PathLike[str]) -> Any:
    """Load a model that `EmotionPipeline.save` or ``mer train`` wrote.

    A joblib file runs code when it is loaded: load only files from people you trust. An ONNX file
    holds no code.

    Parameters
    ----------
    path : str or path
        A file that ends in ``.joblib`` or ``.onnx``.

    Returns
    -------
    EmotionPipeline or OnnxModel
        The fitted pipeline as it was saved; or a model that predicts alike and needs no
        scikit-learn.

    Raises
    ------
    ArtifactError
        If the file is missing, no model, damaged, or (joblib) of another scikit-learn minor
        version.

    Examples
    --------
    >>> load("no-such-model.joblib")
    Traceback (most recent call last):
        ...
    mer_sklearn.errors.ArtifactError: no-such-model.joblib: cannot be read ...
    """
    if _kind(path) == ".onnx":
        return OnnxModel(path)
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
        If the file is missing, no model, or damaged.
    """
    if _kind(path) == ".onnx":
        return OnnxModel(path).manifest
    from . import joblib_file

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
        If the file is missing, no model of mer_sklearn, or damaged.
    """

    classes_: npt.NDArray[Any]

    def __init__(self, path: str | os.PathLike[str], *, n_threads: int = 1) -> None:
        self.path = os.fspath(path)
        content = _content(path)
        self._session = open_session(content, self.path, n_threads=n_threads)
        self.manifest = _manifest(self._session, content, self.path)
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
                record = self._record(self._run(to_clip(item)))
                error = None
            except AudioError as reason:
                if on_error == "raise":
                    raise
                record, error = dict.fromkeys(self._record_names()), str(reason)
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

    def _run(self, clip: Clip) -> Answer:
        """Return the answers for one clip, each of one row."""
        names = self.manifest["outputs"]
        try:
            found = self._session.run(names, {"waveform": clip.signal[None]})
        except Exception as error:  # onnxruntime has no base class for its errors
            msg = f"{self.path}: onnxruntime could not run it ({_reason(error)})."
            raise ArtifactError(msg) from error
        return dict(zip(names, found, strict=True))

    def _gather(self, X: Any, output: str) -> npt.NDArray[Any]:
        """Return one output for all clips; one clip a run, since their lengths differ."""
        return np.concatenate([self._run(to_clip(item))[output] for item in as_items(X)])

    def _labels(self, found: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return found.astype(self.classes_.dtype)

    def _numbers(self, found: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        numbers = found.astype(np.float64)
        return numbers[:, 0] if self.manifest["target_ndim"] == 1 else numbers

    def _emotions(self, found: npt.NDArray[Any]) -> npt.NDArray[np.object_]:
        if self.task_ == "classification":
            return self._labels(found).astype(object)
        return np.array([label or None for label in found], dtype=object)

    def _record_names(self) -> list[str]:
        """Return the keys of a record, in order."""
        if self.task_ == "classification":
            return ["emotion", *(f"p_{label}" for label in self.classes_)]
        return [*self.target_names_, *(["emotion"] if "label" in self.manifest["outputs"] else [])]

    def _record(self, answer: Answer) -> Record:
        """Return the answers for one clip as JSON holds them."""
        emotion = self._emotions(answer["label"]).tolist() if "label" in answer else []
        if self.task_ == "classification":
            values = [*emotion, *answer["probabilities"][0].tolist()]
        else:
            values = [*answer["values"][0].tolist(), *emotion]
        return dict(zip(self._record_names(), values, strict=True))


def open_session(content: bytes, name: str, *, n_threads: int = 1) -> Any:
    """Return a session of onnxruntime for the bytes of a file.

    From bytes, so that a file which points at other files is refused.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = n_threads, 1
    options.log_severity_level = 4  # errors are raised anyway
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # see above
        msg = (
            f"{name}: is no ONNX model that onnxruntime can open ({_reason(error)}). Give a "
            "file that `save` or `mer export` wrote, or copy it again from its source."
        )
        raise ArtifactError(msg) from error


def _kind(path: str | os.PathLike[str]) -> str:
    """Return the ending of a model's name, if it is one."""
    suffix = Path(path).suffix
    if suffix not in (".joblib", ".onnx"):
        msg = f"{path}: a model's name ends in .joblib or .onnx. Give a file that `save` wrote."
        raise ArtifactError(msg)
    return suffix


def _content(path: str | os.PathLike[str]) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror}). Give the path of a saved model."
        raise ArtifactError(msg) from error


def _manifest(session: Any, content: bytes, name: str) -> dict[str, Any]:
    """Return the manifest of an ONNX file, once its checksum fits."""
    text = session.get_modelmeta().custom_metadata_map.get(KEY)
    if text is None:
        msg = (
            f"{name}: is an ONNX model, but not one of mer_sklearn. Give a file that `save` or "
            "`mer export` wrote."
        )
        raise ArtifactError(msg)
    manifest = from_json(text, name)
    check_seal(manifest, content[: manifest.get("n_bytes", 0)], name)
    return manifest


def _label_array(labels: list[Any]) -> npt.NDArray[Any]:
    """Return the classes in the type that the pipeline has them in."""
    return np.array(labels, dtype=object if isinstance(labels[0], str) else None)


def _reason(error: Exception) -> str:
    """Return what onnxruntime says, without its codes."""
    return first_line(error).rpartition(" : ")[2].strip()
