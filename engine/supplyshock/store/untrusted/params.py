"""Parameters read back from a store: compiled loops index by them and check nothing, so this does."""

from __future__ import annotations

import numpy as np

from supplyshock_kernels.params import FIELDS, REGIMES, Params, all_values, axis_sizes, require_shapes
from supplyshock_kernels.params.path_state import PARTS, locate_parts

MAX_WEEKS = 2600


def check_params(params: Params) -> None:
    """Raises `ValueError` unless arrays have the shapes of their axes, indices their range, and numbers are finite."""
    require_shapes(params)
    fields, size = dict(all_values(params)), axis_sizes(params)
    for key, value in fields.items():
        given = value[~np.isnan(value)] if FIELDS[key].may_lack and value.dtype.kind == "f" else value
        finite = value.dtype.kind in "iuf" and bool(np.isfinite(given).all())
        _require(finite, key, "something that is not a finite number")
        if FIELDS[key].into:
            low, high = FIELDS[key].index_range(size)
            whole = value.dtype.kind in "iu" and bool(((value >= low) & (value <= high)).all())
            _require(whole, key, f"an index that is not in {low}..{high}")
    _require(1 <= size["time"] <= MAX_WEEKS, "schedule.regime", f"{size['time']} weeks")
    _check_members(params)
    chips = fields["markets.group"] == 3
    _require(bool((np.diff(chips.astype(int)) >= 0).all()), "markets.group", "a chip before a material")


def _check_members(params: Params) -> None:
    """Loops take every row of a state, and count paths by their regime."""
    members = np.asarray(params.initial.members)
    if len(members):
        places = {place.part.name: place for place in locate_parts(params)}
        rows = places[PARTS[-1].name].stop
        _require(members.shape[1] == rows, "initial.members", f"{members.shape[1]} numbers a state, not {rows}")
        regime = members[:, places["regime"].start]
        _require(bool((np.isnan(regime) | np.isin(regime, range(len(REGIMES)))).all()), "initial.members", "no regime")


def _require(ok: bool, key: str, problem: str) -> None:
    if not ok:
        raise ValueError(f"the parameter {key} holds {problem}")
