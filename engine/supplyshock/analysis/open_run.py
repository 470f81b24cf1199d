"""Opens the results of a run with xarray, lazily."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..common.arguments import FLAG, MAPPING, PLACE, checked
from ..store.object_store.address import Address, place_of
from ..store.open_store import open_folder

if TYPE_CHECKING:
    import xarray as xr


@checked(path=PLACE, partial=FLAG, chunks=MAPPING)
def open_run(path: str | Path | Address, *, partial: bool = False, chunks: Any = None) -> xr.DataTree:
    """Opens the results of a run without reading values yet.

    Parameters
    ----------
    path : str, Path or Address
        The folder of the run, the results.zarr in it, or an address such as ``s3://bucket/key``.
    partial : bool, default False
        Opens an incomplete run, too. Missing values are NaN.
    chunks : mapping, optional
        ``{}`` opens outcomes as dask arrays (extra ``dask``) with the chunks of the files, which suits outcomes that
        are larger than memory. By default xarray opens its own lazy arrays.

    Returns
    -------
    xr.DataTree
        The groups inputs, summary, outcomes, paths and pairs. The outcomes have the dimensions scenario and path, and
        every variable has its unit in ``attrs``. ``run.supplyshock`` has the functions of `supplyshock.analysis` as
        methods.

    Raises
    ------
    StoreError
        The place has no run, or its run is incomplete.

    Examples
    --------
    >>> run = open_run(folder)
    >>> run["outcomes"].sizes["path"], run.supplyshock.scenarios
    (300, ['status_quo', 'swap_deal', 'breakdown'])
    """
    out = place_of(path)
    if isinstance(out, Address):
        from ..store.object_store.reader import open_remote

        return open_remote(out, partial=partial, chunks=chunks)
    return open_folder(out.parent if out.name == "results.zarr" else out, partial=partial, chunks=chunks)
