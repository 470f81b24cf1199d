"""Outcomes of a firm on disk: a chunk for each block and scenario, written by the thread that made it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from supplyshock_kernels.firm_outputs import FIRM_OUTCOMES
from supplyshock_kernels.params import Array

from ...store.atomic_files import PARTIAL, store_errors
from ...store.consolidated import consolidate

if TYPE_CHECKING:
    import xarray as xr

NAME = "exposure"
DIMS = ("scenario", "option", "path")


class OutcomeStore:
    """``out/exposure.zarr`` while it is made: it has its name once it is whole."""

    def __init__(self, out: Path, scenarios: int, options: int, paths: int, chunk: int) -> None:
        """Creates empty arrays. Raises `StoreError`."""
        import zarr

        self.out, self.partial, self.whole = out, out / f"{NAME}.zarr{PARTIAL}", out / f"{NAME}.zarr"
        with store_errors(out):
            shutil.rmtree(self.partial, ignore_errors=True)
            group = zarr.open_group(str(self.partial), mode="w", zarr_format=3)
            self.arrays = [
                group.create_array(
                    row.name,
                    shape=(scenarios, options, paths),
                    chunks=(1, 1, chunk),
                    shards=(1, options, chunk),
                    dtype="float32",
                    fill_value=np.nan,
                    dimension_names=DIMS,
                    attributes={"units": row.units, "long_name": row.long_name},
                )
                for row in FIRM_OUTCOMES
            ]

    def write(self, scenario: int, paths: range, outcomes: Array) -> None:
        """A block: (O, R, n). Raises `StoreError`."""
        with store_errors(self.out):
            for r, array in enumerate(self.arrays):
                array[scenario, :, paths.start : paths.stop] = outcomes[:, r]

    def read(self, row: int, scenario: int, option: int) -> Array:
        """One outcome of every path."""
        return np.asarray(self.arrays[row][scenario, option])

    def finish(self, more: xr.Dataset) -> Path:
        """Adds coordinates, weekly statistics and attributes, and gives the store its name. Raises `StoreError`."""
        texts = [v for v in more.variables if more[v].dtype.kind == "U"]
        more = more.assign({v: more[v].astype(object) for v in texts if v in more.data_vars})
        more = more.assign_coords({v: more[v].astype(object) for v in texts if v in more.coords})
        encoding: dict[Any, dict[str, Any]] = {
            v: {"_FillValue": np.nan} for v in more.variables if more[v].dtype.kind == "f"
        }
        with store_errors(self.out):
            more.to_zarr(self.partial, mode="a", zarr_format=3, consolidated=False, encoding=encoding)
            consolidate(self.partial)
            shutil.rmtree(self.whole, ignore_errors=True)
            self.partial.rename(self.whole)
        return self.whole

    def drop(self) -> None:
        """Removes what is not whole."""
        shutil.rmtree(self.partial, ignore_errors=True)


def names(labels: Sequence[str]) -> Array:
    """Texts as a coordinate."""
    return np.array(list(labels), dtype=str)
