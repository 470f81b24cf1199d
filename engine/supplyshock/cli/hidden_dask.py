"""Hides dask from the libraries of a command, which read arrays without it.

At the first array, xarray imports ``dask.array`` if it is installed, which takes a quarter of `supplyshock show`.
Results are read as NumPy arrays, so only ``--dask`` needs dask.
"""

from __future__ import annotations

import sys


def hide_dask() -> None:
    """Make dask look absent to this process, unless it is imported already."""
    sys.modules.setdefault("dask", None)  # type: ignore[arg-type]


def show_dask() -> None:
    """Let this process import dask again."""
    if "dask" in sys.modules and sys.modules["dask"] is None:
        del sys.modules["dask"]
