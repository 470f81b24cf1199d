"""Files of a run have the bytes that zarr writes, whatever the array, and are whole or absent."""

from __future__ import annotations

import errno
import hashlib
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from zarr.codecs import BloscCodec, ZstdCodec
from zarr.storage import LocalStore

from supplyshock.execution import backend_selection
from supplyshock.execution import plan as planning
from supplyshock.execution.plan import plan_run
from supplyshock.execution.run_request import RunRequest
from supplyshock.store import array_files, atomic_files, blosc
from supplyshock.store.array_files import ArrayFiles, crc32c
from supplyshock.store.atomic_files import write_digested
from supplyshock.store.create_store import create
from supplyshock.store.mantissa_rounding import rounded
from supplyshock.store.partition import Unit
from supplyshock.store.provenance import made_on
from supplyshock.store.run_definition import RunDefinition, root_attrs
from supplyshock.store.writer import Writer
from supplyshock_kernels.params import Array
from support import synthetic

Digests = Callable[[Path], dict[str, str]]
SCENARIOS = [synthetic.scenario(), synthetic.scenario("swap_deal", 0.25)]


def by_zarr(root: Path, name: str, where: Any, values: Array | float) -> None:
    """Writes a part of an array as zarr does."""
    array = zarr.open_array(LocalStore(root), path=name, mode="r+").with_config({"write_empty_chunks": True})
    array[where] = values


def stores(tmp_path: Path, **options: Any) -> tuple[Writer, Path]:
    """A writer of an empty store, and another such store."""
    plan = plan_run(RunRequest(SCENARIOS, seed=3, **options))
    for name in ("ours", "zarrs"):
        create(tmp_path / name, plan, SCENARIOS, root_attrs(RunDefinition.of(plan, SCENARIOS), made_on()))
    return Writer(tmp_path / "ours", plan, SCENARIOS[0].params), tmp_path / "zarrs/results.zarr"


def some(shape: tuple[int, ...], seed: int) -> Array:
    """Numbers of all kinds, infinite ones among them; a third is missing, as all values of an empty chunk are."""
    values = np.random.default_rng(seed).lognormal(size=shape)
    values.flat[::3] = np.nan
    values.flat[1::7] = (np.inf, -0.0, 1e-42, -1.5)[seed % 4]
    return values


def fill(writer: Writer, other: Path, keep: int) -> None:
    """Everything that a run writes, by both routes."""
    plan, bits = writer.plan, writer.plan.mantissa_bits
    rows = max(r.stop for r in writer.rows), max(r.stop for r in writer.series)
    for unit in plan.units(1):
        count, kept = unit.stop - unit.start, max(0, min(unit.stop, keep) - unit.start)
        outcomes = some((rows[0], count), unit.start).astype(np.float32)
        if unit.start == 0:
            outcomes[writer.rows[1].start : writer.rows[1].stop] = np.nan
        series = some((rows[1], plan.weeks, kept), 1).astype(np.float32)
        writer.write_outcomes(unit, outcomes)
        writer.write_series(1, unit.start, series)
        for r in writer.rows:
            values = np.moveaxis(rounded(outcomes[r.start : r.stop], bits).reshape(*r.shape, -1), -1, 0)
            by_zarr(other, r.name, (1, slice(unit.start, unit.stop)), values)
        for r in writer.series if kept else ():
            values = rounded(series[r.start : r.stop], bits).reshape(*r.shape, plan.weeks, kept)
            here = 1, slice(unit.start, unit.start + kept)
            by_zarr(other, f"paths/{r.name}", here, np.moveaxis(values, (-1, -2), (0, 1)))
        for name in (
            n for n, array in writer.arrays.items() if n.startswith("pairs/") and array.row[:1] == (plan.paths,)
        ):
            values = some((count, *writer.arrays[name].row[1:]), 2).astype(np.float32)
            writer.write_paths(name, 0, unit.start, values)
            by_zarr(other, name, (0, slice(unit.start, unit.stop)), values)
    for name, array in writer.arrays.items():
        if name.startswith(("summary/", "pairs/")) and array.row[:1] != (plan.paths,):
            values = some(array.row, 3) if array.row else 2.5
            writer.write(name, 0, values)
            by_zarr(other, name, 0, values)


@pytest.mark.parametrize("bits", [0, 12])
@pytest.mark.parametrize("sharded", [False, True])
@pytest.mark.parametrize("library", ["its function", "numcodecs"])
def test_every_array_has_the_bytes_of_zarr(
    bits: int, sharded: bool, library: str, tmp_path: Path, digests: Digests, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outcomes, series, pairs and summaries; whole chunks, chunks and shards at the end, chunks of the fill value."""
    if sharded:
        monkeypatch.setattr(planning, "MAX_CHUNK", 128)
        monkeypatch.setattr(planning, "STEP", 128)
        monkeypatch.setattr(backend_selection, "CALLABLE_CALL", 256)
        monkeypatch.setattr(planning, "UNSHARDED_CHUNKS", 2)
    if library == "numcodecs":
        monkeypatch.setattr(blosc, "compress_function", lambda: None)
    else:
        assert blosc.compress_function() is not None
    writer, other = stores(tmp_path, paths=2500, save_series=300, mantissa_bits=bits, threads=3)
    assert writer.plan.layout.sharded == sharded
    assert any(array.sharded for array in writer.arrays.values())  # those of series always are
    fill(writer, other, 300)
    ours, zarrs = digests(writer.root), digests(other)
    assert ours == zarrs
    chunks = [name for name in ours if "/c/1/" in name and name.startswith("outcomes/")]
    assert len(chunks) == len(writer.rows) * -(-2500 // writer.plan.layout.shard)
    assert {name for unit in writer.plan.units(1) for name in writer.files(unit)} < set(ours)


def test_a_byte_more_or_less_is_noticed(tmp_path: Path, digests: Digests) -> None:
    """The negative control: other values, or other padding, are other bytes."""
    writer, other = stores(tmp_path, paths=2500, save_series=300, threads=1)
    for change in (1.0, 1.5):
        values = np.full((2500, *writer.arrays["outcomes/theta"].row[1:]), change, np.float32)
        writer.write_paths("outcomes/theta", 1, 0, values)
        by_zarr(other, "outcomes/theta", (1, slice(0, 2500)), np.full_like(values, 1.0))
        assert (digests(writer.root) == digests(other)) == (change == 1.0)
    padded = ArrayFiles(**{**vars(writer.arrays["outcomes/theta"]), "fill": 0.0})
    last = values[-1:]
    assert b"".join(map(bytes, padded.parts(last))) != b"".join(map(bytes, writer.arrays["outcomes/theta"].parts(last)))


def test_what_is_written_is_what_is_entered(tmp_path: Path) -> None:
    writer, _ = stores(tmp_path, paths=2500, save_series=0, threads=2)
    unit = next(writer.plan.units(0))
    writer.write_outcomes(unit, np.ones((writer.rows[-1].stop, unit.stop - unit.start), np.float32))
    for name, (size, sha) in writer.files(unit).items():
        data = (writer.root / name).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (size, sha)
    with pytest.raises(KeyError):
        writer.files(unit)  # they are entered once
    with pytest.raises(ValueError, match="path 7 is within a file"):
        writer.write_outcomes(Unit(0, 7, 9), np.ones((writer.rows[-1].stop, 2), np.float32))


def test_an_array_that_no_run_has_is_refused(tmp_path: Path) -> None:
    good: dict[str, Any] = {"shape": (2, 64, 3), "chunks": (1, 16, 3), "dtype": "float32", "compressors": BloscCodec()}
    wrong: list[dict[str, Any]] = [{"chunks": (2, 16, 3)}, {"chunks": (1, 16, 2)}, {"compressors": ZstdCodec()}]
    wrong += [{"compressors": None}, {"shards": (1, 32, 3), "compressors": ZstdCodec()}]
    for i, change in enumerate([{}, {"shards": (1, 32, 3)}, *wrong]):
        array = zarr.create_array(LocalStore(tmp_path / str(i)), **{**good, **change})
        if change in wrong:
            with pytest.raises(ValueError, match="that no run has"):
                ArrayFiles.of("x", array)
        else:
            assert ArrayFiles.of("x", array).file == (array.shards or array.chunks)[1]


def test_crc32c_of_a_known_text() -> None:
    """The check value of the catalogue, which that of zlib's polynomial is not."""
    assert crc32c(b"123456789") == 0xE3069283 != zlib.crc32(b"123456789")


def test_a_function_of_other_bytes_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    function = blosc.compress_function()
    assert function is not None
    assert blosc._same(function)
    assert not blosc._same(lambda level, *rest: function(9, *rest))
    assert not blosc._same(lambda *_: -1)
    monkeypatch.setattr(blosc, "compress_function", lambda: lambda *_: 0)
    with pytest.raises(ValueError, match="blosc cannot pack 16 bytes"):
        blosc.Compressor(4, "lz4", 1, "shuffle", 0).pack(np.zeros(4, np.float32), np.zeros(64, np.uint8))


@pytest.mark.parametrize("failing", ["write", "fsync", "replace"])
def test_a_file_that_cannot_be_written_leaves_no_trace(
    failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was there before stays where the name was not taken yet; half a file is nowhere."""
    (tmp_path / "0").write_bytes(b"before")

    def fail(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(atomic_files.os, failing, fail)
    with pytest.raises(OSError, match="No space left"):
        write_digested(str(tmp_path / "0"), iter([memoryview(b"after")]))
    assert [p.name for p in tmp_path.iterdir()] == ["0"]
    assert (tmp_path / "0").read_bytes() == (b"after" if failing == "fsync" else b"before")


def test_a_write_that_takes_a_part_is_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(atomic_files.os, "write", lambda fd, data: write(fd, data[:3]))
    parts = [memoryview(b"0123456789"), memoryview(b"abcd")]
    assert write_digested(str(tmp_path / "new/folder/0"), iter(parts))[0] == 14
    assert (tmp_path / "new/folder/0").read_bytes() == b"0123456789abcd"


def test_buffers_are_of_each_thread_and_grow() -> None:
    raw, packed = array_files._scratch.buffers(np.dtype("f4"), (5, 3))
    assert (raw.shape, raw.dtype, len(packed)) == ((5, 3), np.float32, 60 + blosc.OVERHEAD)
    again, _ = array_files._scratch.buffers(np.dtype("f8"), (2, 2))
    assert np.shares_memory(raw, again)
