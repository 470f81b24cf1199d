"""What is read off simulated paths: one number a path for each observed point.

A gauge works on any paths, the model's and those of a naive forecast alike, so both are judged by the same rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from supplyshock_kernels.params import Array

from ...analysis.summary_tables.rows import COUNTRIES, PLACES
from ...scenarios.display_names import market_name

if TYPE_CHECKING:
    from .observations import ObservedPoint

DAYS = 7.0


@dataclass(frozen=True)
class SimulatedView:
    """Weekly series and totals of n paths."""

    start: date
    """First day of week 0."""
    series: Mapping[tuple[str, str, str], Array]
    """(T, n) by (quantity, market, bloc); the bloc is empty where there is none."""
    begin: Mapping[tuple[str, str, str], float]
    """Value before week 0, by the same key."""
    totals: Mapping[tuple[str, str], Array]
    """(n,) by (outcome, label)."""

    def weeks(self, point: ObservedPoint) -> tuple[int, int]:
        """First week and one past the last week of a point; the first may lie before the start."""
        low = (point.first - self.start).days // 7
        return low, max(-((self.start - point.end).days // 7), low + 1)


class ObservationOperator(NamedTuple):
    """How a point is read off a view."""

    quantity: str
    """Weekly quantity it needs, or outcome."""
    read: Callable[[SimulatedView, ObservedPoint, str], Array]
    title: str
    market: str = "market"
    """What the market column names: market, chip, regime, or nothing."""
    bloc: str = "bloc"
    """What the bloc column names: bloc, party, or nothing."""
    log: bool = False
    """A ratio: scored in logs, against naive forecasts."""
    curve: bool = False
    """A point on a weekly curve, which a chart can show."""

    def label(self, market: str, bloc: str) -> str:
        """For people."""
        where = COUNTRIES.get(bloc, bloc) if self.bloc == "party" else PLACES.get(bloc, bloc)
        name = market if len(market) < 3 or "," in market or self.market == "regime" else market_name(market)
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


def _peak(view: SimulatedView, point: ObservedPoint, quantity: str) -> Array:
    top: Array = _weeks_of(view, point, quantity).max(0)
    return top


def _peak_week(view: SimulatedView, point: ObservedPoint, quantity: str) -> Array:
    week: Array = _weeks_of(view, point, quantity).argmax(0)
    return week + max(view.weeks(point)[0], 0) + 0.5


def _logs(view: SimulatedView, point: ObservedPoint, market: str) -> Array:
    low, high = view.weeks(point)
    logs: Array = np.log(view.series["price_ratio", market, point.bloc][max(low, 0) : high])
    return logs


def _weekly_sd(view: SimulatedView, point: ObservedPoint, quantity: str) -> Array:
    parts = [w * np.diff(_logs(view, point, m), axis=0).std(0, ddof=1) for m, w in point.weights]
    total: Array = sum(parts[1:], parts[0])
    return total


def _monthly(view: SimulatedView, point: ObservedPoint) -> Array:
    """(months - 1, n) log returns of monthly mean prices."""
    (market, _), *_ = point.weights
    low = max(view.weeks(point)[0], 0)
    days = [view.start + timedelta(weeks=t) for t in range(low, low + len(_logs(view, point, market)))]
    month = np.array([12 * d.year + d.month for d in days])
    price = np.exp(_logs(view, point, market))
    means = np.stack([price[month == m].mean(0) for m in np.unique(month)])
    return np.diff(np.log(means), axis=0)


def _monthly_sd(view: SimulatedView, point: ObservedPoint, quantity: str) -> Array:
    sd: Array = _monthly(view, point).std(0, ddof=1)
    return sd


def _autocorrelation(view: SimulatedView, point: ObservedPoint, quantity: str) -> Array:
    r = _monthly(view, point)
    r = r - r.mean(0)
    found: Array = (r[1:] * r[:-1]).sum(0) / np.maximum((r * r).sum(0), 1e-12)
    return found


def _total(view: SimulatedView, point: ObservedPoint, quantity: str) -> Array:
    return view.totals[quantity, point.bloc or point.market]


GAUGES: dict[str, ObservationOperator] = {
    "quote": ObservationOperator("price_ratio", _mean, "quote of {market} {bloc}", log=True, curve=True),
    "paid": ObservationOperator("paid_price_ratio", _mean, "price paid for {market} {bloc}", log=True, curve=True),
    "exports": ObservationOperator(
        "export_ratio", _mean, "exports of {market} from China", bloc="", log=True, curve=True
    ),
    "wedge": ObservationOperator("price_ratio", _wedge, "{market}: quote outside over Chinese", bloc="", log=True),
    "peak_quote": ObservationOperator("price_ratio", _peak, "highest quote of {market} {bloc}", log=True),
    "peak_week": ObservationOperator("price_ratio", _peak_week, "weeks to the peak of {market} {bloc}"),
    "weekly_sd": ObservationOperator("price_ratio", _weekly_sd, "weekly log SD, {market}, {bloc}"),
    "monthly_sd": ObservationOperator("price_ratio", _monthly_sd, "monthly log SD, {market}, {bloc}"),
    "monthly_autocorrelation": ObservationOperator(
        "price_ratio", _autocorrelation, "monthly autocorrelation, {market}, {bloc}"
    ),
    "lead_time": ObservationOperator(
        "lead_time_weeks", _mean, "lead time of {market}", market="chip", bloc="", log=True, curve=True
    ),
    "peak_lead_week": ObservationOperator(
        "lead_time_weeks", _peak_week, "weeks to the longest lead time", market="chip", bloc=""
    ),
    "stock_days": ObservationOperator(
        "inventory_weeks", _days, "stocks of {market} {bloc}, days", market="chip", log=True
    ),
    "loss": ObservationOperator("loss_usd_bn", _total, "lost output, {bloc}", market="", bloc="party"),
    "actions": ObservationOperator("actions", _total, "weeks with an action, {bloc}", market="", bloc="party"),
    "relaxations": ObservationOperator(
        "relaxations", _total, "weeks with a relaxation, {bloc}", market="", bloc="party"
    ),
    "weeks_in_regime": ObservationOperator("weeks_in_regime", _total, "weeks of {market}", market="regime", bloc=""),
}
