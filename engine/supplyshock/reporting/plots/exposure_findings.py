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
"""Standard errors of a bar, and those beyond which two values differ."""


def sweep_finding(values: Sequence[str], cost: Array, error: Array) -> str:
    """At which values of a sweep the cost is lowest, over scenarios; `cost` and `error` are (scenario, value)."""
    lowest = cost.argmin(1)
    each = np.arange(len(cost))
    beyond = ERRORS * np.hypot(error, error[each, lowest][:, None])
    differs = ((cost - cost[each, lowest][:, None]) > beyond).any(1)
    if not differs.any():
        return "no difference beyond the errors"
    return _span(values, lowest[differs], "scenario")


def drawn_finding(values: Sequence[str], wins: Array) -> str:
    """At which values the cost is lowest under some draw of the market parameters; `wins` are (scenario, value)."""
    each = [np.flatnonzero(row) for row in wins if row.any()]
    places = np.concatenate(each)
    causes = [
        "scenario" if len({tuple(of_one) for of_one in each}) > 1 else "",
        "draw of the parameters" if any(len(of_one) > 1 for of_one in each) else "",
    ]
    span = _span(values, places, " and ".join(cause for cause in causes if cause))
    return span if len(set(places)) > 1 else f"{span} under every draw of the parameters"


def _span(values: Sequence[str], lowest: Array, by: str) -> str:
    """From the first value to the last, and what they differ by."""
    first, last = values[lowest.min()], values[lowest.max()]
    if first == last:
        return f"lowest at {first}"
    number, _, unit = first.partition(" ")
    return f"lowest at {number if last.endswith(f' {unit}') else first} to {last}, by {by}"


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
