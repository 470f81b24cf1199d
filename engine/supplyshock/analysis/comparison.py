"""What a scenario changes on the same paths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..common.arguments import RESULTS, TEXT, TEXTS, checked
from ..common.errors import UsageError
from . import risk_measures
from .base_prices import base_prices
from .estimators import Weights
from .measures import StoredMeasure, find_measure
from .measures.measure_price import price_of
from .path_values import Array
from .run_groups import Run, require_known, scenarios_of
from .summary_tables.differences import differences_rows
from .summary_tables.losses import TAIL
from .summary_tables.rows import Item, Row, percent, row
from .summary_tables.totals import read_totals
from .tail_risk import refuse_never

if TYPE_CHECKING:
    import pandas as pd

PATHS = ": paths on which it is "
_COLUMNS = {
    "difference": "difference",
    "unpaired se / paired se": "se_ratio",
    "lower": "lower",
    "higher": "higher",
}
COLUMNS = ["difference", "se", "se_ratio", "lower", "higher", "unit"]


@checked(run=RESULTS, scenarios=TEXT, measure=TEXTS)
def compare(run: Run, *scenarios: str, measure: str | Sequence[str] = ()) -> pd.DataFrame:
    """Scenarios compared with the first one named, path by path with common random numbers.

    Parameters
    ----------
    run : xr.DataTree or xr.Dataset
        A run as `open_run` returns it, or its outcomes as a Dataset.
    *scenarios : str
        Names of the baseline and of the scenarios to compare with it. By default all scenarios of the run, the first
        of which is the baseline.
    measure : str or sequence of str, default ()
        One measure or several, with the syntax of `supplyshock.measure`. The result has the mean of each, and the mean
        of its worst 5 % of paths. By default the result has losses, price bills, compute and how runs end.

    Returns
    -------
    pd.DataFrame
        One row for each pair of scenarios and item: the index is (scenario, item), where scenario reads ``other -
        base``. The columns are difference, se (standard error of the difference), se_ratio (standard error of two
        independent runs divided by se), lower and higher (percent of paths on which the measure of the other scenario
        is lower or higher) and unit. difference and se are in unit; for a probability that is percentage points.
        ``attrs["paths"]`` has the number of paths by measure: a measure with a time uses only paths with weekly
        series.

    Raises
    ------
    UsageError
        The run lacks a scenario or measure, there are fewer than two scenarios, or the difference of a measure has no
        mean.

    Examples
    --------
    >>> table = compare(run, "status_quo", "swap_deal", measure="loss:US")
    >>> table.index.to_list()
    [('swap_deal - status_quo', 'loss:US'), ('swap_deal - status_quo', 'loss:US, worst 5 %')]
    >>> compare(run).loc["breakdown - status_quo"].columns.to_list()
    ['difference', 'se', 'se_ratio', 'lower', 'higher', 'unit']
    >>> compare(run, measure="quote:Dy at week 26").attrs["paths"]
    {'quote:Dy at week 26': 10}
    """
    import pandas as pd

    texts = [measure] if isinstance(measure, str) else list(measure)
    comparison = Comparison.of(run, scenarios, texts)
    lines: dict[tuple[str, str], dict[str, float | str]] = {}
    for r in comparison.rows():
        item = r.item.partition(PATHS)[0].partition(OVER)[0]
        line = lines.setdefault((r.scenario, item), {})
        line[_COLUMNS[r.statistic]] = r.value
        if r.statistic == "difference":
            line |= {"se": r.se, "unit": r.unit}
    index = pd.MultiIndex.from_tuples(list(lines), names=["scenario", "item"])
    table = pd.DataFrame(list(lines.values()), index, columns=COLUMNS)
    table.attrs["paths"] = comparison.paths()
    return table


def compare_rows(run: Run, scenarios: Sequence[str] = (), measure: Sequence[str] = ()) -> list[Row]:
    """The figures of `compare`, as `supplyshock.analysis.summary_tables` gives all figures."""
    return Comparison.of(run, scenarios, measure).rows()


OVER = " (paths with series: "
"""In front of the number of paths that a measure with a time is read on."""


@dataclass(frozen=True)
class Comparison:
    """Scenarios, the base first, and measures of them."""

    run: Run
    names: list[str]
    measures: list[StoredMeasure]

    @classmethod
    def of(cls, run: Run, scenarios: Sequence[str], measure: Sequence[str]) -> Comparison:
        """Looks up names; reads no values. Raises `UsageError`."""
        measures = [find_measure(run, text) for text in measure]
        for stored in measures:
            _require_difference(stored)
        return cls(run, base_and_others(run, scenarios), measures)

    def paths(self) -> dict[str, int]:
        """Number of paths by measure."""
        return {m.name: m.paths for m in self.measures}

    def rows(self) -> list[Row]:
        """The figures, by pair of scenarios."""
        if not self.measures:
            return list(_totals(self.run, self.names))
        rows = [r for m in self.measures for r in _measured(m, self.names)]
        order = {f"{name} - {self.names[0]}": i for i, name in enumerate(self.names[1:])}
        return sorted(rows, key=lambda r: order[r.scenario])


def _require_difference(stored: StoredMeasure) -> None:
    about = stored.measure
    if about.has_difference or about.never:  # what never happens is refused with its number of paths
        return
    fix = "a threshold makes a probability of it, such as > 26"
    raise UsageError("a difference of this measure has no mean", where=stored.name, fix=fix)


def base_and_others(run: Run, scenarios: Sequence[str] = ()) -> list[str]:
    """The scenarios to compare, the base first: those named, or all; one named alone is set beside the first.

    Raises `UsageError` for a scenario that is not there and for fewer than two.
    """
    there = scenarios_of(run)
    names = list(dict.fromkeys(require_known(name, there, "scenario") for name in scenarios)) or there
    if len(names) == 1 and names != there[:1]:
        names = [there[0], *names]
    if len(names) < 2:
        listed = f"scenarios of this run: {', '.join(there)}"
        raise UsageError("nothing to compare", expected="two scenarios or more", fix=listed)
    return names


def _totals(run: Run, names: Sequence[str]) -> Iterator[Row]:
    tree = run if isinstance(run, xr.DataTree) else xr.DataTree.from_dict({"outcomes": run})
    base = read_totals(tree, names[0])
    for name in names[1:]:
        yield from differences_rows(base, read_totals(tree, name))


def _measured(stored: StoredMeasure, names: Sequence[str]) -> Iterator[Row]:
    label = stored.name
    over = f"{OVER}{stored.paths:,})" if stored.measure.window else ""
    base_price = price_of(base_prices(stored.run), names[0], stored.measure)
    item = Item(label, stored.measure.label, base_price).plus(over)
    unit = "% points" if stored.measure.is_event else stored.unit
    base, w = refuse_never(stored.read(names[0]), label), stored.weights(names[0])
    for name in names[1:]:
        other, w_other = refuse_never(stored.read(name), label), stored.weights(name)
        pair, both = f"{name} - {names[0]}", (w, w_other)
        yield from _rows(pair, item, risk_measures.paired(base, other, *both), unit)
        if not stored.measure.is_event:
            tails = (risk_measures.cvar_influence(base, TAIL, w), risk_measures.cvar_influence(other, TAIL, w_other))
            yield from _rows(pair, item.plus(", worst 5 %"), risk_measures.paired(*tails, *both), unit)
        for word, hits in (("lower", other < base), ("higher", other > base)):
            yield row("differences", pair, item.plus(f"{PATHS}{word}"), word, percent(_share(hits, *both)), "%")


def _share(hits: Array, w: Weights, w_other: Weights) -> risk_measures.Estimate:
    """Undefined where a path weighs more in one scenario than in the other: the pair then has no weight."""
    same = (w is None and w_other is None) or (w is not None and w_other is not None and np.array_equal(w, w_other))
    return risk_measures.event_share(hits, w) if same else risk_measures.Estimate(nan, nan)


def _rows(pair: str, item: Item, d: risk_measures.Paired, unit: str) -> Iterator[Row]:
    yield Row("differences", pair, item.ids, "difference", d.value, d.se, unit, item.label, item.usd_per_kg_at_1)
    yield Row("differences", pair, item.ids, "unpaired se / paired se", d.gain, nan, "times", item.label)
