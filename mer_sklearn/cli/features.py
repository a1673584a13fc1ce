"""``mer features``: what families there are, their columns, units and sources."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from .options import json_option

if TYPE_CHECKING:
    from ..features.catalogue import Entry

__all__ = ["features"]


@click.command(short_help="List the families of features, their columns and units.")
@click.argument("name", required=False)
@click.option("--columns", is_flag=True, help="Every column by name.")
@json_option
def features(name: str | None, columns: bool, as_json: bool) -> None:
    """List the families of features: how many columns, in which unit, from which source.

    NAME is a preset or a family; without it all families and presets are listed.
    """
    from ..features.catalogue import catalogue

    entries = catalogue(name)
    if as_json:
        click.echo(json.dumps([_document(entry) for entry in entries], ensure_ascii=False))
    elif columns:
        _print_columns(entries)
    elif name is None:
        _print_families(entries)
        _print_presets()
    else:
        for entry in entries:
            _print_family(entry)


def _document(entry: Entry) -> dict[str, Any]:
    """Return what is known of a family, as JSON holds it."""
    family = entry.family
    return {
        **family.identity(),
        "class": type(family).__name__,
        "source": family.source,
        "exports": family.exports,
        "presets": list(entry.presets),
        "columns": [
            {"name": name, "unit": meaning.unit, "text": meaning.text}
            for name, meaning in entry.columns
        ],
    }


def _print_columns(entries: list[Entry]) -> None:
    """Print one line a column."""
    rows = [(name, m.unit, m.text) for entry in entries for name, m in entry.columns]
    names, units = (max(len(row[i]) for row in rows) for i in (0, 1))
    for name, unit, text in rows:
        click.echo(f"{name:{names}}  {unit:{units}}  {text}")


def _print_families(entries: list[Entry]) -> None:
    """Print one line a family."""
    names = [entry.family.name for entry in entries]
    width = max(map(len, names))
    click.echo(f"{'family':{width}}  columns  source")
    for name, entry in zip(names, entries, strict=True):
        mark = "" if entry.family.exports else "  (not in ONNX)"
        click.echo(f"{name:{width}}  {len(entry.columns):7}  {entry.family.source}{mark}")


def _print_presets() -> None:
    """Print one line a preset."""
    from ..features.presets import PRESETS, preset

    width = max(map(len, PRESETS))
    click.echo(f"\n{'preset':{width}}  columns  families")
    for name in PRESETS:
        families = preset(name)
        count = sum(len(family.column_names()) for family in families)
        click.echo(f"{name:{width}}  {count:7}  {' '.join(family.name for family in families)}")


def _print_family(entry: Entry) -> None:
    """Print what a family measures: its columns by their meaning."""
    family = entry.family
    click.echo(f"{family.name}  {len(entry.columns)} columns  {family.source}")
    meanings = entry.meanings
    units = max(len(meaning.unit) for meaning, _ in meanings)
    patterns = max(len(meaning.columns) for meaning, _ in meanings)
    for meaning, count in meanings:
        click.echo(
            f"  {meaning.columns:{patterns}}  {count:4}  {meaning.unit:{units}}  {meaning.text}"
        )
