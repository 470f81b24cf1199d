"""Makes anew what is damaged in a run, and nothing else: the bytes are then those of an undisturbed run."""

from __future__ import annotations

import threading
import zipfile
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from supplyshock_kernels.backends import Simulate

from ..common.errors import StoreError
from ..common.progress import Progress
from ..common.signals import stop_on_signal
from ..store import JOURNAL, RESULTS
from ..store.atomic_files import store_errors
from ..store.manifest import Manifest
from ..store.run_definition import RunDefinition
from ..store.run_folder import open_run_folder
from ..store.status import journal_of, manifest_of
from ..store.store_template import ARCHIVE, LIST, keep_originals, put_back, read_originals
from ..store.untrusted.files import MAX_JSON, is_inside
from ..store.variables import variables
from ..store.verify import IntegrityReport, Repaired, check_integrity, in_folder
from .backend_selection import Backend, find_backend
from .run_request import RunRequest, request_of_run
from .session import Session, define_run


def repair_run(
    out: str | Path, *, backend: Simulate | None = None, threads: int | None = None, progress: Progress | None = None
) -> Repaired:
    """Reads all of a run and makes again what is damaged; `backend` is needed for a run that a callable made.

    Raises `StoreError` for what cannot be mended, `UsageError` if the model is another one than that of the run,
    `DeviceError`, and `Interrupted`: the same command resumes.
    """
    out, progress = Path(out), progress or Progress()
    with store_errors(out), stop_on_signal() as stop:
        try:
            manifest = manifest_of(out)
            report = check_integrity(out, progress, in_folder(out))
            run = _RecordedRun(out, manifest, backend, threads)
            names = _mend_originals(run, report.originals)
            _forget(out, manifest, report)
            parts = 0
            if report.units and not report.missing:
                parts = _compute(run, progress, stop)
                names += [name for files in report.units.values() for name in files]
            return Repaired(tuple(sorted(names)), parts, 0 if parts else report.missing + len(report.units))
        finally:
            progress.close()


@dataclass(frozen=True)
class _RecordedRun:
    """The record that a run keeps of itself. A repair makes a request, a backend and a plan from it on demand."""

    out: Path
    manifest: Manifest
    simulate: Simulate | None
    threads: int | None

    @cached_property
    def request(self) -> RunRequest:
        return request_of_run(self.out, self.manifest, self.simulate, self.threads)

    @cached_property
    def backend(self) -> Backend:
        return find_backend(self.request.backend, self.request.device)

    @cached_property
    def definition(self) -> RunDefinition:
        return define_run(self.request, self.backend, self.manifest.layout)


def _mend_originals(run: _RecordedRun, damaged: set[str]) -> list[str]:
    out, files = run.out, damaged - {LIST, ARCHIVE}
    if files and ARCHIVE in damaged:
        raise _hopeless(out / RESULTS / min(files), "the archive of originals is damaged too")
    if files:
        originals = read_originals(out)
        assert originals is not None
        put_back(out, files, originals)
    if damaged - files:
        if LIST in damaged:  # then the archive vouches for the files, by checksums of its own
            _compare_with_archive(out)
        keep_originals(out, (f"{v.group}/{v.name}" for v in variables(run.definition.plan)))
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
    return StoreError(f"cannot be repaired: {why}", where=str(file), fix="give the command of the run with --overwrite")


def _forget(out: Path, manifest: Manifest, report: IntegrityReport) -> None:
    journal = journal_of(out, manifest)
    for unit in report.units:
        journal.forget(unit)


def _compute(run: _RecordedRun, progress: Progress, stop: threading.Event) -> int:
    session = Session(open_run_folder(run.out, run.definition), run.backend, progress)
    before = len(session.schedule.done)
    session.run(None, stop)
    return len(session.schedule.done) - before
