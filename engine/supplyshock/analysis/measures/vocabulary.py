"""The names that a measure can use: the outcomes, weekly variables and labels of a run, or of a scenario."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from supplyshock_kernels.params import REGIMES

from ...scenarios.display_names import DisplayNames
from ...store.variables import EXPOSURE
from ..base_prices import BasePrices, base_prices, usd_per_kg
from ..run_groups import Run, dataset, labels, names_of
from .firm_rows import FIRM_AXES, FIRM_ROWS
from .measure_row import OUTCOME_AXES, WEEKLY_AXES, MeasureRow
from .registry import REGISTRY, stored_row

if TYPE_CHECKING:
    from ...scenarios.exposure.book import Book
    from ...scenarios.scenario import Scenario

Names = Mapping[str, tuple[str, ...]]
_GROUPS = ("outcomes", "paths", "summary")


@dataclass(frozen=True)
class Vocabulary:
    """Names, and the weeks of the run."""

    outcomes: Names
    """Axes by outcome."""
    weekly: Names
    """Axes by weekly variable; empty if the results are one group only."""
    labels: Names
    """Labels by axis."""
    start: date | None = None
    """First day of week 0."""
    weeks: int = 0
    rows: Mapping[str, MeasureRow] = field(default_factory=dict)
    """Measures that these results have, by name."""
    display: DisplayNames = field(default_factory=DisplayNames)
    """What people read in place of labels."""
    base: Callable[[], BasePrices] = dict
    """USD/kg at a price ratio of 1, by scenario and market; read where a text names a price."""

    def of(self, axis: str) -> tuple[str, ...]:
        """Labels along an axis; empty for an axis without names."""
        return self.labels.get(axis, ())


def run_vocabulary(run: Run) -> Vocabulary:
    """The names of a run, or of its outcomes alone. Reads labels only."""
    data = dataset(run, "outcomes")
    groups = [run[g].to_dataset() for g in _GROUPS if g in run.children] if isinstance(run, xr.DataTree) else [data]
    names: dict[str, tuple[str, ...]] = {"regime": REGIMES}
    for group in groups:
        names |= {str(a): tuple(labels(group, str(a))) for a in group.dims if a in group.coords and a != "time"}
    outcomes = {
        str(v): tuple(str(a) for a in data[v].dims if a not in ("scenario", "path"))
        for v in data.data_vars
        if "time" not in data[v].dims
    }
    times = next((g["time"].to_numpy() for g in groups if "time" in g.coords), np.empty(0))
    weekly = WEEKLY_AXES if len(times) else {}
    start = date.fromisoformat(str(times[0])[:10]) if len(times) else None
    rows = _rows(outcomes, weekly)
    own = {v: (data[v].attrs.get("units", ""), data[v].attrs.get("long_name", "")) for v in outcomes if v not in rows}
    rows |= {v: stored_row(v, *about) for v, about in own.items()}
    if isinstance(run, xr.DataTree) and EXPOSURE in run.children:
        firm = run[EXPOSURE].to_dataset()
        names["option"], outcomes, rows = tuple(labels(firm, "option")), {**outcomes, **FIRM_AXES}, rows | FIRM_ROWS
    return Vocabulary(outcomes, weekly, names, start, len(times), rows, names_of(run), lambda: base_prices(run))


def scenario_vocabulary(scenario: Scenario, book: Book | None = None) -> Vocabulary:
    """The names of a scenario that is not simulated yet, and of the firm on its paths."""
    axes = {a for table in (OUTCOME_AXES, WEEKLY_AXES) for axes in table.values() for a in axes}
    names = {a: scenario.labels.of(a) for a in axes}
    rows, outcomes = _rows(OUTCOME_AXES, WEEKLY_AXES), OUTCOME_AXES
    if book is not None:
        names["option"], outcomes, rows = book.axes["option"], {**OUTCOME_AXES, **FIRM_AXES}, rows | FIRM_ROWS
    k = scenario.params.markets
    base = {scenario.name: usd_per_kg(scenario.labels.market, k.value, k.tonnage)}
    return Vocabulary(
        outcomes, WEEKLY_AXES, names, scenario.start, scenario.weeks, rows, scenario.labels.names, lambda: base
    )


def _rows(outcomes: Names, weekly: Names) -> dict[str, MeasureRow]:
    def there(row: MeasureRow) -> bool:
        return all(v in outcomes for v in row.outcomes) and (bool(row.outcomes) or row.weekly in weekly)

    return {name: row for name, row in REGISTRY.items() if there(row)}
