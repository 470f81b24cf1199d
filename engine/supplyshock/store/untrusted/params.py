"""Parameters read back from a store: compiled loops index by them and check nothing, so this does."""

from __future__ import annotations

import numpy as np

from supplyshock_kernels.params import FIELDS, Params, all_values, axis_sizes, require_shapes

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
    chips = fields["markets.group"] == 3
    _require(bool((np.diff(chips.astype(int)) >= 0).all()), "markets.group", "a chip before a material")


def _require(ok: bool, key: str, problem: str) -> None:
    if not ok:
        raise ValueError(f"the parameter {key} holds {problem}")
