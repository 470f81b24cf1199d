"""The request of a branch: scenarios from a day on, and the paths of a finished run that they continue."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from supplyshock_kernels.params import FIELDS
from supplyshock_kernels.params.path_state import count_rows, part_of

from ...common.errors import UsageError
from ...common.progress import Progress, make_progress
from ...scenarios.scenario import digest
from ...store.branch import GROUP, Branch, stored_branch
from ...store.manifest import read_manifest
from ...store.object_store.address import folder_of, place_of
from ..backend_selection import Backend, find_backend
from ..request_checks import check_are_scenarios
from ..run_request import OF_BRANCH, RunControl, RunRequest, parted
from .conditions import find_paths
from .parent import BranchChoice, Parent

if TYPE_CHECKING:
    from ...scenarios.scenario import Scenario

FEW = 100
"""Fewer paths than this meet a condition: errors are then large, and said."""


@dataclass(frozen=True)
class Origin:
    """The origin of a branch: a finished run, or a branch that has begun and no longer needs its parent."""

    choice: BranchChoice
    identity: Mapping[str, Any]
    """The backend of the branch that has begun, or of the parent."""
    horizon: int
    """Weeks of the parent."""
    branch: Branch | None = None
    parent: Parent | None = None

    @classmethod
    def of(cls, choice: BranchChoice, out: Path | None = None) -> Origin:
        """`out` may hold the branch already. Raises `UsageError` and `StoreError`."""
        manifest = read_manifest(out) if out else None
        about = manifest.identity.get(GROUP) if manifest else None
        parent = Parent.of(choice) if about is None or read_manifest(choice.run) is not None else None
        if out and manifest and about and _is_asked_for(about, choice, parent):
            branch = stored_branch(out)
            assert branch is not None
            return cls(choice, manifest.identity, branch.horizon, branch=branch)
        parent = parent or Parent.of(choice)
        return cls(choice, parent.identity, parent.whole.weeks, parent=parent)

    def request(self, scenarios: Sequence[Scenario], given: Mapping[str, Any], progress: Progress) -> RunRequest:
        """The request of a branch; what `given`, keywords of `RunRequest`, leaves open is as in the parent.

        Raises `UsageError`, `DeviceError` and `Interrupted`.
        """
        check_are_scenarios(scenarios)
        settings = self._settings(given)
        branch = self.branch
        if branch is None:
            assert self.parent is not None
            backend = find_backend(settings["backend"], settings["device"])
            branch = _find_branch(self.parent, self.choice, backend, settings.get("threads"), progress)
        cut = [branch_scenario(s, branch) for s in scenarios]
        return RunRequest(cut, **({"paths": len(branch.numbers)} | settings), branch=branch)

    def _settings(self, given: Mapping[str, Any]) -> dict[str, Any]:
        settings = _defaults(self.identity) | {k: v for k, v in given.items() if v is not None}
        precision = str(self.identity["precision"])
        if settings["precision"] != precision:
            raise UsageError(
                "the states of the run have another precision",
                where="--precision",
                expected=precision,
                got=str(settings["precision"]),
                fix="leave it out",
            )
        return settings


def _is_asked_for(about: Mapping[str, Any], choice: BranchChoice, parent: Parent | None) -> bool:
    """Whether a branch that is begun is this one, as far as can be told where the parent is gone."""
    same = about["at"] == str(choice.at) and about["where"] == list(choice.where)
    return same and choice.scenario in (None, about["scenario"]) and (parent is None or parent.name == about["run"])


def _defaults(identity: Mapping[str, Any]) -> dict[str, Any]:
    device = str(identity["device"])
    kind = "cpu" if device == "cpu" else "tpu" if "tpu" in device.lower() else "gpu"
    return {
        "backend": str(identity["backend"]),
        "device": kind,
        "precision": str(identity["precision"]),
        "seed": int(identity["seed"]),
    }


def _find_branch(
    parent: Parent, choice: BranchChoice, backend: Backend, threads: int | None, progress: Progress
) -> Branch:
    numbers = find_paths(parent, choice.where, backend, threads, progress)
    whole = len(parent.paths)
    if not len(numbers):
        raise UsageError(
            "no path of the run meets the conditions",
            where="--where",
            expected=f"some of {whole:,} paths of {parent.whole.name} before {parent.day}",
            got=" and ".join(choice.where),
            fix="loosen a condition, choose another --at, or use a run with more paths",
        )
    if choice.where:
        progress.say(_share(len(numbers), whole, choice, parent.day))
    return Branch(
        run=parent.name,
        digest=parent.whole.digest,
        parent=parent.before,
        day=parent.day,
        where=choice.where,
        seed=int(parent.identity["seed"]),
        of=whole,
        horizon=parent.whole.weeks,
        numbers=numbers,
    )


def _share(met: int, of: int, choice: BranchChoice, day: date) -> str:
    share = met / of
    error = math.sqrt(share * (1 - share) / of)
    percent = f"{100 * share:.3g} ± {100 * error:.1g} %"
    text = f"{met:,} of {of:,} paths ({percent}) meet {' and '.join(choice.where)} before {day}"
    if met < FEW:
        error = 50 / math.sqrt(met)
        text += f"; few paths give rough numbers: a probability of 50 % has a standard error of {error:.0f} points"
    return text


def request_branch(
    scenarios: Sequence[Scenario], options: Mapping[str, Any], out: object
) -> tuple[RunRequest, RunControl]:
    """The request and the control that keywords of `run_scenarios` make together. Raises as `Origin` does."""
    given, control = parted(options)
    run, at, where, name = (given.pop(key, None) for key in OF_BRANCH)
    if at is None:
        raise UsageError("a branch needs a day", where="at", expected="a day such as 2027-01-06")
    texts = (where,) if isinstance(where, str) else tuple(where or ())
    choice = BranchChoice(folder_of(run, "from_run"), at, texts, name)
    progress = make_progress(control.progress)
    place = None if control.overwrite else place_of(out)  # type: ignore[arg-type]
    begun = place if isinstance(place, Path) else None
    return Origin.of(choice, begun).request(scenarios, given, progress), control


def branch_scenario(scenario: Scenario, branch: Branch) -> Scenario:
    """The scenario from the day of the branch on. Raises `UsageError` for one that cannot continue the parent."""
    parent, weeks = branch.parent, branch.parent.weeks
    if scenario.start != parent.start:
        raise UsageError(
            "a branch counts its weeks from the first day of the run that it continues",
            where=scenario.name,
            expected=f"start: {parent.start}",
            got=str(scenario.start),
            fix=f"--set start={parent.start}",
        )
    if scenario.labels != parent.labels or count_rows(scenario.params) != count_rows(parent.params):
        axis = next((f for f in parent.labels.__dataclass_fields__ if _differ(scenario, parent, f)), "labels")
        raise UsageError(
            "the scenario has other markets, sources, sectors or lists than the run",
            where=scenario.name,
            expected=f"the {axis} of {parent.name}",
            fix="use the data set of the run",
        )
    if scenario.weeks <= weeks:
        raise UsageError(
            "the scenario ends before the branch begins",
            where=scenario.name,
            expected=f"more than {weeks} weeks from {parent.start}",
            got=str(scenario.weeks),
            fix="give more --weeks; they count from the first day of the run",
        )
    _check_events(scenario, branch)
    params = part_of(scenario.params, range(weeks, scenario.weeks))
    initial = params.initial._replace(members=np.empty((0, 0)), drawn=np.float64(0))
    params = params._replace(initial=initial)
    name = digest(params, scenario.labels, branch.day)
    return replace(scenario, start=branch.day, weeks=params.weeks, params=params, digest=name)


OF_EVENTS = ("regime", "clock", "control", "approval", "approval_of", "announcement")
"""Dated parameters that `policy.events` set."""


def _check_events(scenario: Scenario, branch: Branch) -> None:
    """Raises `UsageError` where events of its own all lie before the day, so that none would happen."""
    day, weeks = branch.day, branch.parent.weeks
    past = future = False
    for name in OF_EVENTS:
        forced = getattr(scenario.params.schedule, name)
        happens = forced != FIELDS[f"schedule.{name}"].neutral
        past |= bool((happens[:weeks] & (forced[:weeks] != getattr(branch.parent.params.schedule, name))).any())
        future |= bool(happens[weeks:].any())
    if past and not future:
        raise UsageError(
            "its events lie before the day of the branch, so none of them would happen",
            where=scenario.name,
            expected=f"an event on {day} or later",
            fix=f"--set policy.first_event={day} moves the events of every scenario that has some",
        )


def _differ(one: Scenario, other: Scenario, field: str) -> bool:
    return bool(getattr(one.labels, field) != getattr(other.labels, field))
