"""Reads a run in object storage: its small files come here, its values stay there."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...common.errors import StoreError
from ...common.progress import Progress
from ...common.safe_text import load_json
from .. import JOURNAL, LOGS, RESULTS, WORKERS
from ..journal import STATISTICS
from ..manifest import NAME
from ..status import Status, journal_of, manifest_of, run_status
from ..store_template import ARCHIVE, LIST
from ..untrusted.files import MAX_FILE, MAX_JSON
from ..verify import Same, Verified, check_integrity, verify_files
from ..worker_registry import SILENCE
from .address import Address
from .bucket import Bucket

if TYPE_CHECKING:
    import xarray as xr

    from ..verify import Repaired

PARTS = (RESULTS, JOURNAL, LOGS, WORKERS, NAME)


@contextmanager
def folder_outline(address: Address, parts: Sequence[str] = PARTS) -> Iterator[tuple[Path, Bucket]]:
    """A folder as that of the run, for a while: JSON files of some `parts` as they are, of all else names and sizes.

    Raises `StoreError` for objects that are too large.
    """
    bucket = Bucket(address)
    with tempfile.TemporaryDirectory(prefix="supplyshock-") as folder:
        out = Path(folder)
        sizes = {n: size for n, size in bucket.sizes().items() if n.partition("/")[0] in PARTS}
        for name, size in sizes.items():
            most = MAX_JSON if name.endswith(".json") else MAX_FILE
            if size > most:
                where, expected = f"{address}/{name}", f"at most {most:,} bytes"
                raise StoreError("not opened", where=where, expected=expected, got=f"{size:,}")
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            with open(out / name, "wb") as file:
                file.truncate(size)  # no bytes on disk
        small = (n for n in sizes if n.endswith(".json") and n.partition("/")[0] in parts)
        for name, data in bucket.get_all(small):
            (out / name).write_bytes(data)
        yield out, bucket


def open_remote(address: Address, *, partial: bool = False, chunks: Any = None) -> xr.DataTree:
    """As `open_run`; values come from the store, when they are used."""
    from ..open_store import open_folder

    with folder_outline(address, (RESULTS, NAME)) as (out, bucket), errors_name_address(address, out):
        return open_folder(out, partial=partial, chunks=chunks, at=bucket.below(RESULTS))


def status_remote(address: Address) -> Status:
    """As `run_status`. A process that has said nothing for a while is taken as dead, by the clocks of both sides."""
    with folder_outline(address) as (out, bucket), errors_name_address(address, out):
        for file in (out / WORKERS).glob("*.json"):
            age = time.time() - bucket.changed(f"{WORKERS}/{file.name}")
            about = dict(load_json(file.read_bytes())) | {"locked": age > SILENCE, "place": ""}
            file.write_text(json.dumps(about), encoding="utf-8")
        return replace(run_status(out), run=str(address))


def verify_remote(address: Address, progress: Progress | None = None) -> Verified:
    """As `verify_run`: reads every object."""
    with _with_sums(address) as (out, _, same), errors_name_address(address, out):
        return verify_files(out, progress, same)


def drop_damaged_entries(address: Address, progress: Progress | None = None) -> Repaired:
    """Removes the entries of damaged parts, and the list of what was there before the first block where that is
    damaged: the command that made the run sends them anew. Nothing else is lost.
    """
    from ..verify import Repaired

    with _with_sums(address) as (out, bucket, same), errors_name_address(address, out):
        report = check_integrity(out, progress or Progress(), same)
        journal = journal_of(out, manifest_of(out))
        gone = [journal.path(unit).relative_to(out).as_posix() for unit in report.units]
        gone += [f"{JOURNAL}/{LIST}"] if report.originals else []
        bucket.delete(gone)
        return Repaired(tuple(sorted(gone)), 0, report.missing + len(gone))


@contextmanager
def _with_sums(address: Address) -> Iterator[tuple[Path, Bucket, Same]]:
    """The outline with the sums, and what knows the bytes of all objects."""

    def same(name: str, size: int, sha: str) -> bool:
        try:
            return bucket.digest(name) == (size, sha)
        except FileNotFoundError:
            return False

    with folder_outline(address) as (out, bucket):
        sums = [n for n in bucket.sizes(f"{JOURNAL}/") if n.endswith((*set(STATISTICS.values()), ARCHIVE))]
        for name, data in bucket.get_all(sums):
            (out / name).write_bytes(data)
        yield out, bucket, same


@contextmanager
def errors_name_address(address: Address, out: Path) -> Iterator[None]:
    """Errors name the address and not the folder."""
    try:
        yield
    except StoreError as e:
        about = {k: getattr(e, k).replace(str(out), str(address)) for k in ("where", "expected", "got", "fix")}
        raise StoreError(e.what, **about) from e
