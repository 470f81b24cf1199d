"""Opens a run in object storage to work on it: one manifest for all, a stage on this machine, what both share."""

from __future__ import annotations

import hashlib
import os
import shutil
from functools import partial
from pathlib import Path

from supplyshock_kernels.backends import compile_cache

from ...common.errors import StoreError
from .. import JOURNAL, LOGS, RESULTS, WORKERS
from ..atomic_files import write_whole
from ..manifest import NAME, Manifest, check_same, parse_manifest
from ..provenance import made_on
from ..run_definition import RunDefinition
from ..run_folder import RunFolder, open_run_folder
from ..status import units_of
from ..store_template import ARCHIVE, LIST, read_originals
from ..worker_registry import exclusive_access, worker_records
from .address import Address
from .bucket import Bucket
from .heartbeats import exchange_heartbeats, forget_worker
from .journal import SentJournal


def stage_of(address: Address) -> Path:
    """The folder of this machine where parts of a run are made, in the user's cache."""
    endpoint = " ".join(os.environ.get(name, "") for name in address.service.variables)
    return compile_cache.parent() / "stages" / hashlib.sha256(f"{endpoint} {address}".encode()).hexdigest()[:16]


def open_remote_folder(address: Address, definition: RunDefinition, *, overwrite: bool) -> RunFolder:
    """The run at the address, prepared as far as nobody has done so yet; as `open_run_folder`.

    Raises `StoreError` if the store cannot be used and `UsageError` when another run is there.
    """
    bucket, stage = Bucket(address), stage_of(address)
    _check_stage(stage)
    if overwrite:
        _clear(bucket, stage)
    _agree(bucket, stage, Manifest(definition.identity, definition.plan.layout, made_on()))
    folder = open_run_folder(stage, definition)
    _send_originals(bucket, stage)
    folder.journal = SentJournal(folder.journal, bucket)
    folder.writer.read_from(bucket.below(RESULTS))
    folder.name = str(address)
    folder.beside, folder.end = partial(exchange_heartbeats, bucket, stage), partial(_end, folder)
    return folder


def _check_stage(stage: Path) -> None:
    try:
        compile_cache.check_writable(stage.parent, size=1)
    except OSError as e:
        raise StoreError(
            "a run in object storage is first written to a local folder, and this folder is not writable",
            where=str(stage.parent),
            got=e.strerror or str(e),
            fix=f"set {compile_cache.VARIABLE} to a writable folder",
        ) from e


def _agree(bucket: Bucket, stage: Path, proposed: Manifest) -> None:
    """Puts the manifest of the run into the stage: the one that is there, or else the proposed one."""
    try:
        data = bucket.get(NAME)
    except FileNotFoundError:
        _check_free(bucket)
        bucket.create(NAME, proposed.as_bytes())
        data = bucket.get(NAME)
    manifest = parse_manifest(data, f"{bucket.address}/{NAME}")
    if not (stage / NAME).exists() or (stage / NAME).read_bytes() != data:
        shutil.rmtree(stage, ignore_errors=True)  # of a run that was replaced
        write_whole(stage / NAME, data)
    check_same(manifest, proposed.identity, bucket.address)


def manifest_at(address: Address) -> Manifest | None:
    """The manifest of the run there, or None. Raises `StoreError`."""
    try:
        return parse_manifest(Bucket(address).get(NAME), f"{address}/{NAME}")
    except FileNotFoundError:
        return None


def _check_free(bucket: Bucket) -> None:
    names = [n for n in bucket.sizes() if n.partition("/")[0] not in (RESULTS, JOURNAL, LOGS, WORKERS, NAME)]
    if names:
        raise StoreError(
            "not empty and not a run; nothing was touched",
            where=str(bucket.address),
            got=", ".join(sorted(names)[:3]),
            fix="choose another --out",
        )


def _send_originals(bucket: Bucket, stage: Path) -> None:
    """Sends what results.zarr holds before the first block, unless somebody has; the list of it goes last."""
    if next(bucket.get_all([f"{JOURNAL}/{LIST}"]), None):
        return
    originals = read_originals(stage)
    if originals is None:
        raise StoreError("the stage is damaged", where=str(stage), fix="remove it; nothing else is stored there")
    bucket.put_all({f"{RESULTS}/{n}": stage / RESULTS / n for n in originals["files"]})
    for name in (ARCHIVE, LIST):
        bucket.put(f"{JOURNAL}/{name}", stage / JOURNAL / name)


def _end(folder: RunFolder) -> None:
    """Once the run is complete the stage goes, unless another process of this machine is there."""
    complete = all(folder.journal.is_done(unit) for unit in units_of(folder.manifest))
    if complete and not any(s.alive for s in worker_records(folder.out / WORKERS)):
        shutil.rmtree(folder.out, ignore_errors=True)


def _clear(bucket: Bucket, stage: Path) -> None:
    """Removes the run, if there is one. Raises `StoreError` when a process works on it."""
    try:
        bucket.get(NAME)
    except FileNotFoundError:
        return
    stage.mkdir(parents=True, exist_ok=True)
    forget_worker(bucket)
    with exclusive_access(stage, partial(exchange_heartbeats, bucket, stage)):
        bucket.delete([NAME])
        for name in (JOURNAL, RESULTS, LOGS):
            bucket.delete(bucket.sizes(f"{name}/"))
    shutil.rmtree(stage, ignore_errors=True)
