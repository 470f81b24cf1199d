"""The parameters of a scenario as a run stored them: no config and no data set is needed to compute a path again."""

from __future__ import annotations

from typing import Any, get_type_hints

import numpy as np
import xarray as xr

from supplyshock_kernels.params import FIELDS, QUARTERS, Params

from ..common.errors import StoreError, reason
from .untrusted.params import check_params


def read_params(inputs: xr.Dataset, scenario: str) -> Params:
    """The arrays of the kernels, in float64, from the group /inputs.

    Raises `StoreError` if one is missing, or is such that the loops of a backend would read beyond an array.
    """
    try:
        params = _params(inputs, scenario)
        check_params(params)
    except (ValueError, KeyError, TypeError, OverflowError) as e:
        fix = "supplyshock verify says what is damaged"
        raise StoreError("the stored parameters cannot be used", where=scenario, got=reason(e)[:200], fix=fix) from e
    return params


def _params(inputs: xr.Dataset, scenario: str) -> Params:
    one = inputs.sel(scenario=scenario).load()
    scalars = dict(zip((str(n) for n in one["scalar"].values), one["value"].values, strict=True))
    groups: dict[str, Any] = {}
    for group, kind in get_type_hints(Params).items():
        fields = {name: _field(one, scalars, group, name) for name in kind._fields}
        groups[group] = kind(**fields)
    return Params(**groups)


def _field(one: xr.Dataset, scalars: dict[str, Any], group: str, name: str) -> Any:
    key = f"{group}.{name}"
    if key in scalars:
        return np.int64(scalars[key]) if FIELDS[key].into else np.float64(scalars[key])
    if key == "policy.hit_cum" and f"{group}_{name}" not in one:  # runs of before it was there
        return np.stack([one["policy_list_cum"].to_numpy()] * QUARTERS)
    return one[f"{group}_{name}"].to_numpy()
