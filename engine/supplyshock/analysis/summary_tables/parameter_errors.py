"""The spread of figures over draws of the calibrated parameters: what a run or the package knows of it."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ...common.errors import DataError
from ...scenarios.shipped import configs_dir
from .rows import FEWER, Row

if TYPE_CHECKING:
    import xarray as xr

FILE = "parameter_spread.csv"
"""In the folder of a run; and among the configs, of the scenarios that ship."""
DIGITS = 16
"""Of the digests that name scenarios there."""


class Key(NamedTuple):
    """A figure of a scenario, or of the difference of two, by what they are and not by what they are called."""

    digest: str
    table: str
    item: str
    statistic: str


def key_of(row: Row, digests: Mapping[str, str]) -> Key:
    """The key of a row; `digests` are those of the scenarios by name. Raises `KeyError` for an unknown name."""
    names = [row.scenario] if row.scenario in digests else row.scenario.split(" - ")
    item = row.item.partition(FEWER)[0] if row.table == "measures" else row.item
    return Key(" - ".join(digests[name][:DIGITS] for name in names), row.table, item, row.statistic)


def digests_of(run: xr.DataTree) -> dict[str, str]:
    """Digests of the scenarios of a run, by name."""
    return {str(k): str(v) for k, v in json.loads(run.attrs["digests"]).items()}


def as_csv(spread: Mapping[Key, float]) -> str:
    """A line per figure."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow((*Key._fields, "parameter_sd"))
    table.writerows((*key, f"{sd:.4g}") for key, sd in spread.items())
    return text.getvalue()


def read_spread(file: Path) -> dict[Key, float]:
    """What `as_csv` wrote; empty if there is no file. Raises `DataError`."""
    if not file.is_file():
        return {}
    try:
        lines = list(csv.reader(file.read_text(encoding="utf-8").splitlines()))
        if lines[:1] != [[*Key._fields, "parameter_sd"]]:
            raise ValueError("other column names")
        spread = {Key(*line[:-1]): float(line[-1]) for line in lines[1:]}
        if not all(math.isfinite(sd) and sd >= 0 for sd in spread.values()):
            raise ValueError("a spread that is not a number of at least 0")
        return spread
    except (OSError, UnicodeDecodeError, csv.Error, ValueError, TypeError) as e:
        fix = "remove the file, or write it again with supplyshock uncertainty --run"
        raise DataError("not a table of spreads", where=str(file), got=str(e)[:200], fix=fix) from None


def with_parameter_sd(run: xr.DataTree, folder: Path | None, rows: Iterable[Row]) -> list[Row]:
    """The rows, with the spread over parameters that the folder of the run holds, or else the package.

    Raises `DataError`.
    """
    spread = read_spread(configs_dir() / FILE)
    if folder is not None:
        spread |= read_spread(folder / FILE)
    digests = digests_of(run)
    return [r._replace(parameter_sd=spread.get(key_of(r, digests), math.nan)) for r in rows]


def figures_by_key(rows: Iterable[Row], digests: Mapping[str, str]) -> dict[Key, float]:
    """The values of rows; `digests` are those of the scenarios under the best values of the parameters."""
    return {key_of(row, digests): row.value for row in rows}


def spread_over(draws: Sequence[Mapping[Key, float]]) -> Iterator[tuple[Key, float]]:
    """The standard deviation of every figure over draws, Monte Carlo noise included, where each draw has it."""
    for key in draws[0]:
        values = [figures[key] for figures in draws if key in figures]
        if len(values) < len(draws) or not all(map(math.isfinite, values)):
            continue
        mean = math.fsum(values) / len(values)
        yield key, math.sqrt(math.fsum((x - mean) ** 2 for x in values) / (len(values) - 1))
