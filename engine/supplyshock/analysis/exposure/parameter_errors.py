"""What the calibration of the markets leaves open in the figures of a firm, and in the choice of a stock."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray as xr

from ...common.errors import DataError
from ..path_values import Array
from ..summary_tables.parameter_errors import DIGITS, FILE, Key, read_spread
from .best_stock import CHEAPEST_ON_AVERAGE, CHEAPEST_WITH_TAIL, best_stocks, cheapest

TABLE = "firm"
"""Of the figures of a firm among those of a run."""
BEST_FILE = "best_stock_draws.csv"
"""In the folder of a run."""
SD = "_parameter_sd"
"""Ending of the spread of a figure over draws of the parameters."""


class Choice(NamedTuple):
    """A value of a sweep in a scenario, and the count that it adds to (`best_stock.cheapest`)."""

    digest: str
    option: str
    by: str


class BestDraws(NamedTuple):
    """Under how many draws each value of a sweep costs least."""

    draws: int
    wins: Mapping[Choice, int]


def figures_of_firm(results: xr.Dataset, digests: Mapping[str, str]) -> dict[Key, float]:
    """Every figure that has a standard error. `digests` are those of the scenarios by name."""
    return {
        key: float(value)
        for name in _with_errors(results)
        for key, value in zip(_keys(results, name, digests).flat, results[name].values.flat, strict=True)
    }


def choices_of(results: xr.Dataset, digests: Mapping[str, str]) -> list[Choice]:
    """The cheapest value of every sweep."""
    return [Choice(digests[b.scenario][:DIGITS], b.option, cheapest(b.weight)) for b in best_stocks(results)]


def count_choices(draws: Sequence[Sequence[Choice]]) -> BestDraws:
    """From the choices under each draw."""
    return BestDraws(len(draws), Counter(choice for of_draw in draws for choice in of_draw))


def with_parameter_errors(results: xr.Dataset, digests: Mapping[str, str], folder: Path | None) -> xr.Dataset:
    """The figures with what the folder of their run holds of them, written by ``supplyshock uncertainty --run``.

    A figure such as ``stop_probability`` then has ``stop_probability_parameter_sd``, NaN where it is not known. With
    sweeps there are the counts of `best_stock.cheapest` over (scenario, option). Without the files `results` come back
    as they are. Raises `DataError`.
    """
    if folder is None:
        return results
    spread, best = read_spread(folder / FILE), read_best(folder / BEST_FILE)
    found = {}
    for name in _with_errors(results):
        sds = np.vectorize(lambda key: spread.get(key, math.nan), otypes=[float])(_keys(results, name, digests))
        if np.isfinite(sds).any():
            found[name + SD] = (results[name].dims, sds, results[name].attrs)
    return results.assign(found).assign(dict(_counts(results, digests, best)))


def knows_parameters(results: xr.Dataset) -> bool:
    """Whether errors hold what the calibration of the markets leaves open."""
    return f"total_cost_usd_mean{SD}" in results


def whole_error(results: xr.Dataset, name: str) -> xr.DataArray:
    """The standard error of a figure: of the paths, and of the parameters where it is known."""
    error = results[f"{name}_se"]
    if name + SD not in results:
        return error
    return (error**2 + results[name + SD].fillna(0) ** 2) ** 0.5


def _counts(
    results: xr.Dataset, digests: Mapping[str, str], best: BestDraws
) -> Iterator[tuple[str, tuple[tuple[str, str], Array, dict[str, object]]]]:
    scenarios, options = ([str(v) for v in results[axis].values] for axis in ("scenario", "option"))
    for by in (CHEAPEST_ON_AVERAGE, CHEAPEST_WITH_TAIL) if best.wins else ():
        wins = [[best.wins.get(Choice(digests[s][:DIGITS], o, by), 0) for o in options] for s in scenarios]
        yield by, (("scenario", "option"), np.array(wins), {"units": "draws", "draws": best.draws})


def _with_errors(results: xr.Dataset) -> list[str]:
    return [str(n) for n in results.data_vars if f"{n}_se" in results]


def _keys(results: xr.Dataset, name: str, digests: Mapping[str, str]) -> Array:
    """The key of each element of a figure over (scenario, option), (scenario, input) or three dimensions."""
    figure = results[name]
    labels = [[str(v) for v in results[d].values] for d in figure.dims]
    keys = np.empty(figure.shape, object)
    for at in np.ndindex(figure.shape):
        where = {str(d): labels[i][at[i]] for i, d in enumerate(figure.dims)}
        more = "".join(f"@{where[d]}" for d in ("tail_weight", "input") if d in where)
        keys[at] = Key(digests[where["scenario"]][:DIGITS], TABLE, where.get("option", ""), name + more)
    return keys


def best_as_csv(best: BestDraws) -> str:
    """A line per value that costs least under some draw."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow((*Choice._fields, "wins", "draws"))
    table.writerows((*choice, wins, best.draws) for choice, wins in sorted(best.wins.items()))
    return text.getvalue()


def read_best(file: Path) -> BestDraws:
    """What `best_as_csv` wrote; of no draws if there is no file. Raises `DataError`."""
    if not file.is_file():
        return BestDraws(0, {})
    try:
        lines = list(csv.reader(file.read_text(encoding="utf-8").splitlines()))
        if lines[:1] != [[*Choice._fields, "wins", "draws"]]:
            raise ValueError("other column names")
        wins = {Choice(*line[:-2]): int(line[-2]) for line in lines[1:]}
        (draws,) = {int(line[-1]) for line in lines[1:]} or {0}
        if not all(0 < n <= draws for n in wins.values()):
            raise ValueError("a count that is not between 1 and the number of draws")
        return BestDraws(draws, wins)
    except (OSError, UnicodeDecodeError, csv.Error, ValueError, TypeError) as e:
        fix = "remove the file, or write it again with supplyshock uncertainty --run"
        raise DataError("not a table of best stocks", where=str(file), got=str(e)[:200], fix=fix) from None
