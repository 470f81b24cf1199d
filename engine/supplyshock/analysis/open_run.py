"""Opens the results of a run with xarray, lazily."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..store.object_store.address import Address, place_of
from ..store.open_store import open_folder

if TYPE_CHECKING:
    import xarray as xr


def open_run(path: str | Path | Address, *, partial: bool = False, chunks: Any = None) -> xr.DataTree:
    """The results of a run as a DataTree (inputs, summary, outcomes, paths, pairs); reads no values yet.

    `path` is the folder of the run, or the results.zarr in it, or an address ``s3://bucket/key``. Values of a run
    that is not complete are NaN where they are missing; such a run is opened only with `partial`. For outcomes that
    are larger than memory give `chunks={}`: dask arrays (extra ``dask``) with the chunks of the files, worked off
    one by one.

    Raises `StoreError` when there is no run, or when it is not complete.
    """
    from . import accessor  # noqa: F401  # gives trees the attribute `supplyshock`

    out = place_of(path)
    if isinstance(out, Address):
        from ..store.object_store.reader import open_remote

        return open_remote(out, partial=partial, chunks=chunks)
    return open_folder(out.parent if out.name == "results.zarr" else out, partial=partial, chunks=chunks)
