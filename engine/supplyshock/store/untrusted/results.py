"""Opens results.zarr of a run that a stranger may have made."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...common.errors import StoreError, UsageError
from .. import RESULTS
from .metadata import check_results

if TYPE_CHECKING:
    import xarray as xr

_opening = threading.Lock()
"""xarray sets filters of warnings while it opens a store: those of the whole process, which two at once mix up."""


def open_results(out: Path, *, partial: bool = False, at: Any = None, **how: Any) -> xr.DataTree:
    """The results of the run in `out` as a lazy DataTree, after `check_results`; `check_run` was before.

    Values are read from the zarr store `at` where one is given: `out` has the metadata then, and the sizes of files.
    `how` goes to `xarray.open_datatree`. Raises `StoreError` for what no run writes, and `UsageError` for
    chunks that cannot be.
    """
    chunks = how.pop("chunks", None)
    try:
        check_results(out / RESULTS, partial=partial)
        tree = _open(at or out / RESULTS, **how)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as e:
        raise StoreError(
            "not the results of a run",
            where=str(out / RESULTS),
            got=" ".join(str(e).split())[:200],
            fix="supplyshock verify says what is damaged",
        ) from e
    if chunks is None:
        return tree
    try:  # what fails now is the matter of whoever gave the chunks
        return _open(at or out / RESULTS, chunks=chunks, **how)
    except ImportError as e:
        raise UsageError("dask is not installed", where="chunks", fix='pip install "supplyshock[dask]"') from e
    except (ValueError, KeyError, TypeError, AttributeError, NotImplementedError) as e:
        expected = "{}, or sizes by dimension, as xarray.open_datatree takes them"
        raise UsageError("no such chunks", where="chunks", expected=expected, got=f"{chunks!r:.60} ({e})") from e


def _open(place: Any, **how: Any) -> xr.DataTree:
    import xarray as xr
    from zarr.storage import LocalStore

    from .codecs import SizedStore

    store: Any = SizedStore(LocalStore(place) if isinstance(place, Path) else place)
    with _opening:
        return xr.open_datatree(store, engine="zarr", zarr_format=3, consolidated=True, **how)
