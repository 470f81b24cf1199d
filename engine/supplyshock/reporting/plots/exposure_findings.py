"""What each panel of the exposure of a firm shows, as its title."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...analysis.path_values import Array
from ...common.number_format import digits

if TYPE_CHECKING:
    import xarray as xr

ERRORS = 2
"""Standard errors of a bar, and those beyond which a difference is told."""


def sweep_finding(values: Sequence[str], cost: Array, error: Array) -> str:
    """At which values of a sweep the cost is lowest, over scenarios; `cost` and `error` are (scenario, value)."""
    lowest = cost.argmin(1)
    each = np.arange(len(cost))
    beyond = ERRORS * np.hypot(error, error[each, lowest][:, None])
    told = ((cost - cost[each, lowest][:, None]) > beyond).any(1)
    if not told.any():
        return "no difference that the paths can tell"
    first, last = values[lowest[told].min()], values[lowest[told].max()]
    if first == last:
        return f"lowest at {first}"
    number, _, unit = first.partition(" ")
    return f"lowest at {number if last.endswith(f' {unit}') else first} to {last}, by scenario"


def option_finding(titles: Sequence[str], cost: Array, error: Array, scenario: str) -> str:
    """Which named option saves most in one scenario, if any surely saves."""
    saves = cost < -ERRORS * error
    where = f" in “{scenario}”" if scenario else ""
    if not saves.any():
        return f"no option surely saves{where}"
    return f"“{titles[int(np.where(saves, cost, np.inf).argmin())]}” saves most{where}"


def calendar_finding(share: xr.DataArray, titles: Sequence[str]) -> str:
    """When a share of paths by scenario and week is largest, and in which scenario."""
    values = share.transpose("scenario", "time").values
    if not values.max() > 0:
        return "on no path"
    s, week = divmod(int(values.argmax()), values.shape[1])
    day = share["time"].values[week].astype("datetime64[D]").item()
    where = f"{titles[s]}, " if len(titles) > 1 else ""
    return f"at most {digits(100 * values.max(), 2)} % of paths ({where}{day:%b %Y})"
