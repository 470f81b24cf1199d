"""Joins runs of one config and seed whose paths adjoin, into a run of all of them. Nothing is computed again."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

from ..common.errors import UsageError
from ..common.progress import Progress, make_progress
from ..common.signals import stop_on_signal
from ..store.atomic_files import store_errors
from ..store.manifest import read_manifest
from ..store.object_store.address import folder_of
from ..store.run_folder import RunFolder, clear, open_run_folder
from .backend_selection import Backend, recorded_backend
from .capacity import check_capacity
from .path_reuse import EarlierRun, EarlierRuns
from .run_report import RunReport
from .run_request import request_of_run
from .session import Session, define_run


def merge_runs(
    runs: Sequence[str | Path],
    out: str | Path,
    *,
    threads: int | None = None,
    overwrite: bool = False,
    force: bool = False,
    progress: str | Progress = "auto",
) -> RunReport:
    """Joins complete `runs` into the new folder `out`, which then has the bytes of one run of that size.

    They are only read. After an interruption the same call resumes. Versions and machine in the attributes are those
    of the run with the first paths.

    Raises `UsageError` for runs that differ or whose paths do not adjoin, `CapacityError` for a run that does not fit
    (unless `force`), `StoreError`, and `Interrupted`.
    """
    began, out = time.perf_counter(), folder_of(out, "merge")
    reported = make_progress(progress)
    with store_errors(out), stop_on_signal() as stop:
        try:
            folder, backend = _prepare(
                EarlierRuns([EarlierRun.of(folder_of(run, "merge")) for run in runs]), out, threads, overwrite, force
            )
            session = Session(folder, backend, reported, began)
            if not session.schedule.complete:
                session.run(None, stop)
            return session.report()
        finally:
            reported.close()


def _prepare(
    sources: EarlierRuns, out: Path, threads: int | None, overwrite: bool, force: bool
) -> tuple[RunFolder, Backend]:
    _check_adjoining(sources)
    first = sources[0]
    identity = first.manifest.identity
    backend = recorded_backend(str(identity["backend"]), str(identity["device"]), _refuse)
    request = replace(
        request_of_run(first.out, first.manifest, threads=threads),
        first_path=first.first,
        paths=sources[-1].stop - first.first,
        save_series=_series_end(sources),
    )
    manifest = None if overwrite else read_manifest(out)
    definition = define_run(request, backend, manifest.layout if manifest else None)
    sources.check(definition.identity, out)
    if not force:
        check_capacity(definition.plan, out)
    if overwrite:
        clear(out)
    names = [str(s.out) for s in sources]
    return open_run_folder(out, definition, sources=names, made=first.manifest.made_on), backend


def _check_adjoining(sources: EarlierRuns) -> None:
    if len(sources) < 2:
        raise UsageError("nothing to join", expected="two runs or more")
    for a, b in pairwise(sources):
        if a.stop != b.first:
            raise UsageError(
                f"the paths do not adjoin those of {a.out}",
                where=str(b.out),
                expected=f"a first path of {a.stop:,}",
                got=f"{b.first:,}",
                fix="run the missing paths with --first-path, or leave a run out",
            )


def _series_end(sources: EarlierRuns) -> int:
    """One past the last path that all before it have series of, too; 0 without any."""
    stop = first = sources[0].first
    for source in sources:
        if stop == source.first:
            stop = source.kept_to
    return stop if stop > first else 0


def _refuse(*args: Any) -> NoReturn:
    raise AssertionError("every path of a merged run is in a source")
