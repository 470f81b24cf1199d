"""Adds paths until the standard errors of some statistics are small enough, or a limit is reached.

A run grows by stages. Each stage takes the paths of the one before and adds to them (`RunControl.extend`). The sizes
follow from the errors of the stages, so they depend on scenarios, seed and targets alone, and the result has the bytes
of a run of that size. Stages lie beside the run until it is done: killed anywhere, the same call resumes.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, isfinite
from pathlib import Path
from typing import Any

from ..analysis.open_run import open_run
from ..common.errors import UsageError
from ..common.progress import PartProgress, make_progress
from ..store.atomic_files import store_errors
from ..store.manifest import read_manifest
from ..store.object_store.address import folder_of
from ..store.proposal import PERIOD
from ..store.run_folder import clear
from ..store.status import COMPLETE, state_of
from .backend_selection import Backend
from .precision_targets import PrecisionTarget, TargetStatus, fit_targets, target_statuses
from .run import execute
from .run_report import RunReport
from .run_request import RunControl, RunRequest, book_of

FIRST, STEP = 8192, 1024
"""Paths of the first stage; sizes are multiples of the second. With importance sampling, of its period."""
LEAST, MOST = 1.25, 8.0
"""A stage is at least and at most so many times the one before: an error from few paths is uncertain itself."""
MARGIN = 1.05
NOT_MET = 76
"""Exit code of a run that is complete, and whose cap was reached before its targets."""


@dataclass(frozen=True)
class AdaptiveRunResult:
    """What a run with a stopping rule came to."""

    report: RunReport
    goals: tuple[TargetStatus, ...]
    stages: tuple[int, ...]
    """Paths after each stage."""
    cap: int

    @property
    def met(self) -> bool:
        """Whether every target is."""
        return all(g.met for g in self.goals)

    @property
    def exit_code(self) -> int:
        """What the command line returns."""
        return 0 if self.met else NOT_MET

    @property
    def limit(self) -> str:
        """What ended it, in words."""
        paths = self.report.paths
        if self.met:
            return f"all targets are met with {paths:,} paths"
        worst = max(self.goals, key=lambda g: g.excess)
        need = paths * worst.excess**2
        more = f"about {need:,.0f} paths are needed" if isfinite(need) else "no path has the event"
        return f"stopped at the limit of {self.cap:,} paths: {worst.goal} in {worst.scenario} is not met; {more}"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        goals = [{**vars(g), "met": g.met} for g in self.goals]
        return self.report.as_dict() | {
            "goals": goals,
            "met": self.met,
            "exit_code": self.exit_code,
            "limit": self.limit,
            "stages": list(self.stages),
            "cap": self.cap,
        }


def run_to_targets(
    request: RunRequest,
    out: str | Path,
    targets: Sequence[PrecisionTarget],
    backend: Backend,
    control: RunControl,
) -> AdaptiveRunResult:
    """Runs into `out` with as many paths as the targets need, at most `request.paths`.

    A complete run that is there is taken as the first stage. Raises as `run_scenarios` does, and `UsageError` for
    targets about measures that the run does not have.
    """
    out = folder_of(out, "--target-se")
    targets = fit_targets(targets, request.scenarios, book_of(request))
    stages = _Stages(request, out, backend, replace(control, overwrite=False))
    cap = request.paths
    if control.overwrite:
        stages.clear()
    first, step = (2 * PERIOD, PERIOD) if request.proposal else (FIRST, STEP)
    place, paths = stages.largest() or (None, min(first, cap))
    if paths > cap:
        raise UsageError(
            "the folder contains a run with more paths", where=str(place), expected=f"{cap:,} at most", got=f"{paths:,}"
        )
    sizes: list[int] = []
    while True:
        place, report = stages.run(paths, place)
        sizes.append(paths)
        statuses = stages.statuses(place, targets)
        following = next_size(paths, max(s.excess for s in statuses), cap, step)
        if following == paths:
            break
        paths = following
    stages.finish(place, paths)
    return AdaptiveRunResult(replace(report, run=str(out)), tuple(statuses), tuple(sizes), cap)


class _Stages:
    """The runs that grow into one."""

    def __init__(self, request: RunRequest, out: Path, backend: Backend, control: RunControl) -> None:
        self.request, self.out, self.backend, self.control = request, out, backend, control
        self.folder = stages_of(out)

    def clear(self) -> None:
        """Removes the run and its stages."""
        with store_errors(self.out):
            clear(self.out)
            shutil.rmtree(self.folder, ignore_errors=True)

    def largest(self) -> tuple[Path, int] | None:
        """The largest complete run of an earlier call, and its paths."""
        with store_errors(self.out):
            places = [self.out, *sorted(self.folder.glob("*"))] if self.folder.is_dir() else [self.out]
            complete = [(place, n) for place in places if (n := _complete_paths(place))]
        return max(complete, key=lambda c: c[1], default=None)

    def run(self, paths: int, before: Path | None) -> tuple[Path, RunReport]:
        """A stage of so many paths, which takes those of the stage before; where it lies, and its report."""
        place = before if before and _complete_paths(before) == paths else self.folder / f"{paths:013d}"
        report = self._execute(place, paths, extend=before if before != place else None)
        if before and before not in (place, self.out):
            shutil.rmtree(before, ignore_errors=True)
        return place, report

    def _execute(self, place: Path, paths: int, **changes: Any) -> RunReport:
        """Progress is that of the stage: nobody knows how many paths it takes in all."""
        request, progress = replace(self.request, paths=paths), make_progress(self.control.progress)
        part = PartProgress(progress, f"a stage (of {self.request.paths:,} paths at most)")
        try:
            return execute(request, place, self.backend, replace(self.control, progress=part, **changes))
        finally:
            progress.close()

    def statuses(self, place: Path, targets: Sequence[PrecisionTarget]) -> list[TargetStatus]:
        """How far the targets are."""
        return target_statuses(open_run(place), targets)

    def finish(self, place: Path, paths: int) -> None:
        """Puts the last stage in its place: by a rename, or as a copy if it replaces a smaller run."""
        if place != self.out and self.out.exists():
            self._execute(self.out, paths, extend=place, overwrite=True)
        elif place != self.out:
            with store_errors(self.out):
                place.rename(self.out)
        shutil.rmtree(self.folder, ignore_errors=True)


def stages_of(out: Path) -> Path:
    """Where the stages of a run lie until it is done."""
    return out.with_name(f"{out.name}.until")


def next_size(paths: int, excess: float, cap: int, step: int = 0) -> int:
    """Paths of the next stage where the largest error is `excess` times its target; `paths` where it is the last.

    A multiple of `step`, by default `STEP`, or the cap.
    """
    if excess <= 1.0 or paths >= cap:
        return paths
    grown = paths * min(max(MARGIN * excess**2, LEAST), MOST)
    return min(ceil(grown / (step or STEP)) * (step or STEP), cap)


def _complete_paths(out: Path) -> int:
    """Paths of the complete run in `out`, 0 if there is none."""
    manifest = read_manifest(out)
    if manifest is None or state_of(out, manifest) != COMPLETE:
        return 0
    return int(manifest.identity["paths"])
