"""Observation operators: measures of the registry over the weeks of an observed point, one number a path.

An operator works on any paths, the model's and those of a naive forecast alike, so the same rule judges both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from supplyshock_kernels.params import Array

from ...analysis.measures import REGISTRY, MeasureRow
from ...analysis.measures.reductions import REDUCE
from ...analysis.summary_tables.rows import COUNTRIES, PLACES
from ...scenarios.display_names import DisplayNames

if TYPE_CHECKING:
    from .observed_point import ObservedPoint

DAYS = 7.0
PUBLISHED = "published losses"
"""The kind of numbers that other models published and nobody observed: they do not count for coverage."""


@dataclass(frozen=True)
class SimulatedView:
    """Weekly series and totals of n paths."""

    start: date
    """First day of week 0."""
    series: Mapping[tuple[str, str, str], Array]
    """(T, n) by (quantity, market, bloc); the bloc is empty if there is none."""
    begin: Mapping[tuple[str, str, str], float]
    """Value before week 0, by the same key."""
    totals: Mapping[tuple[str, str], Array]
    """(n,) by (measure of the registry, label)."""
    names: DisplayNames = field(default_factory=DisplayNames)
    """What people read in place of ids."""

    def day(self, week: int) -> date:
        """First day of a week."""
        return self.start + timedelta(weeks=week)

    def weeks(self, point: ObservedPoint) -> tuple[int, int]:
        """First week and one past the last week of a point; the first may lie before the start."""
        low = (point.first - self.start).days // 7
        return low, max(-((self.start - point.end).days // 7), low + 1)


class ObservationOperator(NamedTuple):
    """A measure of the registry, and how it is read off the weeks of a point."""

    measure: str
    """Name in the registry."""
    read_quantity: Callable[[SimulatedView, ObservedPoint, str], Array]
    title: str
    market: str = "market"
    """The kind of name in the market column: market, chip, regime, or nothing."""
    bloc: str = "bloc"
    """The kind of name in the bloc column: bloc, party, or nothing."""
    log: bool = False
    """A ratio: scored in logs, against naive forecasts."""
    curve: bool = False
    """A point on a weekly curve, which a chart can show."""
    kind: str = "the rest"
    """Group of measures that are judged together; quotes divide by bloc."""
    dated: bool = True
    """True for a point that lies some weeks ahead; a moment of a window does not."""

    @property
    def row(self) -> MeasureRow:
        """The row of the registry."""
        return REGISTRY[self.measure]

    @property
    def is_total(self) -> bool:
        """A total of the run, not a figure of weekly values."""
        return self.read_quantity is _total

    @property
    def quantity(self) -> str:
        """The weekly variable that it needs; for a total, the measure."""
        return self.measure if self.is_total else self.row.weekly

    def read(self, view: SimulatedView, point: ObservedPoint) -> Array:
        """(n,) the number that each path has for a point."""
        return self.read_quantity(view, point, self.quantity)

    def kind_in(self, bloc: str) -> str:
        """The group of a point, by its bloc where that matters."""
        return self.kind + (" in China" if bloc == "CN" else " outside") if self.kind == "quotes" else self.kind

    def label(self, market: str, bloc: str, names: DisplayNames, *, symbols: bool = True) -> str:
        """The label for people; with `symbols` the symbol of an element is kept."""
        where = COUNTRIES.get(bloc, bloc) if self.bloc == "party" else PLACES.get(bloc, bloc)
        kept = (symbols and len(market) < 3) or "," in market or self.market == "regime"
        name = market if kept else names.of("market", market)
        return self.title.format(market=name, bloc=where).strip()


def curve(view: SimulatedView, point: ObservedPoint, quantity: str) -> Array:
    """(T, n) weekly values: the weighted sum over the point's markets."""
    parts = [w * view.series[quantity, m, _bloc(quantity, point)] for m, w in point.weights]
    total: Array = sum(parts[1:], parts[0])
    return total


def before(view: SimulatedView, point: ObservedPoint, quantity: str) -> float:
    """The same before the start."""
    return sum(w * view.begin[quantity, m, _bloc(quantity, point)] for m, w in point.weights)


def _bloc(quantity: str, point: ObservedPoint) -> str:
    return point.bloc if quantity in ("price_ratio", "inventory_weeks") else ""


def _window(view: SimulatedView, point: ObservedPoint, x: Array, begin: float) -> Array:
    """Mean over the point's weeks; weeks before the start count as the start."""
    low, high = view.weeks(point)
    inside = x[max(low, 0) : high]
    total: Array = inside.sum(0) + begin * max(-low, 0)
    return total / (len(inside) + max(-low, 0))


def _mean(view: SimulatedView, point: ObservedPoint, quantity: str) -> Array:
    return _window(view, point, curve(view, point, quantity), before(view, point, quantity))


def _days(view: SimulatedView, point: ObservedPoint, quantity: str) -> Array:
    return DAYS * _mean(view, point, quantity)


def _wedge(view: SimulatedView, point: ObservedPoint, quantity: str) -> Array:
    (market, _), *_ = point.weights
    out, home = (view.series[quantity, market, b] for b in ("XC", "CN"))
    return _window(view, point, out / home, 1.0)


def _weeks_of(view: SimulatedView, point: ObservedPoint, quantity: str) -> Array:
    low, high = view.weeks(point)
    return curve(view, point, quantity)[max(low, 0) : high]


def _reduced(view: SimulatedView, point: ObservedPoint, quantity: str) -> Array:
    """The weeks inside the run by the reduction of the registry."""
    low, _ = view.weeks(point)
    reduce = REDUCE[REGISTRY[OPERATORS[point.measure].measure].reduction]
    return reduce(_weeks_of(view, point, quantity), view.day(max(low, 0)))


def _peak_week(view: SimulatedView, point: ObservedPoint, quantity: str) -> Array:
    """The middle of that week, from the start of the run."""
    return _reduced(view, point, quantity) + max(view.weeks(point)[0], 0) + 0.5


def _weekly_sd(view: SimulatedView, point: ObservedPoint, quantity: str) -> Array:
    """The weighted sum of values over the point's markets."""
    low, high = view.weeks(point)
    first, start = max(low, 0), view.day(max(low, 0))
    each = [w * REDUCE["weekly_sd"](view.series[quantity, m, point.bloc][first:high], start) for m, w in point.weights]
    total: Array = sum(each[1:], each[0])
    return total


def _total(view: SimulatedView, point: ObservedPoint, quantity: str) -> Array:
    return view.totals[quantity, point.bloc or point.market]


OPERATORS: dict[str, ObservationOperator] = {
    "quote": ObservationOperator("quote", _mean, "quote of {market} {bloc}", log=True, curve=True, kind="quotes"),
    "paid": ObservationOperator(
        "paid", _mean, "price paid for {market} {bloc}", log=True, curve=True, kind="price paid"
    ),
    "exports": ObservationOperator(
        "exports", _mean, "exports of {market} from China", bloc="", log=True, curve=True, kind="exports"
    ),
    "wedge": ObservationOperator("wedge", _wedge, "{market}: quote outside over Chinese", bloc="", log=True),
    "peak_quote": ObservationOperator("quote", _reduced, "highest quote of {market} {bloc}", log=True, kind="quotes"),
    "peak_week": ObservationOperator("peak_week", _peak_week, "weeks to the peak of {market} {bloc}"),
    "weekly_sd": ObservationOperator("weekly_sd", _weekly_sd, "weekly log SD, {market}, {bloc}", dated=False),
    "monthly_sd": ObservationOperator("monthly_sd", _reduced, "monthly log SD, {market}, {bloc}", dated=False),
    "monthly_autocorrelation": ObservationOperator(
        "monthly_autocorrelation", _reduced, "monthly autocorrelation, {market}, {bloc}", dated=False
    ),
    "lead_time": ObservationOperator(
        "lead_time", _mean, "lead time of {market}", market="chip", bloc="", log=True, curve=True, kind="lead times"
    ),
    "peak_lead_week": ObservationOperator(
        "peak_lead_week", _peak_week, "weeks to the longest lead time", market="chip", bloc="", kind="lead times"
    ),
    "stock_days": ObservationOperator("stock", _days, "stocks of {market} {bloc}, days", market="chip", log=True),
    "loss": ObservationOperator(
        "loss", _total, "lost output, {bloc}", market="", bloc="party", kind=PUBLISHED, dated=False
    ),
    "actions": ObservationOperator(
        "tightenings", _total, "weeks with an action, {bloc}", market="", bloc="party", kind="counts of policy"
    ),
    "relaxations": ObservationOperator(
        "relaxations", _total, "weeks with a relaxation, {bloc}", market="", bloc="party", kind="counts of policy"
    ),
    "weeks_in_regime": ObservationOperator(
        "weeks", _total, "weeks of {market}", market="regime", bloc="", kind="counts of policy"
    ),
}
"""By the name of the column `measure` of configs/observed.csv; each reads a measure of the registry. A mean over the
weeks of a point is `MEASURE mean from DATE to DATE`; weeks before the start count as the start."""


def point_label(point: ObservedPoint, names: DisplayNames, *, symbols: bool = True) -> str:
    """For people: ``quote of Nd outside China``; without symbols ``quote of Neodymium outside China``."""
    return OPERATORS[point.measure].label(point.short_market, point.bloc, names, symbols=symbols)
