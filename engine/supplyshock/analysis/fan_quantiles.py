"""Weekly quantiles over all paths."""

from __future__ import annotations

import xarray as xr

from ..common.arguments import RESULTS, TEXT, TEXT_OR_NONE, checked
from .run_groups import Run, dataset, find_label, require_known

ENDING, ERROR = "_quantile", "_se"


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
    run : xr.DataTree or xr.Dataset
        A run as `open_run` returns it, or its summary as a Dataset.
    variable : str, default "price_ratio"
        Weekly quantity: price_ratio, paid_price_ratio, inventory_weeks, shortage_ratio, export_ratio, lead_time_weeks
        or loss_usd_bn.
    scenario : str, optional
        Name of a scenario. By default all scenarios of the run.
    **labels : str, optional
        Label to select on an axis, such as ``market="Dy"``, or one of bloc, party or chip. An axis without a label
        keeps all its labels.

    Returns
    -------
    xr.DataArray
        Quantiles with the dimensions (quantile, time), and all other axes without a label. ``attrs`` has the
        unit: ratios to the baseline for prices and exports, weeks for inventories and lead times, shares (0 to 1) for
        shortages, and 1e9 USD per week for losses. The coordinate ``se`` has the standard error of every quantile;
        runs made by earlier versions lack it. The array is lazy: it reads values when they are needed. With two
        dimensions, ``.to_pandas()`` converts it to a table.

    Raises
    ------
    UsageError
        The run lacks the quantity or the label; the message gives the nearest one.

    Examples
    --------
    >>> dy = fan(run, "price_ratio", market="Dy", bloc="XC", scenario="status_quo")
    >>> dy.dims
    ('quantile', 'time')
    >>> dy.sel(quantile=[0.05, 0.5, 0.95]).to_pandas().T.shape
    (52, 3)
    >>> dy.se.dims
    ('quantile', 'time')
    """
    data = dataset(run, "summary")
    names = [str(v).removesuffix(ENDING) for v in data.data_vars if str(v).endswith(ENDING)]
    name = require_known(variable, names, "weekly quantity") + ENDING
    array = data[name]
    if name + ERROR in data:
        array = array.assign_coords(se=data[name + ERROR])
    chosen = {axis: label for axis, label in {"scenario": scenario, **labels}.items() if label is not None}
    for axis, label in chosen.items():
        require_known(axis, [str(a) for a in array.dims if a not in ("quantile", "time")], "axis with labels")
        chosen[axis] = find_label(run, array, axis, label)
    return array.sel(chosen)
