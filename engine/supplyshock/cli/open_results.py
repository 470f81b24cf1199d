"""Opens a run for a command, and distinguishes damaged files from defects."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..common.errors import StoreError, SupplyshockError
from ..store.object_store.address import Address

if TYPE_CHECKING:
    import xarray as xr

READERS = ("zarr", "numcodecs")


@contextmanager
def open_for_command(run: Path | Address) -> Iterator[xr.DataTree]:
    """The results of a run.

    Values are read lazily, inside the context. Raises `StoreError` if there is no run, and where a damaged file
    makes values unreadable.
    """
    from ..analysis.open_run import open_run

    tree = open_run(run)
    try:
        yield tree
    except (SupplyshockError, OSError, click.ClickException):
        raise
    except Exception as error:
        damaged = _damaged(run)
        if not damaged and not _from_readers(error):
            raise
        message = str(error).partition("\n")[0]
        raise StoreError(
            f"the results cannot be read ({message:.80})",
            where=damaged or str(run),
            fix="`supplyshock verify` lists damaged files, and --repair remakes them",
        ) from error


def _damaged(run: Path | Address) -> str:
    """A file whose checksum is wrong; empty if none is."""
    from ..store.verify import verify_run

    if isinstance(run, Address):
        return ""
    folder = run.parent if run.name == "results.zarr" else run
    try:
        names = verify_run(folder).damaged
    except (SupplyshockError, OSError):
        return ""
    return str(folder / names[0]) if names else ""


def _from_readers(error: BaseException) -> bool:
    """Whether the libraries that decode files raised it."""
    frames = traceback.walk_tb(error.__traceback__)
    return any(str(frame.f_globals.get("__name__", "")).partition(".")[0] in READERS for frame, _ in frames)
