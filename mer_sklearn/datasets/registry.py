"""Corpora by name: the folder is the registry.

Every module beside this one is a corpus, but for `NO_CORPUS` and those that begin with an
underscore; a corpus is one more file and no list to edit. It has a docstring (layout, source,
licence, traps), constants, `INFO` and `load(root, *, options)`, whose annotations say how the
command line reads the options, and it is imported when someone asks for it. It may have
`check(root, *, options)`, which returns what `mer datasets validate` says of its particulars; it
takes those options of `load` that change what it looks at.
"""

from __future__ import annotations

import inspect
import pkgutil
import types
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

from ..errors import DatasetError, InputError, unknown_name

if TYPE_CHECKING:
    from ._check import Check
    from .base import Dataset, DatasetInfo

__all__ = [
    "check_particulars",
    "dataset_info",
    "dataset_names",
    "dataset_options",
    "load_dataset",
    "load_source",
    "needs_root",
    "parse_options",
]

NO_CORPUS = ("base", "reading", "registry")
OTHER_NAMES = {  # by which corpora are known, without hyphens; "4q" can be no module
    "4q": "fourq",
    "crema_d": "cremad",
    "csv": "table",
    "folder": "folders",
    "mtg_jamendo": "jamendo",
}
TABLE_SUFFIXES = (".csv", ".tsv", ".txt")
TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
KINDS = {bool: "true or false", int: "a whole number", float: "a number"}


def dataset_names() -> list[str]:
    """Return the names that `load_dataset` knows, sorted."""
    modules = [module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)])]
    return sorted(name for name in modules if name not in NO_CORPUS and not name.startswith("_"))


def dataset_info(name: str) -> DatasetInfo:
    """Return what a user of a corpus has to know: licence, citation, traps."""
    info: DatasetInfo = _module(name).INFO
    return info


def load_dataset(name: str, root: str | Path | None = None, **options: object) -> Dataset:
    """Load a corpus that lies on disk.

    Parameters
    ----------
    name : str
        One of `dataset_names`, in upper or lower case, or another name it goes by, such as "4q".
    root : str or path, default=None
        The folder that holds it (of "table": the file); None for a corpus that needs none.
    **options
        What else the `load` of its module takes, see there.

    Returns
    -------
    Dataset
        Audio, targets and groups.

    Raises
    ------
    InputError
        If the name or an option is unknown, or a root is missing.
    DatasetError
        If the corpus on disk is not what its layout says.

    Examples
    --------
    >>> load_dataset("emotifi", "data")
    Traceback (most recent call last):
    mer_sklearn.errors.InputError: Unknown corpus 'emotifi'. Did you mean 'emotify'? ...
    """
    module = _module(name)
    kinds = _kinds(module)
    for option, value in options.items():
        kind = _kind_of(name, option, kinds)
        if get_origin(kind) is Literal and value not in get_args(kind):
            raise unknown_name(f"{option} of {name}", value, get_args(kind))
    place = () if root is None or not str(root) else (_existing(root),)
    if not place and _needs_root(module):
        msg = f"The corpus {name!r} needs a root: add where it lies on disk, as in {name}:FOLDER."
        raise InputError(msg)
    dataset: Dataset = module.load(*place, **options)
    return dataset


def needs_root(name: str) -> bool:
    """Tell whether a corpus lies on disk."""
    return _needs_root(_module(name))


def dataset_options(name: str) -> dict[str, object]:
    """Return the options of a corpus, with their defaults."""
    parameters = inspect.signature(_module(name).load).parameters.values()
    return {item.name: item.default for item in parameters if item.name != "root"}


def check_particulars(name: str, root: Path, options: Mapping[str, object]) -> list[Check]:
    """Look at what is particular to a corpus on disk, with those options that concern it."""
    check: Callable[..., list[Check]] | None = getattr(_module(name), "check", None)
    if check is None:
        return []
    taken = inspect.signature(check).parameters
    return check(root, **{key: value for key, value in options.items() if key in taken})


def load_source(source: str, options: Mapping[str, str] | None = None) -> Dataset:
    """Load what a source of the command line stands for.

    Parameters
    ----------
    source : str
        ``NAME:ROOT`` for a corpus, a table of files (see `table`), or a folder with a folder for
        each class (see `folders`). One letter before the colon is a drive of Windows.
    options : mapping of str to str, default=None
        Options of the loader, as text.

    Returns
    -------
    Dataset
        Audio, targets and groups.

    Raises
    ------
    InputError
        If the source is none of these, or an option is unknown or of the wrong type.
    DatasetError
        If what lies there cannot be used.
    """
    name, root = _resolve(source)
    return load_dataset(name, root, **parse_options(name, options or {}))


def parse_options(name: str, texts: Mapping[str, str]) -> dict[str, object]:
    """Turn the text of options into the types that the loader of a corpus takes."""
    kinds = _kinds(_module(name))
    return {key: _parse(key, text, _kind_of(name, key, kinds)) for key, text in texts.items()}


def _module(name: str) -> types.ModuleType:
    """Import a corpus."""
    names = dataset_names()
    plain = _plain(name)
    if plain not in names:
        raise unknown_name("corpus", name, names)
    return import_module(f".{plain}", __package__)


def _plain(name: str) -> str:
    """Return the name of the module of a corpus."""
    plain = name.lower().replace("-", "_")
    return OTHER_NAMES.get(plain, plain)


def _needs_root(module: types.ModuleType) -> bool:
    """Tell whether a corpus lies on disk."""
    root = inspect.signature(module.load).parameters["root"]
    return root.default is inspect.Parameter.empty


def _kinds(module: types.ModuleType) -> dict[str, object]:
    """Return the options of a loader, which are what follows its root, and their types."""
    parameters = inspect.signature(module.load).parameters.values()
    options = {item.name: item.annotation for item in parameters if item.name != "root"}
    return get_type_hints(types.SimpleNamespace(__annotations__=options), vars(module))


def _kind_of(name: str, option: str, kinds: Mapping[str, object]) -> object:
    """Return the type of an option, or say that there is none of this name."""
    if not kinds:
        msg = f"The corpus {name!r} has no options; got {option!r}. Leave it out."
        raise InputError(msg)
    if option not in kinds:
        raise unknown_name(f"option of {name}", option, kinds)
    return kinds[option]


def _existing(root: str | Path) -> Path:
    """Return the root of a corpus, which must be there; "~" is the user's home."""
    path = Path(root).expanduser()
    try:
        path.stat()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        msg = f"{root}: cannot be found ({reason}). Give the place on disk where the data lie."
        raise DatasetError(msg) from error
    return path


def _resolve(source: str) -> tuple[str, str]:
    """Split a source into the name of a corpus and its root."""
    name, colon, root = source.partition(":")
    if colon and len(name) > 1 and _plain(name).isidentifier():
        return name, root
    if not source:
        msg = "The source is empty. Give NAME:ROOT, a table of files, or a folder of folders."
        raise InputError(msg)
    if _plain(source) in dataset_names() and not Path(source).exists():
        return source, ""
    path = _existing(source)
    if path.is_dir():
        return "folders", source
    if path.suffix.lower() in TABLE_SUFFIXES:
        return "table", source
    msg = (
        f"{source}: is neither a table (.csv, .tsv, .txt) nor a folder, so it holds nothing to "
        "learn. Give NAME:ROOT, a table of files, or a folder with a folder for each class."
    )
    raise InputError(msg)


def _parse(option: str, text: str, kind: Any) -> object:
    """Turn the text of an option into its type; a type that allows text takes it as it is."""
    members = get_args(kind) if isinstance(kind, types.UnionType) else (kind,)
    if str in members or get_origin(kind) is Literal:
        return text
    wanted = [member for member in KINDS if member in members]
    for member in wanted:
        try:
            return TRUTH[text.lower()] if member is bool else member(text)
        except (KeyError, ValueError):
            continue
    expected = " or ".join(KINDS[member] for member in wanted) or "set in Python only"
    msg = f"The option {option}={text!r} must be {expected}."
    raise InputError(msg)
