"""The record of a search: an Optuna study that goes on where it was stopped.

A trial depends on the finished trials before it and on its number, through which it is seeded, and
on nothing else. So a search that was killed and goes on makes the same trials as one that was not:
what was under way when it was killed is not counted, and drawn anew.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.trial import TrialState

from ..errors import InputError, first_line

__all__ = ["ask", "check_storage", "fail", "finished", "open_study", "seeds"]

NAME = "mer_sklearn"
REMARK = "remark"
ENDS = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
SQLITE_MARK = b"SQLite format 3\0"
WARM_UP = 1  # folds that say too little of a trial to end it


@contextlib.contextmanager
def open_study(
    path: str | os.PathLike[str] | None, *, maximize: bool, fingerprint: Mapping[str, str]
) -> Iterator[optuna.Study]:
    """Give the study of a file, or one in memory, and close it.

    Parameters
    ----------
    path : path or None
        An SQLite file; it is made when it is absent. None keeps the study in memory.
    maximize : bool
        Whether more is better.
    fingerprint : mapping of str to str
        What the study is of; the study of a file must have the same.

    Raises
    ------
    InputError
        If the file cannot be used, is in use, or belongs to another search.
    """
    with _quiet(), _alone(path), _storage(path) as storage:
        study = optuna.create_study(
            storage=storage,
            study_name=NAME,
            direction="maximize" if maximize else "minimize",
            pruner=optuna.pruners.MedianPruner(n_warmup_steps=WARM_UP),
            load_if_exists=True,
        )
        _check_fingerprint(study, path, fingerprint)
        yield study


def finished(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    """Return the trials that came to an end, in their order; what was killed is no trial."""
    return study.get_trials(states=ENDS)  # type: ignore[no-any-return]  # Optuna has no types


def seeds(random_state: int, number: int) -> tuple[int, int]:
    """Return the seeds of a trial: of what it draws, and of the pipeline it tries.

    Examples
    --------
    >>> seeds(0, 1) == seeds(0, 1) != seeds(0, 2)
    True
    """
    sampler, pipeline = np.random.SeedSequence([random_state, number]).generate_state(2)
    return int(sampler), int(pipeline)


def ask(
    study: optuna.Study, number: int, seed: int, start: Mapping[str, Any]
) -> optuna.trial.Trial:
    """Return the next trial: the first suggests the start, the others what the study has learned.

    Parameters
    ----------
    study : optuna.Study
        The study.
    number : int
        How many trials are finished.
    seed : int
        Seed of what the trial draws.
    start : mapping of str to object
        What the first trial suggests.
    """
    if number == 0 and not study.get_trials(states=[TrialState.WAITING]):
        study.enqueue_trial(dict(start))
    study.sampler = optuna.samplers.TPESampler(seed=seed, multivariate=False, constant_liar=False)
    return study.ask()


def fail(study: optuna.Study, trial: optuna.trial.Trial, reason: str) -> None:
    """Record a trial that failed, and why."""
    trial.set_user_attr(REMARK, reason)
    study.tell(trial, state=TrialState.FAIL)


def check_storage(path: Any) -> None:
    """Refuse a file that can keep no study, before the long work starts.

    Raises
    ------
    InputError
        If its folder does not exist, or something else lives there.
    """
    if path is None:
        return
    if not isinstance(path, (str, os.PathLike)):
        msg = f"storage={path!r} must be the path of a file, or None."
        raise InputError(msg)
    path = Path(path)
    if not path.absolute().parent.is_dir():
        msg = f"storage={str(path)!r}: its folder does not exist. Make it first."
        raise InputError(msg)
    if path.exists() and not _may_hold_a_study(path):
        msg = f"storage={str(path)!r} holds no study. Give the file of one, or a name that is free."
        raise InputError(msg)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep Optuna's remarks on every trial to itself."""
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(level)


@contextlib.contextmanager
def _alone(path: str | os.PathLike[str] | None) -> Iterator[None]:
    """Keep other searches out of a file: two of them would learn from each other's trials.

    The lock is SQLite's, of an empty file beside: the system frees it when a process is killed.
    """
    if path is None:
        yield
        return
    beside = Path(f"{os.fspath(path)}.lock")
    try:
        lock = sqlite3.connect(beside, timeout=0.0, isolation_level=None)
    except sqlite3.Error as error:
        msg = f"storage={os.fspath(path)!r} cannot be opened ({error}). Choose another file."
        raise InputError(msg) from error
    with contextlib.closing(lock):
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            msg = (
                f"storage={os.fspath(path)!r} is in use by another search ({error}). Wait for its "
                "end, or give another file."
            )
            raise InputError(msg) from error
        try:
            yield
        finally:
            beside.unlink(missing_ok=True)


@contextlib.contextmanager
def _storage(
    path: str | os.PathLike[str] | None,
) -> Iterator[optuna.storages.RDBStorage | None]:
    """Give the storage of a file that was checked, and close it."""
    if path is None:
        yield None
        return
    from sqlalchemy.engine import URL

    url = URL.create("sqlite", database=os.fspath(path)).render_as_string()
    try:
        storage = optuna.storages.RDBStorage(url)
    except Exception as error:  # whatever the database's libraries raise
        reason = first_line(error)
        msg = f"storage={os.fspath(path)!r} cannot be opened ({reason}). Choose another file."
        raise InputError(msg) from error
    try:
        yield storage
    finally:
        storage.engine.dispose()


def _may_hold_a_study(path: Path) -> bool:
    """Tell a file with a study of ours, or with nothing in it, from others."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        mark = file.read(len(SQLITE_MARK))
    if mark != SQLITE_MARK:
        return not mark
    try:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if "studies" not in (tables := {name for (name,) in rows}):
                return not tables
            studies = {name for (name,) in connection.execute("SELECT study_name FROM studies")}
    except sqlite3.DatabaseError:  # damaged
        return False
    return studies <= {NAME}


def _check_fingerprint(
    study: optuna.Study, path: str | os.PathLike[str] | None, fingerprint: Mapping[str, str]
) -> None:
    """Write what a new study is of, and refuse an old one that is of something else."""
    stored = study.user_attrs.get("fingerprint")
    if stored is None:
        study.set_user_attr("fingerprint", dict(fingerprint))
        return
    differ = [key for key, value in fingerprint.items() if stored.get(key) != value]
    if differ:
        msg = (
            f"storage={str(path)!r} belongs to another search: its {', '.join(differ)} "
            f"{'is' if len(differ) == 1 else 'are'} not the same. Give another file, or repeat "
            "that search's data and settings."
        )
        raise InputError(msg)
