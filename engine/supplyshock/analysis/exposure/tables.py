"""What people read of an exposure: sentences and tables that fit 80 columns, and rows for files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from ...common.number_format import day, number
from .at_bound import AT_BOUND
from .best_stock import BestStock, best_stocks, is_of_stocks, target_of
from .captions import money_unit, tail_column
from .figures import FIRST_SHORT
from .parameter_errors import SD, knows_parameters, whole_error

if TYPE_CHECKING:
    import xarray as xr

Table = tuple[list[str], list[list[str]]]
COSTS = "total_cost_usd_difference"
NOT_TESTED = "No stop of a single plant has been back-tested."
OF_MODEL = f"It leaves out errors of the model: the back-test shows those of markets. {NOT_TESTED}"
MOST_INPUTS = 4
"""Columns of inputs that fit on a line of 80 columns."""


def lead(results: xr.Dataset) -> str:
    """The answer in a sentence, of the first scenario and the book as it is."""
    one = results.isel(scenario=0, option=0)
    weeks = int(results.attrs["weeks"])
    stop, slow = (100 * float(one[f"{what}_probability"]) for what in ("stop", "slow"))
    unit, usd = money_unit(results)
    cost, tail = (float(one[f"total_cost_usd_{x}"]) / usd for x in ("mean", "cvar95"))
    where = f"{one['scenario_title'].item()}, {weeks} weeks"
    runs = f"stands on {_percent(stop)} and runs slower on {_percent(slow)}"
    return (
        f"{results.attrs['title']} ({where}): it {runs}. All costs over base prices: "
        f"{cost:,.3g} {unit} on average, {tail:,.3g} {unit} in the worst 5 %."
    )


def advice(results: xr.Dataset) -> str:
    """The costliest scenario, and the best stocks in the first one by the weight of the book; empty without either."""
    return " ".join([*_costliest(results), *_best_stocks(results)])


def _costliest(results: xr.Dataset) -> Iterator[str]:
    costs = results["total_cost_usd_mean"].isel(option=0).values
    worst = int(costs.argmax())
    if worst:
        unit, usd = money_unit(results)
        title = str(results["scenario_title"].values[worst])
        yield f"The costliest scenario is “{title}”: {costs[worst] / usd:,.3g} {unit} on average."


def _best_stocks(results: xr.Dataset) -> Iterator[str]:
    """A sentence for each market whose stocks were swept: the best stock of all its sweeps, and of each other one."""
    weight, costs = float(results.attrs["tail_weight"]), results[COSTS].isel(scenario=0)
    of_market: dict[str, list[BestStock]] = {}
    for b in best_stocks(results.isel(scenario=[0])):
        if b.weight == weight and is_of_stocks(b.sweep):
            of_market.setdefault(b.sweep.partition(".")[0], []).append(b)
    for market, best in of_market.items():
        at = costs.interp(tail_weight=weight)
        first, *rest = sorted(best, key=lambda b: float(at.sel(option=b.option)))
        close = f"; {', '.join(first.open)} are not told apart from it" if first.open else ""
        more = "; more may cost less" if first.at_end else ""
        others = "".join(f"; of those {_kept(b.sweep)}, {b.best}" for b in rest)
        yield (
            f"Of the stocks of {market} tried, {first.best} {_kept(first.sweep)} cost least {_weighing(weight)}"
            f"{close}{more}{others}."
        )


def _kept(sweep: str) -> str:
    """How orders keep a stock of a sweep."""
    target = target_of(sweep)
    return f"used up down to {target}" if target else "kept up at any price"


def sample(results: xr.Dataset) -> str:
    """How many paths the figures are over, and what they are worth where they have weights."""
    about, effective = results.attrs, float(results["effective_paths"].values.min())
    worth = ""
    if effective < int(about["paths"]):
        worth = f"; paths have weights (importance sampling), worth {effective:,.0f} plain ones"
    error = "error of paths and parameters" if knows_parameters(results) else "Monte Carlo error"
    return f"{int(about['paths']):,} paths of {about['weeks']} weeks, seed {about['seed']}{worth}; ± one {error}"


def what_errors_hold(results: xr.Dataset, command: str = "") -> str:
    """A sentence; `command` adds what they do not hold."""
    if knows_parameters(results):
        return f"± holds the number of paths and what the calibration of the markets leaves open. {OF_MODEL}"
    more = f" To add it: {command}" if command else ""
    return f"{NOT_TESTED} ± leaves out what the calibration of the markets leaves open.{more}"


def _percent(x: float) -> str:
    return "no path" if x == 0 else f"{x:.2g} % of paths" if x < 10 else f"{x:.0f} % of paths"


def stops(results: xr.Dataset) -> Table:
    """Of the book as it is, a row for each scenario."""
    header = ["as it is", "stands, %", "first, median", "weeks", "slower, %"]
    rows = []
    for s in range(results.sizes["scenario"]):
        one = results.isel(scenario=s, option=0)
        rows.append([
            str(one["scenario_title"].item()),
            _share(one, "stop_probability"),
            day(_start(results), float(one["first_stop_median"]), float(whole_error(one, "first_stop_median"))),
            _figure(one, "stop_weeks_mean", 1),
            _share(one, "slow_probability"),
        ])  # fmt: skip
    return header, rows


def short(results: xr.Dataset) -> Table:
    """How often each input is the first that slows a line, of the book as it is, a row for each scenario.

    The inputs are those that do so most, at most `MOST_INPUTS`; none if no input ever does.
    """
    one = results[[n for n in results if str(n).startswith(FIRST_SHORT)]].isel(option=0)
    most = one[FIRST_SHORT].max("scenario").values
    chosen = [int(i) for i in np.argsort(-most, kind="stable")[:MOST_INPUTS] if most[i] > 0]
    titles = [str(t) for t in results["scenario_title"].values]
    each = [[_share(one.isel(scenario=s, input=i), FIRST_SHORT) for i in chosen] for s in range(len(titles))]
    header = ["first short of, % of paths", *(str(results["input"].values[i]) for i in chosen)]
    return header, [[title, *cells] for title, cells in zip(titles, each, strict=True) if chosen]


def money(results: xr.Dataset) -> Table:
    """Extra cost and lost value added of the book as it is, a row for each scenario and kind."""
    unit, usd = money_unit(results)
    rows = []
    for s in range(results.sizes["scenario"]):
        one = results.isel(scenario=s, option=0)
        for name, words in (
            ("extra_cost_usd", "extra cost"),
            ("lost_value_added_usd", "lost value added"),
            ("total_cost_usd", "all costs"),
        ):
            figures = [_figure(one, f"{name}_{x}", usd) for x in ("mean", "p95", "cvar95")]
            rows.append([f"{one['scenario_title'].item()}: {words}", *figures])
    return [f"as it is, {unit}", "mean", "95 %", "CVaR95"], rows


def options(results: xr.Dataset, scenario: int) -> Table:
    """What every named option changes, on the same paths."""
    unit, usd = money_unit(results)
    header = [f"{unit} against as it is", "stands, %", "all costs", tail_column(results)]
    one = results.isel(scenario=scenario)
    weight = float(results.attrs["tail_weight"])
    chosen = [o for o, s in enumerate(results["sweep"].values) if o and not str(s)]
    return header, [[str(one["option"].values[o]), *_differences(one.isel(option=o), weight, usd)] for o in chosen]


def curve(results: xr.Dataset, scenario: int, sweep: str) -> Table:
    """Cost against protection along a sweep."""
    one = results.isel(scenario=scenario)
    unit, usd = money_unit(results)
    rows = []
    for o in (o for o, s in enumerate(results["sweep"].values) if str(s) == sweep):
        at = one.isel(option=o)
        rows.append([
            str(at["value"].item()),
            _share(at, "stop_probability"),
            _share(at, "slow_probability"),
            _figure(at, "lost_value_added_usd_mean", usd),
            _figure(at, "total_cost_usd_mean", usd),
            _figure(at, "total_cost_usd_cvar95", usd),
        ])  # fmt: skip
    what = sweep.partition(",")[0].partition(".")[2]
    return [what, "stands, %", "slower, %", f"lost, {unit}", "all costs", "CVaR95"], rows


def sweeps(results: xr.Dataset) -> list[str]:
    """Names of what was swept."""
    return list(dict.fromkeys(str(s) for s in results["sweep"].values if str(s)))


def best_lines(results: xr.Dataset) -> Iterator[tuple[str, str, str]]:
    """(scenario, sweep, sentence) on the best value of a sweep."""
    for b in best_stocks(results):
        yield b.scenario, b.sweep, _sentence(b)


def _sentence(b: BestStock) -> str:
    rest = f"; not told apart from it: {', '.join(b.open)}" if b.open else ""
    wins = f" {_wins(b)}" if b.draws else ""
    end = " It is the last value of the sweep: one beyond it may cost less." if b.at_end else ""
    return f"Best {_weighing(b.weight)}: {b.best}{rest}. {_range(b.lowest_weight, b.highest_weight)}{wins}{end}"


def _weighing(weight: float) -> str:
    return "on average" if weight == 0 else f"with {100 * weight:.0f} % weight on the worst 5 %"


def _wins(b: BestStock) -> str:
    """``Under other market parameters it costs least in 24 of 32 draws, 12 weeks in 8.``"""
    mine = dict(b.wins).get(b.best, 0)
    others = "".join(f", {value} in {n}" for value, n in b.wins if value != b.best)
    return f"Under other market parameters it costs least in {mine} of {b.draws} draws{others}."


def _range(low: float, high: float) -> str:
    """For which weights of the tail a value is the best, in words."""
    if (low, high) == (0.0, 1.0):
        return "It is best whatever the tail counts."
    if high == 0.0:
        return "It is best only where the tail has no weight."
    if low == 1.0:
        return "It is best only where nothing but the tail counts."
    if low == high:
        return f"It is best only for a weight of the tail near {100 * low:.0f} %."
    return f"It stays best for weights of the tail from {100 * low:.0f} % to {100 * high:.0f} %."


def rows(results: xr.Dataset) -> Iterator[dict[str, Any]]:
    """Every figure over (scenario, option), one row each; those of inputs have the input in their name."""
    names = [str(n) for n in results.data_vars if results[n].dims == ("scenario", "option")]
    values = {n: results[n].values for n in names}
    inputs = [str(i) for i in results["input"].values]
    ends = {what: [e for e in ("", "_se", SD) if f"{what}{e}" in results] for what in (FIRST_SHORT, AT_BOUND, COSTS)}
    short = {f"{FIRST_SHORT}_{x}{e}": results[f"{FIRST_SHORT}{e}"].values[:, :, i]
             for i, x in enumerate(inputs) for e in ends[FIRST_SHORT]}  # fmt: skip
    bound = {f"{AT_BOUND}_{x}{e}": results[f"{AT_BOUND}{e}"].values[:, i]
             for i, x in enumerate(inputs) for e in ends[AT_BOUND]}  # fmt: skip
    costs = {f"{COSTS}{e}": results[f"{COSTS}{e}"].sel(tail_weight=0.0).values for e in ends[COSTS]}
    for s, scenario in enumerate(results["scenario"].values):
        for o, option in enumerate(results["option"].values):
            yield {
                "scenario": str(scenario),
                "option": str(option),
                **{n: float(x[s, o]) for n, x in values.items()},
                **{n: float(x[s, o]) for n, x in short.items()},
                **{n: float(x[s]) for n, x in bound.items()},
                **{n: float(x[s, o]) for n, x in costs.items()},
            }


def _start(results: xr.Dataset) -> date:
    return date.fromisoformat(str(results.attrs["start"]))


def _share(one: xr.Dataset, name: str) -> str:
    return number(100 * float(one[name]), 100 * float(whole_error(one, name)))


def _figure(one: xr.Dataset, name: str, unit: float) -> str:
    return number(float(one[name]) / unit, float(whole_error(one, name)) / unit)


def _differences(one: xr.Dataset, weight: float, usd: float) -> list[str]:
    costs = (one[[n for n in one if str(n).startswith(COSTS)]].interp(tail_weight=w) for w in (0.0, weight))
    return [_share(one, "stop_probability_difference"), *(_figure(cost, COSTS, usd) for cost in costs)]
