"""The metadata of results.zarr may say only what a run writes; checked before a chunk is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

from ...common.safe_text import load_json
from .files import MAX_FILE

MAX_CHUNK = 2**29
"""Bytes of a chunk, which is unpacked at once; those of a run have a few MB, of fifty years of series 34."""
FREE = 2**26
"""Bytes that an array may claim with nothing on disk, as in a run that has only begun."""
RATIO = 300
"""Most that lz4 makes of a byte is 255."""
_KEY = re.compile(r"[A-Za-z]\w*(/[A-Za-z]\w*)?")
_BYTES: dict[str, int] = {"float32": 4, "float64": 8, "int64": 8, "string": 8}
_NAMED = {"bytes": {"endian"}, "blosc": {"typesize", "cname", "clevel", "shuffle", "blocksize"}, "crc32c": set()}


class ForeignMetadata(ValueError):
    """Metadata that no run has."""


def check_results(root: Path, *, partial: bool = False) -> None:
    """Checks the metadata of all arrays and groups below `root`. Raises `ForeignMetadata`, `ValueError`, `OSError`.

    Unless `partial`, no array claims to hold what its files cannot: an array of any size costs a stranger nothing.
    """
    node = load_json((root / "zarr.json").read_bytes())
    known = _field(_field(node, "consolidated_metadata", dict), "metadata", dict)
    _need(node.get("zarr_format") == 3 and node.get("node_type") == "group", "zarr.json", "the root is not a group")
    _check_about(_field(node, "attributes", dict))
    for key, item in known.items():
        _need(_KEY.fullmatch(key) is not None, key, "not a name of an array or a group")
        if _field(item, "node_type", str) == "group":
            continue
        claimed = check_array(key, item)
        _need(load_json((root / key / "zarr.json").read_bytes()) == item, key, "its metadata differ from the root's")
        if claimed > FREE and not partial:
            _need(_on_disk(root / key, claimed // RATIO), key, f"{claimed:,} bytes are claimed and not there")


def _check_about(about: Mapping[str, Any]) -> None:
    for name in ("paths", "weeks", "keep_paths"):
        _need(type(about.get(name)) is int and 0 <= about[name] <= 10**12, name, "not a number of paths or weeks")
    names = _field(about, "scenarios", list)
    _need(0 < len(names) <= 10**5 and all(isinstance(n, str) for n in names), "scenarios", "no names")
    seed = about.get("seed")
    _need(type(seed) is int or (isinstance(seed, str) and seed.isdecimal() and len(seed) <= 20), "seed", "no number")
    for name in ("start", "precision", "backend", "device"):
        _field(about, name, str)


def check_array(key: str, item: Mapping[str, Any]) -> int:
    """Bytes that an array claims to hold. Raises `ForeignMetadata` unless a run could have made it."""
    kind = item.get("data_type")
    _need(isinstance(kind, str) and kind in _BYTES, key, f"the data type {kind!r:.40}")
    _need(item.get("zarr_format") == 3 and not item.get("storage_transformers"), key, "not plain zarr 3")
    grid, keys = _field(item, "chunk_grid", dict), _field(item, "chunk_key_encoding", dict)
    _need(grid.get("name") == "regular" and keys.get("name") == "default", key, "another grid of chunks")
    _need(_field(keys, "configuration", dict).get("separator") == "/", key, "other names of chunks")
    shape = _sizes(key, item.get("shape"), 0)
    chunk = _sizes(key, _field(grid, "configuration", dict).get("chunk_shape"), len(shape))
    sharded = [c.get("name") for c in item.get("codecs", []) if isinstance(c, dict)] == ["sharding_indexed"]
    most = MAX_FILE if sharded else MAX_CHUNK
    _need(prod(chunk) * _BYTES[str(kind)] <= most, key, "chunks that are too large")
    _check_codecs(key, _field(item, "codecs", list), str(kind), len(shape), chunk)
    return prod(shape) * _BYTES[str(kind)]


def _check_codecs(key: str, codecs: list[Any], kind: str, rank: int, outer: tuple[int, ...]) -> None:
    names = [_field(c, "name", str) for c in codecs]
    if names == ["sharding_indexed"] and kind != "string":
        inside = _field(codecs[0], "configuration", dict)
        inner = _sizes(key, inside.get("chunk_shape"), rank)
        _need(prod(inner) * _BYTES[kind] <= MAX_CHUNK, key, "chunks that are too large")
        _need(all(i > 0 and o % i == 0 for i, o in zip(inner, outer, strict=True)), key, "shards that do not fit")
        _need(
            [c.get("name") for c in _field(inside, "index_codecs", list)] == ["bytes", "crc32c"], key, "another index"
        )
        codecs = _field(inside, "codecs", list)
        names = [_field(c, "name", str) for c in codecs]
    allowed = (["vlen-utf8"],) if kind == "string" else (["bytes"], ["bytes", "blosc"])
    _need(names in allowed, key, f"the codecs {names!r:.60}")
    for codec in codecs:
        value = codec.get("configuration") or {}
        _need(isinstance(value, dict) and value.keys() <= _NAMED.get(codec["name"], set()), key, "settings of a codec")


def _sizes(key: str, value: Any, rank: int) -> tuple[int, ...]:
    """A shape: whole numbers, at least 0, of which zarr can make an array."""
    good = isinstance(value, list) and len(value) <= 16 and all(type(n) is int and 0 <= n < 2**48 for n in value)
    _need(good and (not rank or len(value) == rank), key, f"the sizes {value!r:.60}")
    return tuple(value)


def _field(node: Any, name: str, kind: type) -> Any:
    value = node.get(name) if isinstance(node, dict) else None
    _need(isinstance(value, kind), name, f"no {kind.__name__} where one has to be")
    return value


def _need(ok: bool, key: str, what: str) -> None:
    if not ok:
        raise ForeignMetadata(f"{key:.60}: {what}")


def _on_disk(folder: Path, least: int) -> bool:
    """Whether the files below a folder have `least` bytes; looks at no more of them than it must."""
    total = 0
    for path in (folder / "c").rglob("*"):
        total += path.lstat().st_size
        if total >= least:
            return True
    return False
