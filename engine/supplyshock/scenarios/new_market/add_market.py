"""Adds markets to a data set: descriptions in, a complete data folder out."""

from __future__ import annotations

import csv
import io
import os
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...common.errors import DataError, UsageError
from ..dataset import table_schemas
from ..dataset.csv_table import COMMON, Figure
from ..dataset.dataset import Dataset, parameter_names, read_dataset
from ..dataset.dataset_labels import DataLabels
from .with_market import LABELS, Added, with_markets

HEADER = "# Labels of a data set, no figures.\n"
OPTIONAL = ("trends.csv", "projects.csv", "states")
"""Parts of a data set that it may lack."""


@dataclass(frozen=True)
class AddedMarkets:
    """The additions of a new data folder to the one from which it was made."""

    folder: Path
    markets: tuple[Added, ...]


def add_markets(descriptions: Sequence[Path], data: Path, out: Path) -> AddedMarkets:
    """Writes the data set in `data` with the markets of YAML files added to the new folder `out`.

    Figures that a file leaves out are those of the market, source or list it names under ``like``, marked
    ``expert judgement``. Nothing is written unless the whole data set can be used.

    Raises `DataError` (exit code 65) for a description or a data set that cannot be used, `UsageError` for
    an `out` that exists, `OSError` if writing fails.
    """
    if out.exists():
        raise UsageError("the folder exists", where=str(out), expected="a new folder", fix="name another, or remove it")
    before = read_dataset(data)
    after, added = with_markets(before, descriptions)
    figures = [figure for market in added for figure in market.figures]
    part = out.with_name(f"{out.name}.{secrets.token_hex(4)}.partial")  # a name of its own: it is removed at the end
    try:
        _write(before, after.labels, figures, part)
        _check(part, out)
        os.replace(part, out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return AddedMarkets(out, added)


def _write(data: Dataset, labels: DataLabels, figures: Sequence[Figure], folder: Path) -> None:
    """The tables of `data` with the new rows at their ends, the labels, and what else the folder has."""
    folder.mkdir(parents=True)
    (folder / LABELS).write_text(_yaml(labels), encoding="utf-8")
    readers = table_schemas.readers(labels.known(), parameter_names(labels))
    for name in (*readers, "priors"):
        text = (data.folder / f"{name}.csv").read_text(encoding="utf-8-sig")
        rows = [f for f in figures if f.table == name]
        if rows:
            text = text.rstrip("\n") + "\n" + _csv_rows(text, readers[name].key, rows)
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    for name in OPTIONAL:
        part = data.folder / name
        if part.is_dir():
            shutil.copytree(part, folder / name)
        elif part.exists():
            shutil.copyfile(part, folder / name)


def _csv_rows(table: str, key: Sequence[str], figures: Sequence[Figure]) -> str:
    """Rows in the order of the table's own columns."""
    out = io.StringIO()
    columns = next(csv.reader(io.StringIO(table)))
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    for f in figures:
        cells = (repr(f.value).removesuffix(".0"), f.unit, f.mark, f.source)
        writer.writerow({**dict(zip(key, f.key, strict=True)), **dict(zip(COMMON, cells, strict=True))})
    return out.getvalue()


def _yaml(labels: DataLabels) -> str:
    from ruamel.yaml import YAML

    out, yaml = io.StringIO(), YAML()
    yaml.width = 1000
    yaml.dump(labels.model_dump(mode="json", exclude_unset=True), out)
    return HEADER + out.getvalue()


def _check(part: Path, out: Path) -> None:
    """Reads the folder back; errors name the folder that it becomes."""
    try:
        read_dataset(part)
    except DataError as error:
        problems = [replace(p, where=p.where.replace(str(part), str(out))) for p in error.problems]
        raise DataError("the data set with the new markets cannot be used", where=str(out), problems=problems) from None
