"""The data of the page, as plain numbers and texts."""

from __future__ import annotations

from datetime import date
from math import ceil, isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...analysis.base_prices import base_prices, base_words
from ...analysis.path_values import Array, require_no_missing
from ...analysis.price_bound import PRICE_BOUND
from ...analysis.run_groups import names_of
from ...analysis.summary_tables import headline
from ...analysis.summary_tables.parameter_errors import with_parameter_sd
from ...analysis.summary_tables.rows import COUNTRIES, PLACES
from ...scenarios.display_names import PARAMETERS, DisplayNames
from ..answer.figures import Figures
from ..answer.sentences import how_sure, sentences
from .backtest import Backtest
from .drivers import drivers
from .elasticity import along_elasticity, published
from .firm import firm
from .path_samples import calendar, distributions, holds, sector_losses
from .provenance import provenance, sources
from .stories import stories as stories_of

if TYPE_CHECKING:
    import xarray as xr

FAN = (0.05, 0.25, 0.5, 0.75, 0.95)
MOST_NUMBERS = 500_000
"""Numbers of the fans on the page, at about five bytes each; longer or more runs show every second week, or fewer."""


def collect(
    run: xr.DataTree, *, stories: bool = True, backtest: Backtest | None = None, folder: Path | None = None
) -> dict[str, Any]:
    """Reads a run, variable by variable, into a mapping for JSON; NaN and infinity become None.

    `folder` is that of the run, where it may hold what parameters leave open of its figures.
    """
    summary, outcomes = run["summary"].to_dataset(), run["outcomes"].to_dataset()
    names = [str(s) for s in outcomes["scenario"].values]
    rows = with_parameter_sd(run, folder, headline(run))
    figures = Figures(run, rows)
    step, display = _step(summary, len(names)), names_of(run)
    page = {
        "about": _about(run, names),
        "scenarios": _scenarios(run, names),
        "markets": _markets(run, display),
        "time": [str(t)[:10] for t in summary["time"].values[::step].astype("datetime64[D]")],
        "fans": _fans(summary, names, step),
        "flows": _flows(summary, names, step),
        "regimes": _regimes(summary, names, step),
        "rows": [row._asdict() | {"error": row.error} for row in rows],
        "lead": [*sentences(figures), how_sure(figures, "supplyshock uncertainty --run")],
        "sectors": {n: sector_losses(outcomes, n) for n in names},
        "distributions": {n: distributions(outcomes, n) for n in names},
        "elasticity": {n: along_elasticity(outcomes, n) for n in names},
        "published": published(),
        "calendar": {n: calendar(outcomes, n, summary["time"].values) for n in names},
        "holds": {n: holds(outcomes, n) for n in names},
        "drivers": {n: drivers(outcomes, n) for n in names},
        "firm": firm(run, folder),
        "stories": stories_of(run, names[0])
        if stories
        else {"paths": [], "note": "This page describes no single path."},
        "backtest": None if backtest is None else backtest.as_dict(),
        "provenance": provenance(run, names),
        "sources": sources(run["inputs"].to_dataset()),
        "names": {"party": COUNTRIES, "bloc": PLACES, "sector": _sectors(outcomes, display)},
        "parameters": PARAMETERS,
    }
    plain: dict[str, Any] = _plain(page)
    return plain


def _plain(value: Any, digits: int = 8) -> Any:
    """Arrays with four digits, for charts; single numbers with eight; NaN and infinity as None."""
    if isinstance(value, dict):
        return {str(k): _plain(v, digits) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v, digits) for v in value]
    if isinstance(value, np.ndarray):
        return _plain(value.tolist(), 4)
    if isinstance(value, float):
        return float(f"{value:.{digits}g}") if isfinite(value) else None
    return value


def _step(summary: xr.Dataset, scenarios: int) -> int:
    numbers = scenarios * summary.sizes["market"] * summary.sizes["time"] * (3 * len(FAN) + 3)
    return max(1, ceil(numbers / MOST_NUMBERS))


def _about(run: xr.DataTree, names: list[str]) -> dict[str, Any]:
    about = run.attrs
    start = date.fromisoformat(str(about["start"]))
    first = f"{start.day} {start:%B %Y}"
    each = " in each scenario" if len(names) > 1 else ""
    question = (
        f"Rare earths against chips: what happens in the {about['weeks']} weeks from {first}, and what does each side "
        f"lose{each}?"
    )
    return {
        "question": question,
        "paths": int(about["paths"]),
        "weeks": int(about["weeks"]),
        "start": str(about["start"]),
        "seed": str(about["seed"]),
        "run": str(about.get("run", "")),
        "base": names[0],
        "bound": PRICE_BOUND,
    }


def _scenarios(run: xr.DataTree, names: list[str]) -> list[dict[str, str]]:
    inputs = run["inputs"].to_dataset()
    texts = {key: [str(x) for x in inputs[f"scenario_{key}"].values] for key in ("title", "description")}
    return [
        {"name": name, "title": texts["title"][i] or name, "description": texts["description"][i]}
        for i, name in enumerate(names)
    ]


def _sectors(outcomes: xr.Dataset, names: DisplayNames) -> dict[str, str]:
    """Display name of each sector by its id."""
    return {k: names.of("sector", k) for k in map(str, outcomes["sector"].values)}


def _markets(run: xr.DataTree, names: DisplayNames) -> list[dict[str, str]]:
    """Id, name, price at 1, and whose gate its flow goes through: the United States' for a chip on one of its lists."""
    inputs, prices = run["inputs"].to_dataset(), base_prices(run)

    def base(market: str) -> str:
        return base_words(of[market] for of in prices.values() if market in of)

    gated = (inputs["markets_us_list"].to_numpy()[0] < inputs.sizes["list"]).tolist()
    ids = [str(m) for m in run["summary"]["market"].to_numpy()]
    return [
        {"id": m, "name": names.of("market", m), "base": base(m), "gate": "US" if us else "CN"}
        for m, us in zip(ids, gated, strict=True)
    ]


def _quantiles(array: xr.DataArray, scenario: str, levels: tuple[float, ...], step: int) -> Array:
    """(quantile, time, ...) of one scenario, every `step` weeks."""
    one = array.sel(scenario=scenario).sel(quantile=list(levels), method="nearest").isel(time=slice(None, None, step))
    return require_no_missing(one.transpose("quantile", "time", ...).to_numpy().astype(float), f"summary/{array.name}")


def _fans(summary: xr.Dataset, names: list[str], step: int) -> dict[str, Any]:
    """Scenario, market, then CN, XC and paid: (quantile, time)."""
    markets, blocs = ([str(v) for v in summary[axis].values] for axis in ("market", "bloc"))
    fans: dict[str, Any] = {}
    for name in names:
        quote = _quantiles(summary["price_ratio_quantile"], name, FAN, step)
        paid = _quantiles(summary["paid_price_ratio_quantile"], name, FAN, step)
        fans[name] = {
            m: {**{b: quote[:, :, i, j] for j, b in enumerate(blocs)}, "paid": paid[:, :, i]}
            for i, m in enumerate(markets)
        }
    return fans


def _flows(summary: xr.Dataset, names: list[str], step: int) -> dict[str, Any]:
    """Scenario, market: (3, time), 5, 50 and 95 % quantile of the flow through the gate."""
    flows: dict[str, Any] = {}
    for name in names:
        x = _quantiles(summary["export_ratio_quantile"], name, (0.05, 0.5, 0.95), step)
        flows[name] = {str(m): x[:, :, i] for i, m in enumerate(summary["market"].values)}
    return flows


def _regimes(summary: xr.Dataset, names: list[str], step: int) -> dict[str, Any]:
    """Names, and by scenario (regime, time) probabilities."""
    shares = summary["regime_probability"].isel(time=slice(None, None, step)).transpose("scenario", "regime", "time")
    by_name = {name: shares.sel(scenario=name).to_numpy().astype(float) for name in names}
    return {"names": [str(r) for r in summary["regime"].values], "probability": by_name}
