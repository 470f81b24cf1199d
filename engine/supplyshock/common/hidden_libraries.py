"""Hides libraries from the others of a command, which would import them wherever they are installed.

At the first array xarray imports ``dask.array`` and pint, and zarr imports fsspec: half as much again as `supplyshock
show` needs. Results are NumPy arrays in files, so that only ``--dask`` needs dask, and only quantities with units pint.
"""

from __future__ import annotations

import sys

HIDDEN = ("dask", "fsspec", "pint")


def hide_libraries() -> None:
    """Make `HIDDEN` look absent to this process, apart from those that are imported already."""
    for name in HIDDEN:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]


def show_libraries(*names: str) -> None:
    """Let this process import libraries again."""
    for name in names:
        if name in sys.modules and sys.modules[name] is None:
            del sys.modules[name]
