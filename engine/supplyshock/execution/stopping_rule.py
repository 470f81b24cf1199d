"""Runs until the standard errors that a user wants are reached, or a cap.

Stages of growing size, each of which takes the paths of the one before and adds to them (`execute`, extend). The
sizes follow from the errors that were seen, so they depend on scenarios, seed and goals alone, and the result has the
bytes of a run of that size. Stages lie beside the run until it is done: killed anywhere, the same call goes on.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..analysis.open_run import open_run
from ..common.errors import UsageError
from ..store.atomic_files import store_errors
from ..store.manifest import read_manifest
from ..store.object_store.address import folder_of
from ..store.proposal import PERIOD
from ..store.run_folder import clear
from ..store.status import COMPLETE, state_of
from .precision_targets import PrecisionTarget, TargetStatus, check_targets, target_statuses
from .run_report import RunReport
from .session import run_scenarios

if TYPE_CHECKING:
    import xarray as xr

    from ..scenarios.scenario import Scenario

FIRST, STEP = 8192, 1024
"""Paths of the first stage; sizes are multiples of the second. With importance sampling, of its period."""
LEAST, MOST = 1.25, 8.0
"""A stage is so many times the one before: errors of few paths are errors themselves."""
MARGIN = 1.05


@dataclass(frozen=True)
class AdaptiveRunResult:
    """What a run until some errors came to."""

    report: RunReport
    goals: tuple[TargetStatus, ...]
    stages: tuple[int, ...]
    """Paths after each stage."""
    cap: int

    @property
    def met(self) -> bool:
        """All goals are."""
        return all(g.met for g in self.goals)

    @property
    def limit(self) -> str:
        """What ended it, in words."""
        paths = self.report.paths
        if self.met:
            return f"all errors are reached with {paths:,} paths"
        worst = max(self.goals, key=lambda g: g.excess)
        need = paths * worst.excess**2
        more = f"about {need:,.0f} paths would do" if isfinite(need) else "what it is about was not seen"
        return f"ended by the cap of {self.cap:,} paths: {worst.goal} in {worst.scenario} is not reached; {more}"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        goals = [{**vars(g), "met": g.met} for g in self.goals]
        return self.report.as_dict() | {
            "goals": goals, "met": self.met, "limit": self.limit, "stages": list(self.stages), "cap": self.cap,
        }  # fmt: skip


def run_until(
    scenarios: Sequence[Scenario],
    out: str | Path,
    goals: Sequence[PrecisionTarget],
    *,
    paths: int,
    overwrite: bool = False,
    **how: Any,
) -> AdaptiveRunResult:
    """Runs `scenarios` into `out` with as many paths as the goals need, at most `paths`; `how` as `run_scenarios`.

    A complete run that is there is taken as the first stage. Raises as `run_scenarios` does, and `UsageError` for
    goals about measures that are not there.
    """
    out = folder_of(out, "--target-se")
    stages = stages_of(out)
    first, step = (2 * PERIOD, PERIOD) if how.get("tilt") else (FIRST, STEP)
    if overwrite:
        with store_errors(out):
            clear(out)
            shutil.rmtree(stages, ignore_errors=True)
    at, n = _begun(out, stages) or (None, min(first, paths))
    if n > paths:
        raise UsageError("a run with more paths is there", where=str(at), expected=f"{paths:,} at most", got=f"{n:,}")
    sizes: list[int] = []
    while True:
        before, at = at, at if at and _there(at) == n else stages / f"{n:013d}"
        report = run_scenarios(scenarios, at, paths=n, extend=before if before != at else None, **how)
        if before and before not in (at, out):
            shutil.rmtree(before, ignore_errors=True)
        sizes.append(n)
        tree = open_run(at)
        _check(tree, goals, stages)
        found = target_statuses(tree, goals)
        more = next_size(n, max(g.excess for g in found), paths, step)
        if more == n:
            break
        n = more
    if at != out:
        _settle(scenarios, at, out, n, how)
    shutil.rmtree(stages, ignore_errors=True)
    return AdaptiveRunResult(replace(report, run=str(out)), tuple(found), tuple(sizes), paths)


def _check(tree: xr.DataTree, goals: Sequence[PrecisionTarget], stages: Path) -> None:
    """Raises `UsageError` for goals about what is not there, and leaves nothing behind."""
    try:
        check_targets(tree, goals)
    except UsageError:
        shutil.rmtree(stages, ignore_errors=True)
        raise


def _begun(out: Path, stages: Path) -> tuple[Path, int] | None:
    """The largest complete run of an earlier call, and its paths."""
    with store_errors(out):
        places = [out, *sorted(stages.glob("*"))] if stages.is_dir() else [out]
        found = [(place, n) for place in places if (n := _there(place))]
    return max(found, key=lambda f: f[1], default=None)


def stages_of(out: Path) -> Path:
    """Where the stages of a run lie until it is done."""
    return out.with_name(f"{out.name}.until")


def next_size(n: int, excess: float, most: int, step: int = 0) -> int:
    """Paths of the next stage where the largest error is `excess` times the wanted one; `n` where it is the last.

    A multiple of `step`, by default `STEP`, or the most.
    """
    if excess <= 1.0 or n >= most:
        return n
    grown = n * min(max(MARGIN * excess**2, LEAST), MOST)
    return min(ceil(grown / (step or STEP)) * (step or STEP), most)


def _there(out: Path) -> int:
    """Paths of the complete run in `out`, 0 where there is none."""
    manifest = read_manifest(out)
    if manifest is None or state_of(out, manifest) != COMPLETE:
        return 0
    return int(manifest.identity["paths"])


def _settle(scenarios: Sequence[Scenario], at: Path, out: Path, paths: int, how: dict[str, Any]) -> None:
    """Puts the last stage in its place: by its name, or, where a smaller run is to be replaced, as a copy."""
    if out.exists():
        run_scenarios(scenarios, out, paths=paths, extend=at, overwrite=True, **how)
        return
    with store_errors(out):
        at.rename(out)
