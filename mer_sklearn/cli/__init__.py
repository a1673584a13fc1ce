"""The command line ``mer``.

Results go to stdout, progress and remarks to stderr. Exit status 0: done; 1: it could not be
done, and one sentence says why; 2: the command was wrong. Nothing heavy is imported before a
command runs.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from typing import Any

import click

from .. import __version__
from ..errors import MerError, MerWarning
from .audit import audit
from .cache import cache
from .compare import compare
from .cross import cross
from .datasets import datasets
from .demo import demo
from .evaluate import evaluate
from .export import export
from .extract import extract
from .features import features
from .inspect import inspect
from .predict import predict
from .train import train
from .tune import tune

__all__ = ["main", "mer"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mer")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def mer(debug: bool) -> None:
    """Emotion recognition in music and speech: audio files in, honest predictions out."""
    del debug  # read by main, before anything can fail


for command in (
    demo,
    extract,
    train,
    evaluate,
    compare,
    cross,
    tune,
    predict,
    export,
    inspect,
    features,
    datasets,
    audit,
    cache,
):
    mer.add_command(command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Parameters
    ----------
    arguments : sequence of str, default=None
        The words after ``mer``; None takes those of the process.

    Returns
    -------
    int
        0 done, 1 it could not be done, 2 the command was wrong.

    Examples
    --------
    >>> main(["--version"])
    mer, version ...
    0
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    with warnings.catch_warnings():
        warnings.filterwarnings("always", category=MerWarning)
        warnings.showwarning = _remark  # type: ignore[assignment]  # takes the same in fewer words
        try:
            status = mer.main(words, prog_name="mer", standalone_mode=False)
        except click.ClickException as error:
            error.show()
            return error.exit_code
        except (click.Abort, KeyboardInterrupt):
            _say("stopped.")
            return 130
        except BrokenPipeError:
            sys.stderr.close()  # nobody listens any more; the interpreter should not complain
            return 1
        except Exception as error:
            if "--debug" in words:
                raise
            known = isinstance(error, MerError)
            reason = str(error) if known else f"{type(error).__name__}: {error}"
            hint = (
                "" if known else " This is an error of mer itself; `mer --debug ...` shows where."
            )
            _say(f"{reason}{hint}")
            return 1
    return status if isinstance(status, int) else 0


def _remark(message: Warning | str, category: type[Warning], *where: Any) -> None:
    """Show our own warnings as one line, and leave the others to developers."""
    del where
    if issubclass(category, MerWarning):
        _say(str(message))


def _say(sentence: str) -> None:
    """Say something on stderr."""
    click.echo(f"mer: {sentence}", err=True)
