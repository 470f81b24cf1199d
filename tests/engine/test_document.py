"""Documents and chunks written by hand are those that zarr-python writes."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from zarr.codecs import BloscCodec

from supplyshock.store.document import Tree

BLOSC = BloscCodec(cname="lz4", clevel=1, shuffle="shuffle")
SAID = {"units": "1", "long_name": "a thing"}
VALUES = [np.arange(12.0).reshape(3, 4), np.arange(5), np.array([True, False]), np.array(["a", "", "éß"])]


def theirs(folder: Path) -> zarr.Group:
    return zarr.open_group(str(folder), mode="w", zarr_format=3, attributes={"title": "x"})


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("values", VALUES, ids=lambda v: v.dtype.kind)
def test_a_filled_array(values: Any, tmp_path: Path) -> None:
    dims = [f"d{i}" for i in range(values.ndim)]
    tree = Tree({"title": "x"})
    tree.filled("a", dims, values, SAID)
    text = values.dtype.kind == "U"
    array = theirs(tmp_path).create_array(
        "a",
        shape=values.shape,
        chunks=values.shape,
        dtype="string" if text else values.dtype,
        compressors=None if text else BLOSC,
        fill_value=float("nan") if values.dtype.kind == "f" else None,
        dimension_names=dims,
        attributes=SAID,
        config={"write_empty_chunks": True},
    )
    array[...] = values.astype(object) if text else values
    assert dict(tree.files()) == {k: v for k, v in files(tmp_path).items() if k != "zarr.json"}


@pytest.mark.parametrize("shard", [None, (1, 128)])
def test_an_array_to_be_filled(shard: tuple[int, int] | None, tmp_path: Path) -> None:
    tree = Tree({"title": "x"})
    tree.group("g", "a group")
    tree.array("g/a", ("scenario", "path"), (2, 1000), "float32", ((1, 64), shard), SAID)
    root = theirs(tmp_path)
    root.create_group("g", attributes={"long_name": "a group"}).create_array(
        "a",
        shape=(2, 1000),
        chunks=(1, 64),
        shards=shard,
        dtype="float32",
        compressors=BLOSC,
        fill_value=float("nan"),
        dimension_names=("scenario", "path"),
        attributes=SAID,
    )
    assert dict(tree.files()) == {k: v for k, v in files(tmp_path).items() if k != "zarr.json"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        zarr.consolidate_metadata(root.store)
    assert json.loads(tree.head()) == json.loads((tmp_path / "zarr.json").read_bytes())


def test_an_axis_without_entries_has_no_chunk() -> None:
    tree = Tree({})
    tree.filled("chip", ("chip",), (), SAID)
    assert not tree.chunks
    assert tree.nodes["chip"]["chunk_grid"]["configuration"]["chunk_shape"] == [1]
