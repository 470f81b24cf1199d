"""Opens the results of a run with xarray, lazily."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import StoreError
from .guard.files import check_run
from .remote.address import Address, place_of
from .store.files import store_errors
from .store.inspect import COMPLETE, state_of
from .store.manifest import read_manifest

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
    out = place_of(path)
    if isinstance(out, Address):
        from .remote.read import open_remote

        return open_remote(out, partial=partial, chunks=chunks)
    return open_folder(out.parent if out.name == "results.zarr" else out, partial=partial, chunks=chunks)


def open_folder(out: Path, *, partial: bool, chunks: Any, at: Any = None) -> xr.DataTree:
    """The same for a folder; values are read from the zarr store `at` where one is given."""
    from . import accessor  # noqa: F401  # gives trees the attribute `supplyshock`
    from .guard.results import open_results

    with store_errors(out):
        check_run(out)
        if not (out / "results.zarr" / "zarr.json").is_file():
            raise StoreError("no run here", where=str(out), expected="a folder with results.zarr in it")
        manifest = read_manifest(out)
        if not partial and manifest is not None and (state := state_of(out, manifest)) != COMPLETE:
            raise StoreError(
                "the run is not complete",
                where=str(out),
                got=f"status {state}",
                fix="give the command that made it again to resume, or open it with partial=True",
            )
        return open_results(out, partial=partial, chunks=chunks, at=at)
