"""Weekly quantiles have the errors of the order statistics that their counts stand for.

`test_risk_coverage` counts how often their intervals hold the truth.
"""

from __future__ import annotations

import json
from math import isnan, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import supplyshock as ss
from supplyshock.analysis import risk_measures
from supplyshock.analysis.summary_tables.measures import measure_rows
from supplyshock.cli.render import as_csv
from supplyshock.execution.weekly_quantiles import weekly_quantiles
from supplyshock.store.variables import QUANTILES
from supplyshock_kernels import backends
from supplyshock_kernels.outputs import WEEKLY, Bins, weekly_rows
from supplyshock_kernels.params import Grid
from supplyshock_kernels.statistics import bin_edges, bin_index, bin_table
from support import synthetic, worlds
from support.command import invoke, small_run, tree

__all__ = ["small_run", "tree"]
PATHS, WEEKS = 1500, 12
RANKS = np.array([risk_measures.rank_interval(PATHS, q) for q in QUANTILES])
Z = 1 / sqrt(12)
SMALL = synthetic.scenario().params


@pytest.fixture(scope="module")
def observed() -> tuple[np.ndarray, np.ndarray]:
    """(rows, weeks, paths) every weekly value of a small run, and its counts."""
    o = backends.get("numba")(worlds.status_quo(WEEKS), Grid("float32", keep=PATHS), 5, range(PATHS))
    return o.series[: weekly_rows(worlds.status_quo(WEEKS))[-1].stop], o.stats.histogram


def row_of(name: str) -> int:
    return next(r.start for r in weekly_rows(SMALL) if r.name == name)


def counted(x: np.ndarray, name: str) -> list[risk_measures.Estimate]:
    """Weekly quantiles of one quantity."""
    table, row = bin_table(SMALL), row_of(name)
    counts = np.bincount(bin_index(x, row, table), minlength=int(table.start[-1]))
    values, errors = (a[:, 0, row].tolist() for a in weekly_quantiles(counts[None], SMALL, x.size))
    return [risk_measures.Estimate(*pair) for pair in zip(values, errors, strict=True)]


def widths(x: np.ndarray, grid: Bins) -> np.ndarray:
    """Of the bins that the values lie in, from the edges; the widest nearby where a value is on an edge."""
    edges = bin_edges(grid)
    edges = np.append(-edges[::-1], edges) if grid.mirrored else edges
    at = np.clip(np.searchsorted(edges, x, side="right") - 1, 1, len(edges) - 3)
    return np.maximum.reduce([edges[at + 1 + i] - edges[at + i] for i in (-1, 0, 1)])


def misses(observed: tuple[np.ndarray, np.ndarray], paths: int) -> float:
    """Share of the errors that are off those of the order statistics by more than what bins can do."""
    (series, counts), params = observed, worlds.status_quo(WEEKS)
    errors = weekly_quantiles(counts, params, paths)[1]
    grids = [w.bins for w, r in zip(WEEKLY, weekly_rows(params), strict=True) for _ in range(r.stop - r.start)]
    wrong = []
    for row, grid in enumerate(grids):
        for week in range(WEEKS):
            exact = np.array([e.se for e in risk_measures.quantiles(series[row, week], QUANTILES)])
            low, at, high = np.moveaxis(widths(np.sort(series[row, week])[RANKS], grid), 1, 0)
            room = 1.001 * ((low + high) / 2 + Z * at) + 1e-6
            wrong.append(np.abs(errors[:, week, row] - exact) > room)
    return float(np.mean(wrong))


def test_errors_are_those_of_the_order_statistics(observed: tuple[np.ndarray, np.ndarray]) -> None:
    assert misses(observed, PATHS) == 0


def test_another_number_of_paths_would_be_seen(observed: tuple[np.ndarray, np.ndarray]) -> None:
    """Negative control: errors of a quarter of the paths are twice as large."""
    assert misses(observed, PATHS // 4) > 0.2


def test_known_numbers() -> None:
    """Evenly spread over one power of two: the error is ``sqrt(q (1 - q) / n)``, and that of a bin."""
    n = 10_000
    for q, e in zip(QUANTILES, counted(1 + (np.arange(n) + 0.5) / n, "price_ratio"), strict=True):
        assert e.value == pytest.approx(1 + q, abs=1 / 256)
        assert e.se == pytest.approx(np.hypot(sqrt(q * (1 - q) / n), Z / 256), rel=0.03)


@pytest.mark.parametrize(("value", "width"), [(1.0, 1 / 256), (3.7, 2 / 256), (300.0, 1.0)])
def test_paths_of_one_value_are_known_to_a_bin(value: float, width: float) -> None:
    for e in counted(np.full(4000, value), "price_ratio"):
        assert abs(e.value - value) <= width
        assert width * Z <= e.se < 1.05 * width * Z


def test_nothing_is_exact() -> None:
    """Stocks below the grid count as zero."""
    assert set(counted(np.zeros(50), "inventory_weeks")) == {(0.0, 0.0)}


def test_one_path_has_no_error() -> None:
    assert all(isnan(e.se) and abs(e.value - 2) < 1 / 100 for e in counted(np.full(1, 2.0), "price_ratio"))


# --- what users see --------------------------------------------------------------------------------------

TEXT = "paid:Dy at week 26"


def test_errors_are_shown_everywhere(small_run: Path, tree: Any) -> None:
    week = tree["summary"].to_dataset().sel(scenario="breakdown", market="Dy").isel(time=26)
    stored = {f"P{100 * q:.0f}": float(week["paid_price_ratio_quantile_se"].sel(quantile=q)) for q in (0.05, 0.5, 0.95)}
    assert min(stored.values()) > 0
    shown = json.loads(invoke("show", small_run, "--measure", TEXT, "--json").stdout)["rows"]
    errors = {r["statistic"]: r["se"] for r in shown if r["scenario"] == "breakdown"}
    assert {k: errors[k] for k in stored} == stored
    text = invoke("show", small_run, "--measure", TEXT).stdout
    line, _in_usd = (line for line in text.splitlines() if line.startswith("  breakdown ") and "±" in line)
    assert line.count("±") == 4, "mean, P5, P50, P95"
    fan = ss.fan(tree, "paid_price_ratio", market="Dy", scenario="breakdown")
    assert float(fan.se.sel(quantile=0.95).isel(time=26)) == stored["P95"]


def test_runs_without_errors_of_quantiles_open(tree: Any) -> None:
    older = tree.copy()
    gone = [v for v in older["summary"].data_vars if v.endswith("_quantile_se")]
    assert len(gone) == len(WEEKLY)
    older["summary"] = older["summary"].to_dataset().drop_vars(gone)
    assert "se" not in ss.fan(older, market="Dy").coords
    rows, now = ({(r.scenario, r.statistic): r for r in measure_rows(t, [TEXT])} for t in (older, tree))
    assert {k: r._replace(se=0) for k, r in rows.items()} == {k: r._replace(se=0) for k, r in now.items()}
    assert isnan(rows["breakdown", "P95"].se)
    assert ",P95," in as_csv(list(rows.values()))


def test_a_week_says_of_how_many_paths_it_is(tree: Any) -> None:
    """With importance sampling, weekly statistics are of the eighth that the scenario itself drew."""
    fewer = tree.copy()
    week = fewer["summary"].to_dataset()
    fewer["summary"] = week.assign(paths=0 * week["paths"] + 37)
    assert {r.item for r in measure_rows(tree, [TEXT])} == {TEXT}
    assert {r.item for r in measure_rows(fewer, [TEXT])} == {f"{TEXT} (paths without a proposal: 37)"}
