"""Joins runs of one config and seed whose paths adjoin, into a run of all of them. Nothing is computed again."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

from ..common.errors import UsageError
from ..common.progress import Progress, make_progress
from ..common.signals import stop_on_signal
from ..store.atomic_files import store_errors
from ..store.provenance import identity
from ..store.run_folder import clear, open_run_folder
from .backend_selection import Backend
from .path_reuse import EarlierRun, EarlierRuns
from .run_report import RunReport
from .run_request import request_of_run
from .session import Session


def merge_runs(
    runs: Sequence[str | Path],
    out: str | Path,
    *,
    threads: int | None = None,
    overwrite: bool = False,
    progress: str | Progress = "auto",
) -> RunReport:
    """Joins complete `runs` into the new folder `out`, which then has the bytes of one run of that size.

    They are only read. Interrupted, the same call goes on. Versions and machine in the attributes are those of the
    run with the first paths.

    Raises `UsageError` for runs that differ or whose paths do not adjoin, `StoreError`, and `Interrupted`.
    """
    began, out = time.perf_counter(), Path(out)
    told = make_progress(progress) if isinstance(progress, str) else progress
    with store_errors(out), stop_on_signal() as stop:
        try:
            sources = EarlierRuns([EarlierRun.of(Path(run)) for run in runs])
            _check_adjoining(sources)
            first = sources[0]
            held = first.manifest.identity
            backend = Backend(_refuse, str(held["backend"]), "", str(held["device"]))
            wanted = request_of_run(first.out, first.manifest, None, threads)
            wanted = replace(
                wanted.of_paths(first.first, sources[-1].stop - first.first), save_series=_kept_to(sources)
            )
            sources.check(identity(wanted.plan(backend), wanted.scenarios), out)
            if overwrite:
                clear(out)
            names = [str(s.out) for s in sources]
            plan = partial(wanted.plan, backend)
            folder = open_run_folder(out, wanted.scenarios, plan, sources=names, made=first.manifest.made_on)
            session = Session(folder, wanted.scenarios, backend, told)
            if not session.schedule.complete:
                session.run(None, stop)
            return session.report(time.perf_counter() - began)
        finally:
            told.close()


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
                fix="run what is missing with --first-path, or leave a run out",
            )


def _kept_to(sources: EarlierRuns) -> int:
    """One past the last path that all before it have series of, too; 0 without any."""
    kept = sources[0].first
    for source in sources:
        if kept == source.first:
            kept = source.kept_to
    return kept if kept > sources[0].first else 0


def _refuse(*args: Any) -> NoReturn:
    raise AssertionError("every path of a merged run is in a source")
