"""The metadata of all groups and arrays in the root of a store: plain xarray warns where they are missing.

zarr warns where it gathers them itself, and to silence it is a setting of the whole process, other threads included.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .atomic_files import write_whole

NAME = "zarr.json"


def consolidate(store: Path) -> None:
    """Gathers the metadata below a store on disk in its root, the outer ones first. Raises `OSError`."""
    inner = {
        file.parent.relative_to(store).as_posix(): json.loads(file.read_text(encoding="utf-8"))
        for file in store.rglob(NAME)
        if file.parent != store
    }
    inner = {key: _with({}, node) if node["node_type"] == "group" else node for key, node in inner.items()}
    order = sorted(inner, key=lambda key: (key.count("/"), key))
    root = _with({key: inner[key] for key in order}, json.loads((store / NAME).read_text(encoding="utf-8")))
    write_whole(store / NAME, json.dumps(root, indent=1).encode())


def _with(metadata: dict[str, Any], group: dict[str, Any]) -> dict[str, Any]:
    """A group with the metadata of what it contains, in zarr's order of keys."""
    gathered = {"kind": "inline", "must_understand": False, "metadata": metadata}
    last = group.pop("node_type")
    return {**group, "consolidated_metadata": gathered, "node_type": last}
