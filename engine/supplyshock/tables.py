"""What an analyst wants first: odds, losses, prices, stops and differences, as plain tables of numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from . import risk
from .risk import Array

if TYPE_CHECKING:
    import xarray as xr

SHOWN_REGIMES = ("deal", "truce", "talks", "escalation", "rift")
MOST_MOVED = 6
FOLLOWED = ("Nd", "Dy", "Ga")
"""Markets whose supply outside China is shown."""


@dataclass(frozen=True)
class Table:
    """Rows of labels and numbers; `columns` names them, `note` says how to read them."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    note: str = ""


@dataclass
class Outcomes:
    """The outcomes of one scenario, read a variable at a time: never all of them at once."""

    run: xr.DataTree
    scenario: str
    _cache: dict[tuple[str, tuple[str, ...]], Array] = field(default_factory=dict)

    def get(self, name: str, **where: str) -> Array:
        """Values of one variable over all paths (N, ...), float32."""
        data = self.run["outcomes"][name].sel(scenario=self.scenario, **where)
        key = (name, tuple(where.values()))
        if key not in self._cache:
            self._cache[key] = np.asarray(data.values)
        return self._cache[key]

    def loss(self, party: str) -> Array:
        """(N,) lost output of a party over the horizon, bn USD."""
        return np.asarray(self.get("loss_usd_bn", party=party).sum(-1, dtype=np.float64))


def scenarios_of(run: xr.DataTree) -> list[str]:
    """Names of the scenarios of a run."""
    return [str(s) for s in run["outcomes"]["scenario"].values]


def all_tables(run: xr.DataTree) -> Iterator[Table]:
    """Every table of `show`, in reading order."""
    each = [Outcomes(run, s) for s in scenarios_of(run)]
    yield odds(run, each)
    yield losses(each)
    yield prices(run, each)
    yield stops(run, each)
    yield standing(each)
    if len(each) > 1:
        yield differences(each)


def odds(run: xr.DataTree, each: list[Outcomes]) -> Table:
    """Where the talks end, and whether there ever was a deal or a rift."""
    codes = [str(r) for r in run["outcomes"]["regime"].values]
    rows: list[tuple[Any, ...]] = []
    for o in each:
        end = o.get("regime_end")
        ended = [risk.probability(end == codes.index(r)) for r in SHOWN_REGIMES]
        ever = [risk.probability(~np.isnan(o.get(n))) for n in ("deal_week", "rift_week")]
        rows.append((o.scenario, *ended, *ever))
    columns = ("scenario", *(f"end in {r}" for r in SHOWN_REGIMES), "ever a deal", "ever a rift")
    return Table("Odds", columns, rows, "share of paths ± standard error")


def losses(each: list[Outcomes]) -> Table:
    """Lost output and price bill of each side over the horizon."""
    rows: list[tuple[Any, ...]] = []
    for o in each:
        for party in ("US", "CN"):
            x = o.loss(party)
            q = [risk.quantile(x, p) for p in (0.05, 0.5, 0.95)]
            bill = risk.mean(o.get("price_bill_usd_bn", party=party))
            rows.append((o.scenario, party, risk.mean(x), *q, risk.cvar(x), bill))
    columns = ("scenario", "side", "lost output, mean", "P5", "P50", "P95", "CVaR95", "price bill, mean")
    note = (
        "bn USD over the horizon ± standard error; CVaR95: mean of the worst 5 % of paths; the bill is apart"
    )
    return Table("Losses", columns, rows, note)


def prices(run: xr.DataTree, each: list[Outcomes]) -> Table:
    """Peaks of the markets that move most in any scenario, ranked by P95 of the peak quote."""
    markets = [str(m) for m in run["outcomes"]["market"].values]
    high = np.max([np.quantile(o.get("peak_price_ratio"), 0.95, axis=0) for o in each], axis=0)
    rows: list[tuple[Any, ...]] = []
    for place in np.argsort(-high, axis=None)[:MOST_MOVED]:
        i, b = np.unravel_index(place, high.shape)
        for o in each:
            series = [o.get("peak_price_ratio")[:, i, b]]
            series += [o.get("peak_paid_price_ratio")[:, i]] if b == 1 else []
            found = [risk.quantile(x, p) for x in series for p in (0.5, 0.95)]
            row = (markets[i], "outside" if b == 1 else "China", o.scenario, *found)
            rows.append((*row, *([None] * (4 - len(found)))))
    columns = ("market", "where", "scenario", "peak quote P50", "P95", "peak paid P50", "P95 paid")
    note = "multiples of the baseline price ± standard error; paid: what buyers outside China paid on average"
    return Table(f"Prices: the {MOST_MOVED} nodes that move most", columns, rows, note)


def stops(run: xr.DataTree, each: list[Outcomes]) -> Table:
    """Which industry stops first: share of paths with a stop, and its median first week as a date."""
    sectors = [str(s) for s in run["outcomes"]["sector"].values]
    start = np.datetime64(str(run.attrs["start"]))
    rows: list[tuple[Any, ...]] = []
    for o in each:
        for bloc, place in (("XC", "outside"), ("CN", "China")):
            weeks = o.get("first_stop_week", bloc=bloc)
            length = o.get("stop_weeks", bloc=bloc)
            for i in np.argsort(np.isnan(weeks).mean(0), kind="stable")[:3]:
                stopped = ~np.isnan(weeks[:, i])
                if stopped.any():
                    first = start + np.timedelta64(7 * int(np.nanmedian(weeks[:, i])), "D")
                    share, stop = risk.probability(stopped), risk.mean(length[stopped, i])
                    rows.append((o.scenario, place, sectors[i], share, str(first), stop))
    columns = ("scenario", "where", "sector", "paths with a stop", "median first stop", "weeks, if any")
    note = "a sector has stopped in a week in which a fifth of its output is lost; three sectors a place"
    return Table("Who stops first", columns, rows, note)


def standing(each: list[Outcomes]) -> Table:
    """What each side has left of its leverage at the end."""
    rows = []
    for o in each:
        index = [str(m) for m in o.run["outcomes"]["market"].values]
        share = o.get("ex_china_supply_share")
        outside = [risk.mean(share[:, index.index(m)]) for m in FOLLOWED if m in index]
        rows.append((o.scenario, risk.mean(o.get("compute_delivered_ratio")), *outside))
    columns = ("scenario", "China's gated chips", *(f"{m} made outside" for m in FOLLOWED))
    note = (
        "chips delivered over need without controls, mean over time; share of supply outside China at the end"
    )
    return Table("Leverage", columns, rows, note)


def differences(each: list[Outcomes]) -> Table:
    """Every scenario against the first, path by path."""
    first = each[0]
    rows: list[tuple[Any, ...]] = []
    for o in each[1:]:
        for party in ("US", "CN"):
            gain, unpaired = risk.paired(o.loss(party), first.loss(party))
            ratio = unpaired / gain.se if gain.se > 0 else float("nan")
            rows.append((f"{o.scenario} - {first.scenario}", f"lost output {party}, bn USD", gain, ratio))
        chips, unpaired = risk.paired(o.get("compute_delivered_ratio"), first.get("compute_delivered_ratio"))
        ratio = unpaired / chips.se if chips.se > 0 else float("nan")
        rows.append((f"{o.scenario} - {first.scenario}", "China's gated chips", chips, ratio))
    columns = ("pair", "what", "mean difference", "SE unpaired / paired")
    note = "same random numbers on both sides of a pair; negative: the first named loses less"
    return Table("Differences, path by path", columns, rows, note)
