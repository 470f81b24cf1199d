"""Results of a study in a folder: a zarr store and a table, each written whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..common.csv_text import csv_text
from ..common.errors import UsageError
from ..store.atomic_files import PARTIAL, store_errors, write_whole
from ..store.consolidated import consolidate

if TYPE_CHECKING:
    import xarray as xr

    from ..execution.simulation_settings import SimulationSettings
    from ..scenarios.scenario import Scenario


def provenance_attrs(base: Scenario, settings: SimulationSettings) -> dict[str, Any]:
    """Attributes with the provenance of results."""
    from ..store.provenance import model_digest, versions

    return {
        "base": base.name,
        "base_title": base.title or base.name,
        "base_digest": base.digest,
        "start": base.start.isoformat(),
        "weeks": base.weeks,
        "paths": settings.paths,
        "seed": str(settings.seed),
        "precision": settings.precision,
        "backend": settings.backend_name,
        "model_digest": model_digest(),
        "versions": ", ".join(f"{k} {v}" for k, v in versions().items()),
    }


def check_free(out: Path, name: str, *, overwrite: bool) -> None:
    """Raises `UsageError` when `out` has results of that name already, and `StoreError` when it is a file."""
    with store_errors(out):
        out.mkdir(parents=True, exist_ok=True)
    if (out / f"{name}.zarr").exists() and not overwrite:
        fix = "choose another --out, or use --overwrite to replace them"
        raise UsageError("results exist already and were not changed", where=str(out / f"{name}.zarr"), fix=fix)


def save(results: xr.Dataset, out: Path, name: str) -> Path:
    """Writes ``out/name.zarr``, which plain xarray opens. Raises `StoreError`."""
    import numpy as np

    partial, whole = out / f"{name}.zarr{PARTIAL}", out / f"{name}.zarr"
    texts = {v: {"dtype": str} for v in results.variables if results[v].dtype.kind == "U"}
    plain = results.assign({v: results[v].astype(object) for v in texts if v in results.data_vars})
    plain = plain.assign_coords({v: results[v].astype(object) for v in texts if v in results.coords})
    filled = {v: {"_FillValue": np.nan} for v in plain.variables if plain[v].dtype.kind == "f"}
    with store_errors(out):
        shutil.rmtree(partial, ignore_errors=True)
        try:
            plain.to_zarr(partial, mode="w", zarr_format=3, consolidated=False, encoding=filled)
            consolidate(partial)
            shutil.rmtree(whole, ignore_errors=True)
            partial.rename(whole)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return whole


def save_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Path:
    """Writes a table; NaN becomes an empty cell. Raises `StoreError`."""
    text = csv_text(header, ([("" if v != v else v) for v in row] for row in rows))
    with store_errors(path.parent):
        write_whole(path, text.encode())
    return path
