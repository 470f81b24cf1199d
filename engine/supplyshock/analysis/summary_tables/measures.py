"""Measures of each scenario by itself: mean, quantiles and tail mean, or a probability."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ...common.errors import UsageError
from ..base_prices import base_prices
from ..estimators import Estimate, event_share, mean
from ..measures import Measure, StoredMeasure, resolve, run_vocabulary
from ..measures.measure_price import price_of
from ..run_groups import scenarios_of
from ..tail_risk import refuse_never
from .losses import TAIL
from .rows import FEWER, QUANTILES, Item, Row, percent, row
from .weighted_tails import NONE, supported_cvar, supported_quantiles

if TYPE_CHECKING:
    import xarray as xr


def measure_rows(run: xr.DataTree, measures: Sequence[str]) -> list[Row]:
    """Every measure in every scenario, with standard errors.

    One week (`at`) is read from /summary; other times are read from the weekly series of the first paths. The item
    says of how many paths, unless it is of all. Raises `UsageError`.
    """
    names = run_vocabulary(run)
    chosen = [resolve(text, names) for text in measures]
    for measure in chosen:
        check_has_mean(measure)
    return [r for measure in chosen for r in _rows(run, measure)]


def check_has_mean(measure: Measure) -> None:
    """Raises `UsageError` for a measure that is an index."""
    if not measure.row.has_mean and measure.threshold is None:
        raise UsageError("an index has no mean", where=measure.name, fix="such as regime:escalation")


def _rows(run: xr.DataTree, measure: Measure) -> Iterator[Row]:
    item, base = Item(measure.name, measure.label), base_prices(run)
    if is_in_summary(run, measure):
        for name in scenarios_of(run):
            one = run["summary"].to_dataset().sel(scenario=name)
            here = item.plus(_fewer(run, int(one["paths"])))
            yield from _from_summary(one, measure, here._replace(usd_per_kg_at_1=price_of(base, name, measure)), name)
        return
    stored = StoredMeasure(run, measure)
    if measure.window:
        item = item.plus(f"{FEWER}with series: {stored.paths:,})")
    for name in scenarios_of(run):
        item = item._replace(usd_per_kg_at_1=price_of(base, name, measure))
        x, w = stored.read(name), stored.weights(name)
        if measure.is_event:
            yield row("measures", name, item, "probability", percent(event_share(x > 0, w)), "%")
            continue
        x = refuse_never(x, measure.name)
        figures = [mean(x, w), *supported_quantiles(x, list(QUANTILES.values()), w), supported_cvar(x, TAIL, w)]
        for statistic, estimate in zip(("mean", *QUANTILES, "CVaR95"), figures, strict=True):
            yield row("measures", name, item, statistic, estimate, measure.unit)


def is_in_summary(run: xr.DataTree, measure: Measure) -> bool:
    """Whether it is one week of one cell of a weekly variable, which the summary has of all paths."""
    if measure.window is None or not measure.window.single or measure.threshold is not None:
        return False
    there = "regime_probability" if measure.row.rule == "is" else f"{measure.row.weekly}_mean"
    cell = all(step.how == "take" for part in measure.parts for step in part.steps)
    return cell and "summary" in run.children and there in run["summary"].data_vars


def _fewer(run: xr.DataTree, paths: int) -> str:
    """With importance sampling, weekly statistics are of the paths that the scenario itself drew."""
    return f"{FEWER}without a proposal: {paths:,})" if paths < run["outcomes"].sizes["path"] else ""


def _from_summary(summary: xr.Dataset, measure: Measure, item: Item, scenario: str) -> Iterator[Row]:
    assert measure.window is not None
    week = summary.isel(time=measure.window.first).sel(dict(measure.labels))
    if measure.row.rule == "is":
        share = Estimate(float(week["regime_probability"]), float(week["regime_probability_se"]))
        yield row("measures", scenario, item, "probability", percent(share), "%")
        return
    name = measure.row.weekly
    yield row("measures", scenario, item, "mean", _estimate(week, name), measure.unit)
    for statistic, q in QUANTILES.items():
        at = week.sel(quantile=q, method="nearest")
        yield row("measures", scenario, item, statistic, _estimate(at, name, "quantile", "quantile_se"), measure.unit)


def _estimate(week: xr.Dataset, name: str, value: str = "mean", se: str = "se") -> Estimate:
    """Runs made before there was an error of quantiles have none."""
    error = float(week[f"{name}_{se}"]) if f"{name}_{se}" in week else NONE.se
    return Estimate(float(week[f"{name}_{value}"]), error)
