"""Weekly quantiles over all paths."""

from __future__ import annotations

import xarray as xr

from ..common.arguments import RESULTS, TEXT, TEXT_OR_NONE, checked
from .run_groups import Run, dataset, find_label, require_known

ENDING = "_quantile"


@checked(run=RESULTS, variable=TEXT, scenario=TEXT_OR_NONE, labels=TEXT_OR_NONE)
def fan(
    run: Run,
    variable: str = "price_ratio",
    *,
    scenario: str | None = None,
    **labels: str | None,
) -> xr.DataArray:
    """Quantiles of a weekly quantity over all paths.

    Parameters
    ----------
    run
        A run as `open_run` gives it, or its summary.
    variable
        price_ratio, paid_price_ratio, inventory_weeks, shortage_ratio, export_ratio, lead_time_weeks or loss_usd_bn;
        units are in the attributes.
    scenario
        By default all scenarios.
    labels
        By axis: ``market="Dy"``, bloc, party or chip; an axis without one stays.

    Returns
    -------
    xarray.DataArray
        Dimensions (quantile, time) and what no label was given for. Nothing is read before values are asked for;
        ``.to_pandas()`` makes a table of what has two dimensions left.

    Raises
    ------
    UsageError
        For a quantity or a label that is not there, with the nearest one.

    Examples
    --------
    >>> dy = fan(run, "price_ratio", market="Dy", bloc="XC", scenario="status_quo")
    >>> dy.dims
    ('quantile', 'time')
    >>> dy.sel(quantile=[0.05, 0.5, 0.95]).to_pandas().T.shape
    (52, 3)
    """
    data = dataset(run, "summary")
    names = [str(v).removesuffix(ENDING) for v in data.data_vars if str(v).endswith(ENDING)]
    array = data[require_known(variable, names, "weekly quantity") + ENDING]
    chosen = {axis: label for axis, label in {"scenario": scenario, **labels}.items() if label is not None}
    for axis, label in chosen.items():
        require_known(axis, [str(a) for a in array.dims if a not in ("quantile", "time")], "axis with labels")
        chosen[axis] = find_label(run, array, axis, label)
    return array.sel(chosen)
