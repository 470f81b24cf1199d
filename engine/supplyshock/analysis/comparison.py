"""What a scenario changes on the same paths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import nan
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..common.errors import UsageError
from . import risk_measures
from .estimators import Weights
from .measures import Measure, find_measure
from .path_values import Array
from .run_groups import Run, dataset, require_known, scenarios_of, weights_in
from .summary_tables.differences import differences_rows
from .summary_tables.losses import TAIL
from .summary_tables.rows import Row, row
from .summary_tables.totals import read_totals
from .tail_risk import refuse_never

if TYPE_CHECKING:
    import pandas as pd

PATHS = ": paths on which it is "
_COLUMNS = {
    "difference": "difference",
    "unpaired se / paired se": "sharper",
    "lower": "lower",
    "higher": "higher",
}


def compare(run: Run, *scenarios: str, by: str | Sequence[str] = ()) -> pd.DataFrame:
    """Scenarios against the first one named (by default that of the run), path by path on the same luck.

    Indexed by (scenario, item), where scenario reads ``other - base``, with the columns difference, se (its
    standard error), sharper (how many times smaller that is than for two independent runs), lower and higher (% of
    paths on which the measure is) and unit. `by` names measures (see `measure`), each with its mean and the mean of
    its worst 5 %; without it the items are losses, price bills, compute and the odds of the ends.

    >>> table = compare(run, "status_quo", "swap_deal", by="loss:US")
    >>> table.index.to_list()
    [('swap_deal - status_quo', 'loss:US'), ('swap_deal - status_quo', 'loss:US, worst 5 %')]
    >>> compare(run).loc["breakdown - status_quo"].columns.to_list()
    ['difference', 'se', 'sharper', 'lower', 'higher', 'unit']

    Raises `UsageError` for scenarios and measures that are not there, and for fewer than two scenarios.
    """
    import pandas as pd

    wanted = [by] if isinstance(by, str) else list(by)
    lines: dict[tuple[str, str], dict[str, float | str]] = {}
    for r in compare_rows(run, scenarios, wanted):
        line = lines.setdefault((r.scenario, r.item.partition(PATHS)[0]), {})
        line[_COLUMNS[r.statistic]] = r.value
        if r.statistic == "difference":
            line |= {"se": r.se, "unit": r.unit}
    index = pd.MultiIndex.from_tuples(list(lines), names=["scenario", "item"])
    return pd.DataFrame(list(lines.values()), index, columns=["difference", "se", "sharper", "lower", "higher", "unit"])


def compare_rows(run: Run, scenarios: Sequence[str] = (), by: Sequence[str] = ()) -> list[Row]:
    """The figures of `compare`, as `supplyshock.analysis.summary_tables` gives all figures."""
    names = base_and_others(run, scenarios)
    data = dataset(run, "outcomes")
    if not by:
        return list(_totals(run, names))
    measures = [find_measure(data, b) for b in by]
    found = [r for m in measures for r in _measured(data, m, names)]
    order = {f"{name} - {names[0]}": i for i, name in enumerate(names[1:])}
    return sorted(found, key=lambda r: order[r.scenario])


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


def _measured(data: xr.Dataset, found: Measure, names: Sequence[str]) -> Iterator[Row]:
    base, w = refuse_never(found.read(data, names[0]), found.name), weights_in(data, names[0])
    for name in names[1:]:
        other, w_other = refuse_never(found.read(data, name), found.name), weights_in(data, name)
        pair, both = f"{name} - {names[0]}", (w, w_other)
        yield from _rows(pair, found.name, risk_measures.paired(base, other, *both), found.unit)
        tails = (risk_measures.cvar_influence(base, TAIL, w), risk_measures.cvar_influence(other, TAIL, w_other))
        yield from _rows(pair, f"{found.name}, worst 5 %", risk_measures.paired(*tails, *both), found.unit)
        for word, hits in (("lower", other < base), ("higher", other > base)):
            yield row("differences", pair, f"{found.name}{PATHS}{word}", word, _odds(hits, *both), "%", 100)


def _odds(hits: Array, w: Weights, w_other: Weights) -> risk_measures.Estimate:
    """Undefined where a path weighs more in one scenario than in the other: both at once then have no law."""
    same = (w is None and w_other is None) or (w is not None and w_other is not None and np.array_equal(w, w_other))
    return risk_measures.event_share(hits, w) if same else risk_measures.Estimate(nan, nan)


def _rows(pair: str, item: str, d: risk_measures.Paired, unit: str) -> Iterator[Row]:
    yield Row("differences", pair, item, "difference", d.value, d.se, unit)
    yield Row("differences", pair, item, "unpaired se / paired se", d.gain, nan, "times")
