"""Reduces the outcomes of a firm to figures with errors: one option after the other, so memory does not add up."""

from __future__ import annotations

import threading
from math import nan
from typing import Any

import numpy as np
import xarray as xr

from supplyshock_kernels.firm_outputs import (
    BINDING,
    EXTRA,
    FIRST,
    LOST,
    RATE_BINS,
    STOCK_BINS,
    TOTAL,
    WEEKS,
)
from supplyshock_kernels.params import Array

from ...analysis.risk_measures import Estimate, cvar, cvar_influence, event_share, mean, paired, quantile
from ...common.thread_pool import run_all
from .outcome_store import OutcomeStore
from .run import Counts

TAIL = 0.95
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
MONEY = {"lost_value_added_usd": LOST, "extra_cost_usd": EXTRA, "total_cost_usd": TOTAL}
WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Of CVaR95 beside the mean, at which options are compared."""


def option_statistics(
    store: OutcomeStore, scenarios: int, options: int, threads: int = 1
) -> dict[str, tuple[tuple[str, ...], Array]]:
    """Variables over (scenario, option): figures, their standard errors, and paired differences to the book."""
    values: dict[str, Array] = {}
    lock = threading.Lock()
    for s in range(scenarios):
        base = _compared(store, s, 0)

        def reduce(o: int, s: int = s, base: dict[str, Array] = base) -> None:
            figures = {**_stops(store, s, o), **_money(store, s, o), **_against(base, _compared(store, s, o))}
            with lock:
                for name, value in figures.items():
                    shape = (scenarios, options, *np.shape(value))
                    values.setdefault(name, np.full(shape, nan))[s, o] = value

        run_all(reduce, range(options), threads=threads, stop=threading.Event())
    dims = ("scenario", "option")
    return {name: ((*dims, "tail_weight") if x.ndim > len(dims) else dims, x) for name, x in sorted(values.items())}


def _compared(store: OutcomeStore, s: int, o: int) -> dict[str, Array]:
    """What is compared with the book path by path."""
    return {"stop": np.isfinite(store.read(FIRST, s, o)), "total_cost_usd": store.read(TOTAL, s, o)}


def _stops(store: OutcomeStore, s: int, o: int) -> dict[str, float]:
    first, weeks, binding = (store.read(row, s, o) for row in (FIRST, WEEKS, BINDING))
    stopped = np.isfinite(first)
    share, mean_weeks = event_share(stopped), mean(weeks)
    when = quantile(first[stopped], 0.5) if stopped.any() else Estimate(nan, nan)
    bound, slow = binding[np.isfinite(binding)].astype(int), event_share(np.isfinite(binding))
    return {
        "stop_probability": share.value,
        "stop_probability_se": share.se,
        "first_stop_median": when.value,
        "first_stop_median_se": when.se,
        "stop_weeks_mean": mean_weeks.value,
        "stop_weeks_mean_se": mean_weeks.se,
        "stop_weeks_if_stopped": float(weeks[stopped].mean()) if stopped.any() else nan,
        "slow_probability": slow.value,
        "slow_probability_se": slow.se,
        "binding_input_mode": float(np.bincount(bound).argmax()) if len(bound) else nan,
        "binding_share": float(np.bincount(bound).max() / len(bound)) if len(bound) else nan,
    }


def _money(store: OutcomeStore, s: int, o: int) -> dict[str, float]:
    figures: dict[str, float] = {}
    for name, row in MONEY.items():
        x = store.read(row, s, o)
        for ending, e in (("mean", mean(x)), ("p95", quantile(x, TAIL)), ("cvar95", cvar(x, TAIL))):
            figures |= {f"{name}_{ending}": e.value, f"{name}_{ending}_se": e.se}
    return figures


def _against(base: dict[str, Array], own: dict[str, Array]) -> dict[str, Any]:
    """Differences to the book, path by path; of the total cost also at every weight of the tail."""
    stop = paired(base["stop"].astype(float), own["stop"].astype(float))
    before, after = base["total_cost_usd"].astype(float), own["total_cost_usd"].astype(float)
    plain, tail = after - before, cvar_influence(after, TAIL) - cvar_influence(before, TAIL)
    weights = np.stack([1 - np.array(WEIGHTS), np.array(WEIGHTS)])
    spread = np.cov(plain, tail) if len(plain) > 1 else np.full((2, 2), nan)
    variance = np.einsum("iw,ij,jw->w", weights, spread, weights)
    return {
        "stop_probability_difference": stop.value,
        "stop_probability_difference_se": stop.se,
        "total_cost_usd_difference": weights.T @ (plain.mean(), tail.mean()),
        "total_cost_usd_difference_se": np.sqrt(np.maximum(variance, 0) / len(plain)),
    }


def weekly_statistics(counts: Counts, paths: int) -> dict[str, tuple[tuple[str, ...], Array]]:
    """Variables over weeks: the share of paths on which a line stands, quantiles of stocks and of rates."""
    rate_edges = np.arange(RATE_BINS) / (RATE_BINS - 1)
    stock = _quantiles(counts.stock, np.arange(STOCK_BINS) + 0.5) * (counts.top / STOCK_BINS)[..., None, None]
    return {
        "standing_probability": (("scenario", "option", "line", "week"), counts.standing / paths),
        "slow_probability_by_week": (
            ("scenario", "option", "line", "week"),
            1 - counts.rate[..., -1] / paths,
        ),
        "stock_weeks_quantile": (("scenario", "option", "input", "week", "quantile"), stock),
        "rate_quantile": (("scenario", "option", "line", "week", "quantile"), _quantiles(counts.rate, rate_edges)),
    }


def _quantiles(counts: Array, values: Array) -> Array:
    """(..., Q) from counts (..., B) and what the bins stand for."""
    upto = counts.cumsum(-1)
    n = upto[..., -1:]
    bins = np.stack([(upto < np.ceil(q * n)).sum(-1) for q in QUANTILES], -1)
    taken: Array = values[np.minimum(bins, len(values) - 1)]
    return taken


def as_dataset(variables: dict[str, tuple[tuple[str, ...], Array]], coords: dict[str, Any]) -> xr.Dataset:
    """With the units of every variable."""
    data = xr.Dataset({k: (dims, np.asarray(x, float)) for k, (dims, x) in variables.items()}, coords)
    for name in data.data_vars:
        data[name].attrs["units"] = unit_of(str(name))
    return data


def unit_of(name: str) -> str:
    """USD, weeks or a share."""
    return "USD" if "_usd" in name else "weeks" if "weeks" in name or "first_stop" in name else "1"
