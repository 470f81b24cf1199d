"""Opens results.zarr in the folder of a run with xarray, lazily."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..common.errors import StoreError
from .atomic_files import store_errors
from .manifest import read_manifest
from .status import COMPLETE, state_for_people, state_of
from .untrusted.files import check_run

if TYPE_CHECKING:
    import xarray as xr


def open_folder(out: Path, *, partial: bool, chunks: Any, at: Any = None) -> xr.DataTree:
    """The results in the folder of a run as a DataTree; values are read from the zarr store `at` where one is given."""
    from .untrusted.results import open_results

    with store_errors(out):
        check_run(out)
        if not (out / "results.zarr" / "zarr.json").is_file():
            raise StoreError("no run here", where=str(out), expected="a folder with results.zarr in it")
        manifest = read_manifest(out)
        if not partial and manifest is not None and state_of(out, manifest) != COMPLETE:
            raise StoreError(
                "the run is not complete",
                where=str(out),
                got="" if at is not None else state_for_people(out, manifest),
                fix="give the command that made it again to resume, or open it with partial=True",
            )
        return open_results(out, partial=partial, chunks=chunks, at=at)
