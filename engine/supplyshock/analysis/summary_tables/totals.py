"""The few numbers of each path that regimes, losses and differences need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..estimators import Weights
from ..nonfinite import require_explained
from ..path_values import Array, path_column, path_weights
from .rows import COUNTRIES

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Totals:
    """Per path, of one scenario; float32 but for the regime."""

    scenario: str
    money: dict[str, Array]
    """Lost output and price bill by country, bn USD over the horizon."""
    compute: Array
    """Advanced chips delivered to China, ratio to no control."""
    regime_end: Array
    """Index of the regime in the last week, int8."""
    weight: Weights = None
    """Of each path, with a mean of 1; None where all count alike."""


def read_totals(run: xr.DataTree, scenario: str) -> Totals:
    """The totals of one scenario. Raises `KeyError` for a name or a variable that is not there."""
    outcomes = run["outcomes"].to_dataset().sel(scenario=scenario)
    parties = [str(p) for p in outcomes["party"].values]
    loss = path_column(outcomes["loss_usd_bn"].transpose("path", "party", "sector"), lambda x: x.sum(2))
    bill = path_column(outcomes["price_bill_usd_bn"].transpose("path", "party"), lambda x: x)
    money = {}
    for name, table in (("lost output", loss), ("price bill", bill)):
        for party in reversed(parties):
            label = f"{COUNTRIES.get(party, party)}: {name}"
            money[label] = require_explained(run, table[:, parties.index(party)].copy(), label)
    compute = path_column(outcomes["compute_delivered_ratio"], lambda x: x)
    return Totals(
        scenario,
        money,
        require_explained(run, compute, "compute_delivered_ratio"),
        path_column(outcomes["regime_end"], lambda x: x, "int8"),
        path_weights(outcomes),
    )
