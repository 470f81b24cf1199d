"""Reduces the outcomes of a firm to figures with errors: some options after the other, so memory does not add up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from math import nan
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from ...common.errors import UsageError
from ...common.thread_pool import run_all
from ...store.variables import EXPOSURE
from ..estimators import Weights, effective_paths, influence
from ..path_values import Array, require_no_missing, value_blocks
from ..risk_measures import Estimate, cvar_influence, event_share, mean, paired, quantile, tail_terms
from ..run_groups import names_of, weights_in
from .at_bound import quotes_at_bound
from .captions import first_day_prices

TAIL = 0.95
WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Of CVaR95 beside the mean, at which options are compared."""
AT_ONCE = 2**26
"""Bytes of an outcome that are in memory at a time: all options of some 100,000 paths, or fewer of more."""
FIRST_SHORT = "first_short_probability"
"""Of an input: the share of paths on which it is the first that slows a line."""
INNER = dict.fromkeys((FIRST_SHORT, f"{FIRST_SHORT}_se"), "input")
"""Third dimension of figures that have another one than the weights of the tail."""
OF_RUN = ("start", "weeks", "paths", "seed")


def has_exposure(run: xr.DataTree) -> bool:
    """Whether a firm is attached to the run."""
    return EXPOSURE in run.children


def exposure_of(run: xr.DataTree, threads: int = 1) -> xr.Dataset:
    """What a run says of its firm: outcomes over (scenario, path, option), and figures with errors.

    Figures are over (scenario, option), such as ``stop_probability`` with the error ``stop_probability_se``, and use
    the weights of paths; ``effective_paths`` says how many paths of equal weight they are worth.
    ``quote_at_bound_probability`` is over (scenario, input). Statistics of weeks are over all paths, with importance
    sampling over its plain ones. Raises `UsageError` for a run without a book.
    """
    if not has_exposure(run):
        fix = "give the run a book: supplyshock run CONFIG... --book plant.yaml, or supplyshock exposure"
        raise UsageError("no firm is attached to this run", expected="a run with a book", fix=fix)
    data = run[EXPOSURE].to_dataset()
    outcomes = run["outcomes"].to_dataset()
    names = [str(s) for s in data["scenario"].values]
    weights = [weights_in(outcomes, name) for name in names]
    figures = _figures([_Scenario(data.isel(scenario=i), w) for i, w in enumerate(weights)], threads)
    coords = {"tail_weight": list(WEIGHTS), **_titles(run, data)}
    effective = [float(data.sizes["path"]) if w is None else effective_paths(w) for w in weights]
    more = xr.Dataset({**figures, "effective_paths": ("scenario", effective)}, coords)
    for name in more.data_vars:
        more[name].attrs["units"] = _unit_of(str(name))
    whole = xr.merge([data.set_coords(["sweep", "value"]), more], combine_attrs="override")
    whole = whole.assign(first_day_prices(run, data)).assign(quotes_at_bound(run, data, weights))
    whole.attrs = {k: v for k, v in data.attrs.items() if k != "long_name"} | {k: run.attrs[k] for k in OF_RUN}
    return whole


def _titles(run: xr.DataTree, data: xr.Dataset) -> dict[str, Any]:
    titles = [str(t) for t in run["inputs"].to_dataset()["scenario_title"].values]
    names, inputs = [str(s) for s in data["scenario"].values], [str(i) for i in data["input"].values]
    display = names_of(run)
    return {
        "scenario": names,
        "scenario_title": ("scenario", [t or n for t, n in zip(titles, names, strict=True)]),
        "input": inputs,
        "input_title": ("input", [display.of("market", i) for i in inputs]),
    }


class _Scenario(NamedTuple):
    """The outcomes of a firm in a scenario, and the weights of the paths."""

    data: xr.Dataset
    w: Weights

    def columns(self, name: str, options: slice) -> Array:
        """(O, n) float32 of some options. Raises `StoreError` where values are missing that may not be."""
        some = self.data[name].isel(option=options)
        some.encoding = self.data[name].encoding
        rows = np.empty((some.sizes["option"], some.sizes["path"]), some.dtype)
        start = 0
        for block in value_blocks(some):
            rows[:, start : (start := start + len(block))] = block.T
        return rows if name in ("first_stop_week", "binding_input") else require_no_missing(rows, f"{EXPOSURE}/{name}")


def _figures(scenarios: list[_Scenario], threads: int) -> dict[str, tuple[tuple[str, ...], Array]]:
    """Variables over (scenario, option): figures, their standard errors, and paired differences to the book."""
    values: dict[str, Array] = {}
    options = scenarios[0].data.sizes["option"]
    for s, scenario in enumerate(scenarios):
        for o, figures in _of_options(scenario, options, threads):
            for name, value in figures.items():
                shape = (len(scenarios), options, *np.shape(value))
                values.setdefault(name, np.full(shape, nan))[s, o] = value
    dims = ("scenario", "option")
    return {
        name: ((*dims, INNER.get(name, "tail_weight")) if x.ndim > len(dims) else dims, x)
        for name, x in sorted(values.items())
    }


def _of_options(one: _Scenario, options: int, threads: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """Every option and its figures. No outcome is read twice."""
    size = max(1, AT_ONCE // (4 * one.data.sizes["path"]))
    book: _Book | None = None
    for start in range(0, options, size):
        some = slice(start, min(start + size, options))
        first, cost = (one.columns(name, some) for name in ("first_stop_week", "total_cost_usd"))
        book = book or _Book.of(first[0], cost[0], one.w)
        parts = [_each(partial(_compared, one.w, book), (first, cost), threads)]
        weeks, binding = (one.columns(name, some) for name in ("stop_weeks", "binding_input"))
        stops = partial(_stops, one.w, one.data.sizes["input"])
        parts.append(_each(stops, (first, weeks, binding), threads))
        del first, cost, weeks, binding
        for name in ("lost_value_added_usd", "extra_cost_usd"):
            parts.append(_each(partial(_money, one.w, name), (one.columns(name, some),), threads))
        for o, of_option in enumerate(zip(*parts, strict=True), start):
            yield o, {name: value for part in of_option for name, value in part.items()}


def _each(figures_of: Callable[..., dict[str, Any]], columns: tuple[Array, ...], threads: int) -> list[dict[str, Any]]:
    """The figures of each option from its rows of the columns."""
    figures: list[dict[str, Any]] = [{}] * len(columns[0])

    def work(i: int) -> None:
        figures[i] = figures_of(*(column[i] for column in columns))

    run_all(work, range(len(figures)), threads=threads, stop=threading.Event())
    return figures


class _Book(NamedTuple):
    """The book as it is, on the paths of a scenario: what every option is compared with."""

    stopped: Array
    """(n,) 1 where a line stands, else 0."""
    cost: Array
    """(n,) all costs, float64."""
    tail: Array
    """(n,) what each path adds to CVaR95 of them."""

    @classmethod
    def of(cls, first: Array, cost: Array, w: Weights) -> _Book:
        return cls(np.isfinite(first).astype(float), cost.astype(float), cvar_influence(cost, TAIL, w))


def _stops(w: Weights, inputs: int, first: Array, weeks: Array, binding: Array) -> dict[str, Any]:
    stopped, slowed = np.isfinite(first), np.isfinite(binding)
    mine = None if w is None else w[stopped]
    share, mean_weeks, slow = event_share(stopped, w), mean(weeks, w), event_share(slowed, w)
    when = quantile(first[stopped], 0.5, mine) if stopped.any() else Estimate(nan, nan)
    short = [event_share(binding == i, w) for i in range(inputs)]
    return {
        "stop_probability": share.value,
        "stop_probability_se": share.se,
        "first_stop_median": when.value,
        "first_stop_median_se": when.se,
        "stop_weeks_mean": mean_weeks.value,
        "stop_weeks_mean_se": mean_weeks.se,
        "stop_weeks_if_stopped": mean(weeks[stopped], mine).value if stopped.any() else nan,
        "slow_probability": slow.value,
        "slow_probability_se": slow.se,
        FIRST_SHORT: np.array([one.value for one in short]),
        f"{FIRST_SHORT}_se": np.array([one.se for one in short]),
    }


def _money(w: Weights, name: str, x: Array) -> dict[str, float]:
    """Mean, 95 % quantile and CVaR95 of a sum."""
    return _money_and_tail(w, name, x)[0]


def _money_and_tail(w: Weights, name: str, x: Array) -> tuple[dict[str, float], Array]:
    """`_money`, and what each path adds to the CVaR95."""
    at = quantile(x, TAIL, w)
    tail = tail_terms(x, at.value, TAIL)
    figures: dict[str, float] = {}
    for ending, e in (("mean", mean(x, w)), ("p95", at), ("cvar95", mean(tail, w))):
        figures |= {f"{name}_{ending}": e.value, f"{name}_{ending}_se": e.se}
    return figures, tail


def _compared(w: Weights, book: _Book, first: Array, cost: Array) -> dict[str, Any]:
    """Figures of all costs, and differences to the book, path by path; of the costs at every weight of the tail."""
    figures, terms = _money_and_tail(w, "total_cost_usd", cost)
    stop = paired(book.stopped, np.isfinite(first).astype(float), w, w)
    plain = influence(cost - book.cost, w)
    tail = influence(terms - book.tail, w)
    weights = np.stack([1 - np.array(WEIGHTS), np.array(WEIGHTS)])
    spread = np.cov(plain, tail) if len(plain) > 1 else np.full((2, 2), nan)
    variance = np.einsum("iw,ij,jw->w", weights, spread, weights)
    return figures | {
        "stop_probability_difference": stop.value,
        "stop_probability_difference_se": stop.se,
        "total_cost_usd_difference": weights.T @ (plain.mean(), tail.mean()),
        "total_cost_usd_difference_se": np.sqrt(np.maximum(variance, 0) / len(plain)),
    }


def _unit_of(name: str) -> str:
    """USD, weeks, a number of paths, or a share."""
    if name == "effective_paths":
        return "paths"
    return "USD" if "_usd" in name else "weeks" if "weeks" in name or "first_stop" in name else "1"
