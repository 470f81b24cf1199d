"""The bargain: rare-earth access against chip access, every combination on common random numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from supplyshock_kernels.params import PARTIES, Array

from ..common.errors import UsageError
from ..common.progress import Progress
from ..execution.simulation_settings import SimulationSettings
from ..scenarios.scenario import Scenario
from .bargaining_set import SIGMAS, both_gain, frontier, nash, resampled
from .batch_simulation import ScenarioMeans, simulate_many
from .concessions import Lists, choose_lists, with_concession
from .measures import MeasureColumns, study_measures
from .study_files import provenance_attrs

if TYPE_CHECKING:
    import xarray as xr

MOST = 101


@dataclass(frozen=True)
class Bargain:
    """A square of concessions."""

    base: Scenario
    """The scenario without a deal: the reference of all gains."""
    deal: Scenario
    """The scenario that gets the concessions: `base`, or one with a deal."""
    lists: Lists
    shares: Array
    """(n,) concessions of each side, 0 to 1."""


def plan_bargain(
    base: Scenario, deal: Scenario | None = None, *, grid: int = 11, china: Sequence[str] = (), us: Sequence[str] = ()
) -> Bargain:
    """The square of ``grid x grid`` concessions. Raises `UsageError`; simulates nothing."""
    if not 2 <= grid <= MOST:
        raise UsageError("out of range", where="--grid", expected=f"2 to {MOST}", got=str(grid))
    deal = deal or base
    if (deal.labels, deal.weeks, deal.start) != (base.labels, base.weeks, base.start):
        raise UsageError(
            "the two scenarios cannot be compared", where="--swap-config", expected="the start, weeks and data of BASE"
        )
    lists = choose_lists(base.labels, base.params, china, us)
    return Bargain(base, deal, lists, np.linspace(0.0, 1.0, grid))


def run_bargain(bargain: Bargain, settings: SimulationSettings, progress: Progress | None = None) -> xr.Dataset:
    """Gains, leverage, zone, frontier and the Nash point on the square (`dataset`). Raises as `simulate_many`."""
    labels, deal = bargain.base.labels, bargain.deal.params
    cells = [bargain.base.params]
    cells += [with_concession(deal, labels, bargain.lists, c, u) for c in bargain.shares for u in bargain.shares]
    measures = study_measures(_names(labels.market), bargain.deal)
    return dataset(bargain, simulate_many(cells, MeasureColumns(measures), settings, progress), settings)


def _names(markets: Sequence[str]) -> list[str]:
    money = [f"{kind}:{p}" for kind in ("loss", "bill", "cost") for p in PARTIES]
    return [*money, "compute", *(f"hold:{m}" for m in markets)]


def dataset(bargain: Bargain, means: ScenarioMeans, settings: SimulationSettings) -> xr.Dataset:
    """On (china, us): gain, loss_gain, bill_gain (party), compute_change, hold_change (market), each with `_se`;
    both_gain, frontier, nash, frontier_share, nash_share. Gains are losses, bills and substitutes avoided, bn USD over
    the horizon.
    """
    import xarray as xr

    gated = "exempted share of its gated trade"
    long_names = {"china": f"rare-earth access from China: {gated}", "us": f"chip access from the US: {gated}"}
    coords: dict[str, Any] = {axis: (axis, bargain.shares, {"long_name": text}) for axis, text in long_names.items()}
    coords |= {"party": list(PARTIES), "market": list(bargain.base.labels.market)}
    data = _effects(means) | _agreement(means, settings.seed) | _without(bargain, means)
    return xr.Dataset(data, coords, _attrs(bargain, settings))


def _square(means: ScenarioMeans) -> int:
    return int((len(means.mean) - 1) ** 0.5 + 0.5)


def _effects(means: ScenarioMeans) -> dict[str, Any]:
    """Differences of every cell from the scenario without a deal."""
    n, data = _square(means), {}
    tables = [x[1:].T.reshape(-1, n, n) for x in (means.difference, means.difference_se)]
    for name, (rows, sign, dims, units, long_name) in _VARIABLES.items():
        for ending, table in (("", sign * tables[0]), ("_se", tables[1])):
            x = table[rows] if dims else table[rows][0]
            text = f"standard error of: {long_name}" if ending else long_name
            data[name + ending] = ((*dims, "china", "us"), x + 0.0, {"units": units, "long_name": text})
    return data


def _agreement(means: ScenarioMeans, seed: int) -> dict[str, Any]:
    """Where both gain, the frontier, the Nash point, and their shares of bootstrap samples."""
    n = _square(means)
    gain = -means.difference[1:, _COST].T.reshape(2, n, n)
    se = means.difference_se[1:, _COST].T.reshape(2, n, n)
    groups = -means.groups[1:].transpose(1, 2, 0)[:, _COST]
    chosen, best = np.zeros(n * n, bool), nash(gain)
    if best is not None:
        chosen[best] = True
    shares = resampled(groups, seed=seed)
    resamples = "share of bootstrap samples in which the cell is"
    variables = {
        "both_gain": (
            both_gain(gain, se),
            f"1: both gain by more than {SIGMAS:g} standard errors; -1: one side loses by more; 0: unclear",
        ),
        "frontier": (frontier(gain), "no cell is better for one side and no worse for the other"),
        "nash": (chosen, "largest product of both gains"),
        "nash_share": (shares[0], f"{resamples} the Nash point"),
        "frontier_share": (shares[1], f"{resamples} on the frontier"),
    }
    return {
        name: (("china", "us"), np.reshape(x, (n, n)), {"units": "1", "long_name": long_name})
        for name, (x, long_name) in variables.items()
    }


def _without(bargain: Bargain, means: ScenarioMeans) -> dict[str, Any]:
    """Values without a deal."""
    base, market = means.mean[0], bargain.base.params.markets
    reference = "without a deal"
    return {
        "is_material": ("market", np.asarray(market.group < 3), {"long_name": "not a chip"}),
        "value_usd_bn_week": (
            "market",
            market.value,
            {"units": "1e9 USD week-1", "long_name": "world use at baseline"},
        ),
        "base_cost_usd_bn": ("party", base[_COST], {"units": "1e9 USD", "long_name": f"losses and bills {reference}"}),
        "base_loss_usd_bn": ("party", base[slice(0, 2)], {"units": "1e9 USD", "long_name": f"lost output {reference}"}),
        "base_compute": ((), base[6], {"units": "1", "long_name": f"compute delivered to China {reference}"}),
        "base_hold": (
            "market",
            base[7:],
            {"units": "1", "long_name": f"China's share of supply at the end {reference}"},
        ),
    }


_COST = slice(4, 6)
_VARIABLES: dict[str, tuple[slice, float, tuple[str, ...], str, str]] = {
    "gain": (_COST, -1.0, ("party",), "1e9 USD", "lost output, price bill and substitutes avoided, against no deal"),
    "loss_gain": (slice(0, 2), -1.0, ("party",), "1e9 USD", "lost output avoided, against no deal"),
    "bill_gain": (slice(2, 4), -1.0, ("party",), "1e9 USD", "price bill avoided, against no deal"),
    "compute_change": (slice(6, 7), 1.0, (), "1", "compute delivered to China, against no deal"),
    "hold_change": (slice(7, None), 1.0, ("market",), "1", "China's share of supply at the end, against no deal"),
}


def _attrs(bargain: Bargain, settings: SimulationSettings) -> dict[str, Any]:
    deal = bargain.deal
    return {
        "title": "supplyshock: rare-earth access against chip access, on common random numbers",
        "deal": deal.name,
        "deal_title": deal.title or deal.name,
        "deal_digest": deal.digest,
        "china_lists": ", ".join(bargain.lists.china),
        "us_lists": ", ".join(bargain.lists.us),
        **provenance_attrs(bargain.base, settings),
    }
