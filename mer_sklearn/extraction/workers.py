"""Who computes the rows: this process, processes that can be replaced, or a joblib backend.

All have one interface: tasks are drawn from an iterator by the calling process, a few more than
there are workers, and come back with what they gave, in the order in which they end.

A process of our own has one file in hand. So a decoder that crashes or hangs costs this file: the
process is replaced, and the others do not notice.
"""

from __future__ import annotations

import contextlib
import faulthandler
import functools
import numbers
import os
import queue
import re
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from ..audio import AudioItem, Segment, open_audio
from ..errors import AudioError, InputError, MerError

if TYPE_CHECKING:
    from .engine import RowFunction

__all__ = [
    "Job",
    "Outcome",
    "Refusal",
    "Task",
    "Workers",
    "check_timeout",
    "choose_workers",
    "name_of",
]

FloatArray: TypeAlias = npt.NDArray[np.float32]

CHUNK = 64  # files a worker that a joblib backend is given at once
SYSTEM_ERROR = 2  # libsndfile's code for what the system refused
IDLE = 300.0  # seconds until a process without work ends; joblib's own number
SILENCE = 5  # timeouts without a word until a backend is given up
CHECKS = 1.0  # seconds between two looks at who is late
GRACE = 10.0  # seconds more for the first file of a process: what it imports, tables it builds
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class Refusal(NamedTuple):
    """Why an item has no row.

    Parameters
    ----------
    sentence : str
        What a person is told.
    is_certain : bool
        Whether another try, with the same bytes and decoders, would end in the same way.
    """

    sentence: str
    is_certain: bool = False


Outcome: TypeAlias = list[FloatArray] | Refusal  # the parts of a row, or why there are none


@dataclass(eq=False)
class Task:
    """An item and which parts of its row are wanted."""

    item: AudioItem
    wanted: Sequence[int]
    note: Any = None  # the caller's own
    crashes: int = field(default=0, init=False)


@dataclass(frozen=True)
class Job:
    """What is done with each item.

    Parameters
    ----------
    function : RowFunction
        From a clip to the parts of its row.
    tolerant : bool
        Whether an error of the function itself is the item's failure, or is raised.
    """

    function: RowFunction
    tolerant: bool

    def __call__(self, item: AudioItem, wanted: Sequence[int]) -> Outcome:
        """Decode one item and compute its row; what a worker does.

        One BLAS thread: the products are small, and the sums come out the same on any machine.
        """
        try:
            with _blas().limit(limits=1, user_api="blas"):
                return self.function(open_audio(item), wanted)
        except AudioError as error:
            return Refusal(str(error), not _may_pass(error))
        except MemoryError:
            return Refusal(f"{name_of(item)}: does not fit into memory. Cut it into segments.")
        except Exception as error:
            if self.tolerant and not isinstance(error, MerError):
                kind = type(error).__name__
                return Refusal(
                    f"{name_of(item)}: its features fail ({kind}: {error}). This is an error of "
                    'the feature family; on_error="raise" shows where.'
                )
            error.add_note(f"This happened while computing the features of {name_of(item)}.")
            raise


class Workers(Protocol):
    """Who runs a job on many tasks."""

    count: int
    are_here: bool  # on this machine, with its decoders

    def run(self, job: Job, tasks: Iterator[Task | None]) -> Iterator[tuple[Task, Outcome] | None]:
        """Yield each task with its outcome as it ends; None is passed through where it stands."""


def choose_workers(n_jobs: int | None, timeout: float | None = None) -> Workers:
    """Return the workers that `n_jobs` and `joblib.parallel_config` ask for.

    Parameters
    ----------
    n_jobs : int or None
        How many; None is 1 unless a `joblib.parallel_config` says otherwise, -1 all cores.
    timeout : float, default=None
        Seconds that a file may take. A file can only be stopped with the process that reads it, so
        even a single worker becomes a process.
    """
    from joblib import effective_n_jobs
    from joblib.parallel import get_active_backend

    check_timeout(timeout)
    active = get_active_backend()[0]
    backend = type(active).__name__
    try:
        count = int(effective_n_jobs(n_jobs))
    except TimeoutError as error:  # joblib has waited for the workers of a cluster
        msg = "The Dask cluster has no workers. Start some (dask worker ADDRESS), then call again."
        raise MerError(msg) from error
    if backend == "DaskDistributedBackend":
        return Cluster(active.client, count, timeout)
    if count == 1 and timeout is None:
        return Here()
    if count == 1 or backend == "LokyBackend":
        return Processes(count, timeout)
    if backend == "ThreadingBackend" and timeout is not None:
        msg = "timeout needs processes, as a thread cannot be stopped. Leave out the backend."
        raise InputError(msg)
    return Backend(n_jobs, count, timeout)


def check_timeout(timeout: float | None) -> None:
    """Refuse a time that is none."""
    if timeout is not None and not (isinstance(timeout, numbers.Real) and timeout > 0):
        msg = f"timeout={timeout!r} must be seconds above 0, or None."
        raise InputError(msg)


def name_of(item: AudioItem) -> str:
    """Return what a sentence calls an item."""
    return str(item.path if isinstance(item, Segment) else item)


class Here:
    """The calling process, one item after the other."""

    count = 1
    are_here = True

    def run(self, job: Job, tasks: Iterator[Task | None]) -> Iterator[tuple[Task, Outcome] | None]:
        """Yield each task with its outcome."""
        for task in tasks:
            yield None if task is None else (task, job(task.item, task.wanted))


class Processes:
    """Processes that each have one file in hand, and are replaced if they crash or hang.

    Parameters
    ----------
    count : int
        How many.
    timeout : float or None
        Seconds that a file may take.
    """

    are_here = True

    def __init__(self, count: int, timeout: float | None = None) -> None:
        self.count, self._timeout = count, timeout

    def run(self, job: Job, tasks: Iterator[Task | None]) -> Iterator[tuple[Task, Outcome] | None]:
        """Yield each task with its outcome as it ends."""
        idle = [_spare() for _ in range(self.count)]
        busy: list[_Process] = []
        ahead: deque[Task] = deque()  # drawn already: a process that ends does not wait
        done: list[tuple[Task, Outcome]] = []
        drawing = True
        try:
            while drawing or ahead or busy or done:
                while idle and ahead:
                    busy.append(idle.pop())
                    busy[-1].start(job, ahead.popleft())
                while done:
                    yield done.pop()
                if drawing and len(ahead) < self.count:
                    task = next(tasks, _END)
                    if task is None:
                        yield None
                    elif isinstance(task, Task):
                        ahead.append(task)
                    else:
                        drawing = False
                elif busy:
                    done = self._wait(busy, idle, ahead)
        finally:
            for process in busy:
                process.kill()
            _SPARE.extend(idle)

    def _wait(
        self, busy: list[_Process], idle: list[_Process], again: deque[Task]
    ) -> list[tuple[Task, Outcome]]:
        """Wait until processes end, or it is time to look who is late; return what is done."""
        pause = CHECKS if self._timeout is None else min(CHECKS, self._timeout / 4)
        wait([process.future for process in busy], pause, FIRST_COMPLETED)
        done = []
        for process in [process for process in busy if process.has_ended(self._timeout)]:
            busy.remove(process)
            idle.append(process)
            task, outcome = process.result(self._timeout)
            if outcome is None:
                again.appendleft(task)
            else:
                done.append((task, outcome))
        return done


class Backend:
    """Another backend of joblib: threads, or whatever `joblib.parallel_config` names.

    If it breaks, what it had in hand is done by processes of our own, one file each, so that the
    file that broke it is found.

    Parameters
    ----------
    n_jobs, count : int
        How many workers were asked for, and how many there are.
    timeout : float or None
        Seconds that a file may take.
    """

    are_here = False

    def __init__(self, n_jobs: int | None, count: int, timeout: float | None) -> None:
        self.count = count
        self._n_jobs, self._timeout = n_jobs, timeout

    def run(self, job: Job, tasks: Iterator[Task | None]) -> Iterator[tuple[Task, Outcome] | None]:
        """Yield each task with its outcome, in chunks that keep the workers busy."""
        chunk: list[Task] = []
        for task in tasks:
            if task is None:
                yield None
                continue
            chunk.append(task)
            if len(chunk) == CHUNK * self.count:
                yield from self._run_chunk(job, chunk)
                chunk = []
        yield from self._run_chunk(job, chunk)

    def _run_chunk(self, job: Job, chunk: list[Task]) -> Iterator[tuple[Task, Outcome] | None]:
        """Run a chunk on the backend, and what it could not finish on our own processes."""
        from joblib import Parallel, delayed
        from joblib.parallel import get_active_backend

        backend = get_active_backend()[0]
        form = "generator_unordered" if backend.supports_return_generator else "list"
        patience = None if self._timeout is None else SILENCE * self._timeout
        parallel = Parallel(n_jobs=self._n_jobs, return_as=form, timeout=patience)
        unfinished = dict(enumerate(chunk))
        calls = (
            delayed(_numbered)(number, job, task.item, task.wanted, self._timeout)
            for number, task in enumerate(chunk)
        )
        try:
            for number, outcome in parallel(calls):
                yield unfinished.pop(number), outcome
        except Exception:
            if getattr(backend, "supports_sharedmem", False) or not unfinished:
                raise
        own = Processes(min(self.count, os.cpu_count() or 1), self._timeout)
        yield from own.run(job, iter(list(unfinished.values())))


class Cluster:
    """A Dask cluster, as ``joblib.parallel_config(backend="dask")`` names it.

    Its client is used without joblib, which would wait for ever for a task whose workers died. Dask
    gives such a task to other workers; one that ends several of them is done by a process of our
    own, so that the others go on. The end of the scheduler is the end of the work.

    Parameters
    ----------
    client : distributed.Client
        The connection to the cluster.
    count : int
        How many threads the cluster has.
    timeout : float or None
        Seconds that a file may take; then the worker process that reads it ends itself.
    """

    are_here = False

    def __init__(self, client: Any, count: int, timeout: float | None) -> None:
        self.count = count
        self._client, self._timeout = client, timeout

    def run(self, job: Job, tasks: Iterator[Task | None]) -> Iterator[tuple[Task, Outcome] | None]:
        """Yield each task with its outcome as it ends."""
        ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
        waiting: dict[Any, Task] = {}
        again: deque[Task] = deque()  # lost with a connection that came back
        failed: list[Task] = []
        drawing = True
        try:
            while drawing or again or waiting:
                while (drawing or again) and len(waiting) < 2 * self.count:
                    task = again.popleft() if again else next(tasks, _END)
                    if task is None:
                        yield None
                    elif isinstance(task, Task):
                        waiting[self._submit(job, task, ended)] = task
                    else:
                        drawing = False
                if waiting and (future := self._next(ended)) is not None:
                    task = waiting.pop(future)
                    if future.status == "finished":
                        yield task, future.result()
                    else:
                        (again if future.status == "cancelled" else failed).append(task)
        finally:
            with contextlib.suppress(Exception):  # of a cluster that is gone
                self._client.cancel(list(waiting))
        yield from Processes(1, self._timeout).run(job, iter(failed))

    def _submit(self, job: Job, task: Task, ended: queue.SimpleQueue[Any]) -> Any:
        """Give a task to the cluster, and note when it ends."""
        try:
            future = self._client.submit(
                _guarded, job, task.item, task.wanted, self._timeout, pure=False
            )
        except Exception:
            self._check()
            raise
        future.add_done_callback(ended.put)
        return future

    def _next(self, ended: queue.SimpleQueue[Any]) -> Any:
        """Return a task that has ended; None if there was none for a moment."""
        try:
            return ended.get(timeout=CHECKS)  # or some systems would not hear Ctrl-C
        except queue.Empty:
            return None
        finally:
            self._check()  # a lost connection ends all that wait

    def _check(self) -> None:
        """Wait for a connection that was lost, and stop when the client has given it up."""
        while self._client.status == "connecting":
            time.sleep(0.1)
        if self._client.status != "running":
            msg = (
                "The Dask scheduler is gone. Start it again and repeat the call; rows that are in "
                "the cache, or in an unfinished table, are not computed again."
            )
            raise MerError(msg)


class _Process:
    """A process that is started when it is needed, and again after its end."""

    future: Future[Outcome]

    def __init__(self) -> None:
        self._executor: Any = None
        self._job: Job | None = None
        self._calls: list[Future[Any]] = []

    def start(self, job: Job, task: Task) -> None:
        """Begin with a task."""
        self._task = task
        try:
            self._submit(job, task)
        except BrokenProcessPool:  # it was killed while it had nothing to do
            self.kill()
            self._submit(job, task)

    def has_ended(self, timeout: float | None) -> bool:
        """Tell whether the task is done, or too late."""
        if self.future.done() or timeout is None or not self._ready.done():
            return self.future.done()
        return time.monotonic() - max(self._begun, self._ready_at) > timeout + self._grace

    def result(self, timeout: float | None) -> tuple[Task, Outcome | None]:
        """Return the task and its outcome; None for one that deserves a second process."""
        task = self._task
        if not self.future.done():
            self.kill()
            sentence = f"{name_of(task.item)}: takes longer than {timeout:g} s. {MORE_TIME}"
            return task, Refusal(sentence, is_certain=True)
        self._grace = 0.0
        try:
            return task, self.future.result()
        except BrokenProcessPool as error:
            self.kill()
            task.crashes += 1
            if task.crashes == 1:  # somebody may have killed it
                return task, None
            found = re.search(r"SIG[A-Z]+", str(error))
            signal_ = f" ({found[0]})" if found else ""
            sentence = f"{name_of(task.item)}: crashes the process that reads it{signal_}."
            return task, Refusal(f"{sentence} {WAY_OUT}", signal_ in OWN_FAULTS)

    def kill(self) -> None:
        """End the process at once."""
        if self._executor is not None:
            # Loky's manager stumbles over a call that it has not yet passed on to the process.
            while not all(future.running() or future.done() for future in self._calls):
                time.sleep(0.001)
            self._executor.shutdown(wait=True, kill_workers=True)
        self._executor = self._job = None

    def _submit(self, job: Job, task: Task) -> None:
        if self._executor is None:
            from joblib.externals.loky import ProcessPoolExecutor

            self._executor = ProcessPoolExecutor(
                1, timeout=IDLE, initializer=_begin, initargs=(os.getpid(),), env=ONE_THREAD
            )
        if self._job is not job:
            self._job, self._ready_at, self._grace = job, 0.0, GRACE
            self._ready = self._executor.submit(_load, job)
            self._ready.add_done_callback(self._note_ready)
        self._calls = [self._ready]
        self._begun = time.monotonic()
        self.future = self._executor.submit(job, task.item, task.wanted)
        self._calls.append(self.future)

    def _note_ready(self, _: Future[None]) -> None:
        self._ready_at = time.monotonic()


_END = object()
WAY_OUT = "Leave it out, or convert it to WAV or FLAC."
MORE_TIME = "Leave it out, convert it to WAV or FLAC, or give it more time: timeout=, --timeout."
# What a process does to itself; it is killed by others, as by a system without memory.
OWN_FAULTS = (" (SIGSEGV)", " (SIGBUS)", " (SIGFPE)", " (SIGILL)", " (SIGABRT)")
_SPARE: list[_Process] = []  # processes that wait for the next extraction
_OF_PARENT: list[_Process] = []  # kept, as their end would be the parent's loss


def _leave_to_parent() -> None:
    """Leave the processes to the parent of a fork."""
    _OF_PARENT.extend(_SPARE)
    _SPARE.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_parent)


def _spare() -> _Process:
    """Return a process that waits, or one that is yet to start."""
    try:
        return _SPARE.pop()
    except IndexError:
        return _Process()


def _begin(parent: int) -> None:
    """Prepare a worker: Ctrl-C is the caller's to answer, and without a caller there is no work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _load(job: Job) -> None:
    """Unpickle a job, which imports what it needs."""
    del job
    _blas()
    if "PYTHONFAULTHANDLER" not in os.environ:  # loky's pages about a crash are no sentence
        faulthandler.disable()


def _numbered(
    number: int, job: Job, item: AudioItem, wanted: Sequence[int], timeout: float | None
) -> tuple[int, Outcome]:
    """Run a job on a worker of a backend, which may return it out of turn."""
    return number, _guarded(job, item, wanted, timeout)


def _guarded(job: Job, item: AudioItem, wanted: Sequence[int], timeout: float | None) -> Outcome:
    """Run a job on a worker of somebody else's; one that hangs ends its process."""
    if timeout is None:
        return job(item, wanted)
    guard = threading.Timer(timeout, os._exit, args=[1])
    guard.daemon = True
    guard.start()
    try:
        return job(item, wanted)
    finally:
        guard.cancel()


def _may_pass(error: AudioError) -> bool:
    """Tell whether a file may be readable at another time: disk, network or memory failed."""
    cause = error.__cause__ or error.__context__
    while cause is not None:
        if isinstance(cause, OSError | MemoryError) or getattr(cause, "code", 0) == SYSTEM_ERROR:
            return True
        cause = cause.__cause__ or cause.__context__
    return False


@functools.cache
def _blas() -> Any:
    """Return the controller of the threads of this process's linear algebra."""
    import scipy.linalg  # noqa: F401  # loads the libraries that are to be controlled
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
