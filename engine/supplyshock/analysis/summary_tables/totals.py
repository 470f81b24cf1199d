"""The few numbers of each path that regimes, losses and differences need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..estimators import Weights
from ..nonfinite import require_explained
from ..path_values import Array, path_column, path_weights
from .rows import ABROAD, COUNTRIES

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Totals:
    """Totals per path of one scenario; float32 except for the regime."""

    scenario: str
    money: dict[str, Array]
    """Lost output and price bill by country, bn USD over the horizon."""
    other_money: dict[str, Array]
    """Lost output of other economies, and substitutes by country, likewise."""
    compute: Array
    """Advanced chips delivered to China, ratio to no control."""
    regime_end: Array
    """Index of the regime in the last week, int8."""
    weight: Weights = None
    """The weight of each path, with a mean of 1; None if all have the same weight."""


def read_totals(run: xr.DataTree, scenario: str) -> Totals:
    """The totals of one scenario. Raises `KeyError` for a name or a variable that is not there."""
    outcomes = run["outcomes"].to_dataset().sel(scenario=scenario)
    parties = [str(p) for p in outcomes["party"].values]
    loss = path_column(outcomes["loss_usd_bn"].transpose("path", "party", "sector"), lambda x: x.sum(2))
    abroad = path_column(outcomes["loss_abroad_usd_bn"].transpose("path", "economy"), lambda x: x)
    economies = [str(e) for e in outcomes["economy"].values]
    bill, instead = (
        path_column(outcomes[name].transpose("path", "party"), lambda x: x)
        for name in ("price_bill_usd_bn", "substitution_usd_bn")
    )

    def by_country(name: str, table: Array) -> dict[str, Array]:
        pairs = ((f"{COUNTRIES.get(p, p)}: {name}", table[:, parties.index(p)]) for p in reversed(parties))
        return {label: require_explained(run, column.copy(), label) for label, column in pairs}

    other = {f"{ABROAD.get(e, e)}: lost output": abroad[:, k].copy() for k, e in enumerate(economies)}
    compute = path_column(outcomes["compute_delivered_ratio"], lambda x: x)
    return Totals(
        scenario,
        by_country("lost output", loss) | by_country("price bill", bill),
        {label: require_explained(run, x, label) for label, x in other.items()} | by_country("substitutes", instead),
        require_explained(run, compute, "compute_delivered_ratio"),
        path_column(outcomes["regime_end"], lambda x: x, "int8"),
        path_weights(outcomes),
    )
