"""``mer extract``: a table of features from audio files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import InputError
from ..files import written_beside
from .options import (
    cache_choice,
    check_output,
    extraction_options,
    read_source,
    remark,
    set_option,
)
from .predict import find_files

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["extract"]

SUFFIXES = (".csv", ".parquet")


@click.command(short_help="Write a table of features.")
@click.argument("sources", nargs=-1, required=True)
@click.option("--features", "-f", default="music", show_default=True, help="Preset.")
@click.option("--skip-bad", is_flag=True, help="Leave out files that cannot be read.")
@set_option
@extraction_options
@click.option("--output", "-o", required=True, metavar="FILE", help="FILE.csv or FILE.parquet.")
def extract(
    sources: tuple[str, ...],
    features: str,
    skip_bad: bool,
    settings: tuple[str, ...],
    jobs: int | None,
    cache: str | None,
    no_cache: bool,
    output: str,
) -> None:
    """Write the features of SOURCES, one row a clip, with what the corpus knows of each.

    SOURCES are audio files and folders of them, or one corpus NAME:ROOT or CSV file.
    """
    check_output(output, SUFFIXES)
    table, failed = _extract(
        sources, features, settings, jobs=jobs, cache=cache_choice(cache, no_cache), skip=skip_bad
    )
    with written_beside(output) as beside:
        if output.endswith(".csv"):
            table.to_csv(beside, index=False)
        else:
            table.to_parquet(beside, index=False)
    left_out = f", {failed} files left out" if failed else ""
    click.echo(f"wrote {output}: {len(table)} rows, {table.shape[1]} columns{left_out}")


def _extract(
    sources: tuple[str, ...],
    features: str,
    settings: tuple[str, ...],
    *,
    jobs: int | None,
    cache: bool | str,
    skip: bool,
) -> tuple[pd.DataFrame, int]:
    """Return the table and how many files are missing from it."""
    import numpy as np
    import pandas as pd

    from ..audio import Clip
    from ..features.extractor import AudioFeatures

    try:
        transformer = AudioFeatures(
            features, n_jobs=jobs, cache=cache, on_error="nan" if skip else "raise"
        )
        transformer.resolve()
    except InputError as error:
        raise click.UsageError(str(error)) from error
    items, known = _read(sources, settings)
    values = transformer.fit_transform(items)
    columns = pd.DataFrame(values, columns=list(transformer.get_feature_names_out()))
    names = [
        f"clip {number}" if isinstance(item, Clip) else str(getattr(item, "path", item))
        for number, item in enumerate(items)
    ]
    table = pd.concat([pd.DataFrame({"file": names}), known, columns], axis="columns")
    good = np.isfinite(values).all(axis=1)
    return table[good], int((~good).sum())


def _read(sources: tuple[str, ...], settings: tuple[str, ...]) -> tuple[list, pd.DataFrame]:  # type: ignore[type-arg]
    """Return the audio of the sources and what their corpus knows of it."""
    import numpy as np
    import pandas as pd

    is_files = all(Path(source).exists() and not source.endswith(".csv") for source in sources)
    if len(sources) > 1 or is_files:
        if settings:
            remark("--set is for a corpus; it says nothing here.")
        return list(find_files(sources)), pd.DataFrame()
    dataset = read_source(sources[0], settings)
    frame = dataset.frame
    # A table has one value a cell: curves and the like stay behind, and the files come by path.
    scalar = [c for c in frame if not np.ndim(frame[c].iloc[0])]
    return list(dataset.X), frame[[name for name in scalar if name != "file"]]
