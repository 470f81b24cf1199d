"""/summary: mean and quantiles of every week over all paths of a scenario, with standard errors."""

from __future__ import annotations

import numpy as np

from supplyshock_kernels.outputs import weekly_rows
from supplyshock_kernels.params import Array, Params
from supplyshock_kernels.statistics import mean_se

from ..store.writer import Writer
from .accumulators import PathStatistics
from .weekly_quantiles import weekly_quantiles


def write_summary(writer: Writer, scenario: int, params: Params, statistics: PathStatistics) -> None:
    """Writes the summary of one scenario; the same statistics gives the same bytes. Raises `OSError`.

    Where a week has a value that the sums leave out, its mean, error and quantiles are NaN.
    """
    mean, se = mean_se(statistics.count, statistics.total.exact(), statistics.square.exact())
    spread, spread_se = weekly_quantiles(statistics.histogram, params, statistics.count)
    for numbers in (mean, se, *spread, *spread_se):
        numbers[statistics.nonfinite > 0] = np.nan
    share, share_se = regime_probability(statistics)
    values: dict[str, Array | float] = {
        "regime_probability": share,
        "regime_probability_se": share_se,
        "paths": float(statistics.count),
        "clipped_values": float(statistics.clipped),
        "nonfinite_values": np.array([statistics.nonfinite[:, r.start : r.stop].sum() for r in weekly_rows(params)]),
    }
    for r in weekly_rows(params):
        rows = slice(r.start, r.stop)
        values[f"{r.name}_mean"] = mean[:, rows].reshape(-1, *r.shape)
        values[f"{r.name}_se"] = se[:, rows].reshape(-1, *r.shape)
        values[f"{r.name}_quantile"] = spread[:, :, rows].reshape(*spread.shape[:2], *r.shape)
        values[f"{r.name}_quantile_se"] = spread_se[:, :, rows].reshape(*spread.shape[:2], *r.shape)
    for name, value in values.items():
        writer.write(f"summary/{name}", scenario, value)


def regime_probability(statistics: PathStatistics) -> tuple[Array, Array]:
    """(T, 6) share of paths in each regime and its standard error."""
    share = statistics.regime / statistics.count
    return share, np.sqrt(share * (1 - share) / max(1, statistics.count - 1))
