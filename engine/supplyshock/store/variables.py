"""Which variables the groups of results.zarr have: names, dimensions, units, chunks. One table, no files."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil
from typing import Any

from supplyshock_kernels.outputs import OUTCOMES, SERIES_ONLY, WEEKLY, Rows, outcome_rows
from supplyshock_kernels.params import REGIMES, Params

from .partition import SERIES_CHUNK, Plan
from .proposal import Proposal
from .variable_attributes import VariableAttributes, outcome_name, weekly_name

LOG_WEIGHT = "log_weight"
"""Outcome of runs with importance sampling: the logarithm of a path's weight, up to a constant."""
QUANTILES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)

PAIRED = {
    "loss_usd_bn": "sector",
    "price_bill_usd_bn": None,
    "unmet_weeks_of_use": None,
    "compute_delivered_ratio": None,
}
"""Outcomes whose differences are kept path by path, and the axis they are summed over."""

UNPAIRED = {"peak_week", "first_stop_week", "regime_end", "deal_week", "rift_week", "theta"}
"""Outcomes whose difference has no mean: they may never happen, are a label, or are the same."""


@dataclass(frozen=True)
class Variable:
    """One array of a group; sizes of `dims` come from the coordinates, `path` from the plan."""

    group: str
    name: str
    dims: tuple[str, ...]
    units: str
    long_name: str
    dtype: str = "float32"
    path_chunk: int | None = None
    path_shard: int | None = None
    attrs: dict[str, Any] = field(default_factory=dict)


def variables(plan: Plan) -> list[Variable]:
    """Every variable that blocks, summaries and pairs fill; /inputs has a table of its own."""
    found = _summary() + _outcomes(plan)
    if plan.save_series:
        found += _series(plan)
    if len(plan.scenarios) > 1:
        found += _pairs(plan)
    return found


def series_shard(plan: Plan) -> int:
    """Paths in one file of a weekly series: those of a chunk of outcomes, or all when fewer are kept."""
    return _round_up(min(plan.layout.chunk, plan.save_series), SERIES_CHUNK)


def _summary() -> list[Variable]:
    found = []
    for w in WEEKLY:
        name, dims = weekly_name(w.name), ("time", *w.axes)
        for ending, extra, text in (
            ("mean", (), "mean over all paths"),
            ("se", (), "standard error of the mean over all paths"),
            ("quantile", ("quantile",), "quantile over all paths"),
        ):
            long_name = f"{name.long_name}: {text}"
            full = ("scenario", *extra, *dims)
            found.append(Variable("summary", f"{w.name}_{ending}", full, name.units, long_name, "float64"))
    shares = ("scenario", "time", "regime")
    count = "paths the summary is over"
    clipped = "values outside the grid of the quantiles; they count at its ends"
    return found + [
        Variable("summary", "regime_probability", shares, "1", "share of paths in the regime", "float64"),
        Variable("summary", "regime_probability_se", shares, "1", "standard error of that share", "float64"),
        Variable("summary", "paths", ("scenario",), "1", count, "float64"),
        Variable("summary", "clipped_values", ("scenario",), "1", clipped, "float64"),
    ]


def _outcomes(plan: Plan) -> list[Variable]:
    cut = (plan.layout.chunk, plan.layout.shard if plan.layout.sharded else None)
    table = [(o.name, o.axes) for o in OUTCOMES] + ([(LOG_WEIGHT, ())] if plan.proposal else [])
    return [
        _variable("outcomes", name, ("scenario", "path", *axes), outcome_name(name), cut, plan.mantissa_bits)
        for name, axes in table
    ]


def _series(plan: Plan) -> list[Variable]:
    cut = (SERIES_CHUNK, series_shard(plan))
    table = [*((w.name, w.axes) for w in WEEKLY), *SERIES_ONLY]
    return [
        _variable("paths", name, ("scenario", "path", "time", *axes), weekly_name(name), cut, plan.mantissa_bits)
        for name, axes in table
    ]


def _pairs(plan: Plan) -> list[Variable]:
    found = []
    cut = (plan.layout.chunk, plan.layout.shard if plan.layout.sharded else None)
    for o in OUTCOMES:
        if o.name in UNPAIRED:
            continue
        name = outcome_name(o.name)
        text = f"difference of: {name.long_name}"
        for ending, how in (("mean", "mean"), ("se", "standard error of the mean")):
            long_name = f"{text}; {how} over all paths"
            found.append(Variable("pairs", f"{o.name}_{ending}", ("pair", *o.axes), name.units, long_name, "float64"))
        if o.name in PAIRED:
            axes = tuple(a for a in o.axes if a != PAIRED[o.name])
            found.append(_variable("pairs", o.name, ("pair", "path", *axes), VariableAttributes(name.units, text), cut))
    return found


def _variable(
    group: str, name: str, dims: tuple[str, ...], said: VariableAttributes, cut: tuple[int, int | None], bits: int = 0
) -> Variable:
    attrs: dict[str, Any] = {"mantissa_bits_kept": bits} if bits else {}
    if name in ("regime", "regime_end"):
        attrs |= {"flag_values": list(range(len(REGIMES))), "flag_meanings": " ".join(REGIMES)}
    return Variable(group, name, dims, said.units, said.long_name, "float32", *cut, attrs)


def shape(variable: Variable, size: dict[str, int], paths: int) -> tuple[int, ...]:
    """Shape of a variable; its `path` axis has `paths` entries."""
    return tuple(paths if d == "path" else size[d] for d in variable.dims)


def chunks(variable: Variable, size: dict[str, int]) -> tuple[tuple[int, ...], tuple[int, ...] | None]:
    """Chunk and shard of a variable: one scenario or pair each, cut along `path` only."""

    def cut(path: int) -> tuple[int, ...]:
        return tuple(1 if d in ("scenario", "pair") else path if d == "path" else size[d] for d in variable.dims)

    chunk, shard = cut(variable.path_chunk or 1), cut(variable.path_shard or 1)
    return chunk, shard if variable.path_shard else None


def _round_up(x: int, step: int) -> int:
    return ceil(x / step) * step


def stored_rows(params: Params, proposal: Proposal | None) -> tuple[Rows, ...]:
    """Rows of the outcomes of a run: with a proposal, the logarithm of a path's weight is the last."""
    rows = outcome_rows(params)
    return (*rows, Rows(LOG_WEIGHT, rows[-1].stop, (), ())) if proposal else rows
