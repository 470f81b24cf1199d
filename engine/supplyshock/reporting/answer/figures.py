"""The figures of a run by what they are, and the words for its scenarios, markets and days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from ...analysis.run_groups import names_of
from ...analysis.summary_tables.rows import PLACES, Row

if TYPE_CHECKING:
    import xarray as xr

MARKETS = 3
"""Markets of an answer, unless a reader asks for others."""


@dataclass(frozen=True)
class Market:
    """A market in one bloc."""

    id: str
    name: str
    bloc: str
    start: float
    """Median quote of the first week over the base price."""

    @property
    def place(self) -> str:
        """The bloc in words, such as ``outside China``."""
        return PLACES.get(self.bloc, self.bloc)

    @property
    def item(self) -> str:
        """The item of the rows about its quotes, such as ``quote outside China: Dy``."""
        return f"quote {self.place}: {self.id}"


@dataclass(frozen=True)
class Figures:
    """The rows of a run, found by table, scenario, item and statistic."""

    run: xr.DataTree
    rows: Sequence[Row]
    asked: Sequence[str] = ()
    """Markets that a reader names."""

    @cached_property
    def _by_place(self) -> dict[tuple[str, str, str, str], Row]:
        return {(r.table, r.scenario, r.item, r.statistic): r for r in self.rows}

    def get(self, table: str, scenario: str, item: str, statistic: str) -> Row | None:
        """A row; None if it is absent or not a number."""
        row = self._by_place.get((table, scenario, item, statistic))
        return row if row is not None and row.value == row.value else None

    @cached_property
    def scenarios(self) -> list[str]:
        """Names, the baseline first."""
        return [str(s) for s in self.run["outcomes"]["scenario"].to_numpy()]

    @cached_property
    def titles(self) -> dict[str, str]:
        """What people read for each scenario."""
        titles = self.run["inputs"]["scenario_title"].sel(scenario=self.scenarios).to_numpy()
        return {name: str(title) or name for name, title in zip(self.scenarios, titles, strict=True)}

    @property
    def base(self) -> str:
        """The scenario that the others are compared with."""
        return self.scenarios[0]

    @property
    def weeks(self) -> int:
        """Length of the horizon."""
        return int(self.run.attrs["weeks"])

    def day(self, week: float) -> date:
        """The first day of a week."""
        return date.fromisoformat(str(self.run.attrs["start"])) + timedelta(weeks=round(week))

    @cached_property
    def markets(self) -> list[Market]:
        """Those that are asked for in every bloc; else those whose median peak lies furthest above their start."""
        quotes = self.run["summary"]["price_ratio_quantile"].sel(scenario=self.base).isel(time=0)
        first = quotes.sel(quantile=0.5, method="nearest").transpose("market", "bloc")
        ids, blocs = ([str(v) for v in first[axis].to_numpy()] for axis in ("market", "bloc"))
        start, names = first.to_numpy(), names_of(self.run)
        known = [
            Market(m, names.of("market", m), b, float(start[i, j]))
            for i, m in enumerate(ids)
            for j, b in enumerate(blocs)
            if self.get("prices", self.base, f"quote {PLACES.get(b, b)}: {m}", "P95")
        ]
        if self.asked:
            return [m for name in self.asked for m in reversed(known) if m.id == name]
        return sorted(known, key=self._rise, reverse=True)[:MARKETS]

    def _rise(self, market: Market) -> float:
        top = self.get("prices", self.base, market.item, "P50")
        return top.value / market.start if top and market.start > 0 else 0.0

    @cached_property
    def first_to_stop(self) -> Row | None:
        """The industry that stops on most paths of the baseline; None if none does."""
        stops = [r for r in self.rows if (r.table, r.scenario, r.statistic) == ("stops", self.base, "stops")]
        likeliest = max(stops, key=lambda r: r.value, default=None)
        return likeliest if likeliest and likeliest.value > 0 else None
