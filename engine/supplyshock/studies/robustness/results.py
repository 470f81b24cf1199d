"""Results of a robustness study as a data set: figures of policies, every future, and boxes of failure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from supplyshock_kernels.params import Array

from ...analysis.scenario_discovery import Discovery
from ...execution.simulation_settings import SimulationSettings
from ..study_files import provenance_attrs
from .futures import unit_of
from .outcomes import CHOICES, FIGURES, Judged, Summary
from .plan import Criterion, RobustnessPlan

if TYPE_CHECKING:
    import xarray as xr

LONG = {
    "mean": "mean over the futures",
    "p90": "value that 9 of 10 futures do not exceed on the bad side",
    "worst": "value in the worst future",
    "regret_mean": "mean regret: how much worse than the best policy of the same future",
    "regret_floor": "mean regret with the best policy picked on other paths; noise lowers it, and raises regret_mean",
    "regret_p90": "regret that 9 of 10 futures do not exceed",
    "regret_max": "largest regret",
    "best_share": "share of futures in which the policy is best",
    "surely_best_share": "share of futures in which it is best by more than two standard errors",
    "holds_share": "share of futures in which the thresholds hold",
    "open_share": "share of futures within two standard errors of a threshold",
}
BOXES = {
    "failing_share": "share of futures in which a threshold does not hold",
    "chance": "share of shuffled searches with a box as good",
    "coverage": "share of the failures that lie in the box",
    "coverage_se": "standard error",
    "density": "share of the futures in the box that fail",
    "density_se": "standard error",
    "held_out_density": "the same in futures that the search did not see",
    "held_out_coverage": "coverage in futures that the search did not see",
}


def as_dataset(
    plan: RobustnessPlan,
    judged: list[Judged],
    summaries: list[Summary],
    found: dict[int, Discovery],
    settings: SimulationSettings,
) -> xr.Dataset:
    """The data set that `robustness` returns."""
    import xarray as xr

    data = {**_futures(plan, judged), **_figures(summaries), **_choices(summaries), **_boxes(plan, found)}
    return xr.Dataset(data, _coordinates(plan), _attributes(plan, settings))


def failures(judged: list[Judged]) -> Array:
    """(N, P) whether any threshold does not hold."""
    return np.asarray(~np.all([j.holds for j in judged], axis=0))


def _coordinates(plan: RobustnessPlan) -> dict[str, Any]:
    factors, dataset = plan.futures.factors, plan.templates[0].dataset
    return {
        "policy": list(plan.titles),
        "other": list(plan.titles),
        "outcome": [c.name for c in plan.criteria],
        "outcome_title": ("outcome", [c.title for c in plan.criteria]),
        "outcome_unit": ("outcome", [c.measure.unit for c in plan.criteria]),
        "better": ("outcome", ["higher" if c.higher else "lower" for c in plan.criteria]),
        "threshold": ("outcome", [threshold_text(c) for c in plan.criteria]),
        "future": np.arange(1, len(plan.futures.values) + 1),
        "parameter": [f.key for f in factors],
        "parameter_name": ("parameter", plan.futures.names),
        "parameter_unit": ("parameter", [unit_of(f, dataset) for f in factors]),
        "calibrated": ("parameter", [f.key in plan.futures.calibrated for f in factors]),
        "rule": list(CHOICES),
    }


def threshold_text(criterion: Criterion) -> str:
    """``< 8 bn USD, regret < 2 bn USD``; empty without a threshold."""
    unit = criterion.measure.unit
    parts = [f"{criterion.satisfied} {unit}".strip()] if criterion.satisfied else []
    return ", ".join([*parts, f"regret {criterion.regret} {unit}".strip()] if criterion.regret else parts)


def _futures(plan: RobustnessPlan, judged: list[Judged]) -> dict[str, Any]:
    dims = ("future", "policy", "outcome")

    def each(name: str) -> Array:
        return np.stack([getattr(j, name) for j in judged], axis=2)

    return {
        "parameter_value": (("future", "parameter"), plan.futures.values, {"long_name": "value of the parameter"}),
        "value": (dims, each("value"), {"long_name": "the statistic in a future"}),
        "value_se": (dims, each("se"), {"long_name": "standard error of the Monte Carlo"}),
        "regret": (dims, each("regret"), {"long_name": "how much worse than the best policy of the future"}),
        "regret_se": (dims, each("regret_se"), {"long_name": "standard error of the paired difference"}),
        "holds": (dims, each("holds"), {"long_name": "the thresholds of the outcome hold"}),
        "open": (dims, each("open"), {"long_name": "within two standard errors of a threshold"}),
        "fails": (("future", "policy"), failures(judged), {"long_name": "a threshold of any outcome does not hold"}),
    }


def _figures(summaries: list[Summary]) -> dict[str, Any]:
    dims, pairs = ("policy", "outcome"), ("policy", "other", "outcome")
    data: dict[str, Any] = {}
    for name in FIGURES:
        data[name] = (dims, np.stack([s.value[name] for s in summaries], 1), {"long_name": LONG[name]})
        error = np.stack([s.se[name] for s in summaries], 1)
        data[f"{name}_se"] = (dims, error, {"long_name": "standard error: futures drawn again; of an extreme, noise"})
    for name, text in (("beats", ""), ("beats_se", ": standard error"), ("surely_beats", " by over two errors")):
        numbers = np.stack([getattr(s, name) for s in summaries], 2)
        data[name] = (pairs, numbers, {"long_name": f"share of futures in which it is better than the other{text}"})
    return data


def _choices(summaries: list[Summary]) -> dict[str, Any]:
    dims = ("rule", "outcome")
    chosen = np.array([[s.chosen.get(rule, -1) for s in summaries] for rule in CHOICES])
    support = np.array([[s.support.get(rule, np.nan) for s in summaries] for rule in CHOICES])
    return {
        "chosen": (dims, chosen, {"long_name": "number of the policy that a rule names, from 0; -1: no threshold"}),
        "support": (dims, support, {"long_name": "share of resampled futures in which it names the same"}),
    }


def _boxes(plan: RobustnessPlan, found: dict[int, Discovery]) -> dict[str, Any]:
    p, k = len(plan.titles), len(plan.futures.factors)
    numbers = {name: np.full(p, np.nan) for name in BOXES}
    rows = {name: np.full((p, k), np.nan) for name in ("box_low", "box_high", "quasi_p", "repeated")}
    for policy, one in found.items():
        values = {**vars(one), "failing_share": one.failing}
        for name in BOXES:
            numbers[name][policy] = values[name]
        rows["box_low"][policy], rows["box_high"][policy] = one.box.low, one.box.high
        if one.quasi_p is not None and one.repeated is not None:
            rows["quasi_p"][policy], rows["repeated"][policy] = one.quasi_p, one.repeated
    long = {
        "box_low": "lower end of the box; -inf: free", "box_high": "upper end of the box; inf: free",
        "quasi_p": "chance of as many failures without the restriction, the search left out of account",
        "repeated": "share of halves of the futures whose box restricts the parameter",
    }  # fmt: skip
    data: dict[str, Any] = {n: ("policy", x, {"long_name": BOXES[n]}) for n, x in numbers.items()}
    return data | {n: (("policy", "parameter"), x, {"long_name": long[n]}) for n, x in rows.items()}


def _attributes(plan: RobustnessPlan, settings: SimulationSettings) -> dict[str, Any]:
    about = provenance_attrs(plan.templates[0].base, settings)
    digests = ", ".join(t.base.digest for t in plan.templates)
    return {**about, "title": plan.title, "paths": plan.paths, "policy_digests": digests}
