"""Makes anew what is damaged in a run, and nothing else: the bytes are then those of an undisturbed run."""

from __future__ import annotations

import threading
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from supplyshock_kernels.backends import Simulate

from ..common.errors import StoreError
from ..common.progress import Progress
from ..common.signals import stop_on_signal
from ..store import JOURNAL, RESULTS
from ..store.atomic_files import store_errors
from ..store.manifest import Manifest
from ..store.status import journal_of, manifest_of
from ..store.store_template import ARCHIVE, LIST, keep_originals, put_back, read_originals
from ..store.untrusted.files import MAX_JSON, is_inside
from ..store.variables import variables
from ..store.verify import IntegrityReport, Repaired, check_integrity, in_folder
from .run_request import RunRequest, request_of_run
from .session import Session, prepare


def repair_run(
    out: str | Path, *, backend: Simulate | None = None, threads: int | None = None, told: Progress | None = None
) -> Repaired:
    """Reads all of a run and makes anew what is damaged; `backend` is needed for a run that a callable made.

    Raises `StoreError` for what cannot be mended, `UsageError` where the model is another one than that of the run,
    `DeviceError`, and `Interrupted`: the same command goes on.
    """
    out, told = Path(out), told or Progress()
    with store_errors(out), stop_on_signal() as stop:
        try:
            manifest = manifest_of(out)
            found = check_integrity(out, told, in_folder(out))
            wanted = partial(request_of_run, out, manifest, backend, threads)
            names = _mend_originals(out, found.originals, wanted, manifest)
            _forget(out, manifest, found)
            parts = 0
            if found.units and not found.missing:
                parts = _compute(out, wanted(), told, stop)
                names += [name for files in found.units.values() for name in files]
            return Repaired(tuple(sorted(names)), parts, 0 if parts else found.missing + len(found.units))
        finally:
            told.close()


def _mend_originals(out: Path, damaged: set[str], wanted: Callable[[], RunRequest], manifest: Manifest) -> list[str]:
    files = damaged - {LIST, ARCHIVE}
    if files and ARCHIVE in damaged:
        raise _hopeless(out / RESULTS / min(files), "the archive of originals is damaged too")
    if files:
        known = read_originals(out)
        assert known is not None
        put_back(out, files, known)
    if damaged - files:
        if LIST in damaged:  # then the archive vouches for the files, by checksums of its own
            _compare_with_archive(out)
        plan = (request := wanted()).plan(request.check(), manifest.layout)
        keep_originals(out, (f"{v.group}/{v.name}" for v in variables(plan)))
    return [f"{JOURNAL}/{n}" if n in (LIST, ARCHIVE) else f"{RESULTS}/{n}" for n in damaged]


def _compare_with_archive(out: Path) -> None:
    try:
        with zipfile.ZipFile(out / JOURNAL / ARCHIVE) as archive:
            for item in archive.infolist():
                name = item.filename
                if not is_inside(name) or item.file_size > MAX_JSON:
                    raise zipfile.BadZipFile(f"a file that no run has: {name!r}")
                if (out / RESULTS / name).read_bytes() != archive.read(name):
                    raise _hopeless(out / RESULTS / name, "it or its copy is damaged, and so is the list of checksums")
    except (OSError, zipfile.BadZipFile, KeyError, EOFError, zlib.error) as e:
        raise _hopeless(out / JOURNAL / ARCHIVE, "the list of checksums is damaged too") from e


def _hopeless(file: Path, why: str) -> StoreError:
    return StoreError(f"cannot be mended: {why}", where=str(file), fix="give the command of the run with --overwrite")


def _forget(out: Path, manifest: Manifest, found: IntegrityReport) -> None:
    journal = journal_of(out, manifest)
    for unit in found.units:
        journal.forget(unit)


def _compute(out: Path, wanted: RunRequest, told: Progress, stop: threading.Event) -> int:
    found = wanted.check()
    session = Session(prepare(out, wanted, found, overwrite=False), wanted.scenarios, found, told)
    before = len(session.schedule.done)
    session.run(None, stop)
    return len(session.schedule.done) - before
