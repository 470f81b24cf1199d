"""The parent of a branch: a finished run, cut to the weeks before a day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from supplyshock_kernels.params.path_state import part_of

from ...common.dates import DAY, parse_day
from ...common.errors import UsageError, did_you_mean
from ...store.branch import GROUP
from ...store.provenance import digest_of, model_digest
from ...store.stored_scenarios import stored_scenarios
from ..path_reuse import EarlierRun

if TYPE_CHECKING:
    from ...scenarios.scenario import Scenario


@dataclass(frozen=True)
class BranchChoice:
    """What a branch is asked for."""

    run: Path
    """Folder of the parent run."""
    at: str | date
    """The day on which the branch begins: the first of a week of the parent run, or the day after its last."""
    where: tuple[str, ...] = ()
    """Conditions on the parent's paths, in the language of measures; all are met."""
    scenario: str | None = None
    """Of the parent run; None: its first."""


@dataclass(frozen=True)
class Parent:
    """A scenario of a finished run."""

    identity: dict[str, Any]
    whole: Scenario
    """Of all weeks."""
    day: date

    @classmethod
    def of(cls, choice: BranchChoice) -> Parent:
        """Raises `StoreError` for a run that is missing, incomplete or damaged, and `UsageError`."""
        identity = EarlierRun.of(choice.run).manifest.identity
        _check_kind(identity, choice.run)
        whole = _scenario_of(choice)
        return cls(identity, whole, _day_of(choice.at, whole))

    @property
    def weeks(self) -> int:
        """Weeks of the parent run before the day of the branch."""
        return (self.day - self.whole.start).days // 7

    @property
    def before(self) -> Scenario:
        """The weeks before the day."""
        params = part_of(self.whole.params, range(self.weeks))
        return replace(self.whole, weeks=self.weeks, params=params)

    @property
    def name(self) -> str:
        """Sixteen hex digits that name the run."""
        return digest_of(self.identity)

    @property
    def paths(self) -> range:
        """Numbers of its paths."""
        first = int(self.identity["first-path"])
        return range(first, first + int(self.identity["paths"]))


def _check_kind(identity: dict[str, Any], run: Path) -> None:
    where = str(run)
    if "tilt" in identity:
        raise UsageError(
            "a branch cannot continue a run with importance sampling: it would lose the weights of the paths",
            where=where,
            fix="branch from a run without --importance-sample; --where selects its rare paths",
        )
    if GROUP in identity:
        raise UsageError(
            "a branch cannot continue a branch: the states in which those paths begin are not stored",
            where=where,
            fix="give the original run, with a later --at and both conditions",
        )
    if identity["model code"] != model_digest():
        raise UsageError(
            "another version of the model made this run, so its states do not fit",
            where=where,
            expected=f"model code {model_digest()[:12]}",
            got=str(identity["model code"])[:12],
            fix="run it again with this version, with --overwrite",
        )


def _scenario_of(choice: BranchChoice) -> Scenario:
    scenarios = stored_scenarios(choice.run)
    if choice.scenario is None:
        return scenarios[0]
    for scenario in scenarios:
        if scenario.name == choice.scenario:
            return scenario
    names = [s.name for s in scenarios]
    raise UsageError(
        "no such scenario in the run",
        where="--from-scenario",
        expected=", ".join(names),
        got=choice.scenario,
        fix=did_you_mean(choice.scenario, names),
    )


def _day_of(at: str | date, whole: Scenario) -> date:
    day = parse_day(at)
    if day is None:
        raise UsageError("no such day", where="--at", expected=DAY, got=str(at))
    first, last = whole.start + timedelta(weeks=1), whole.start + timedelta(weeks=whole.weeks)
    if not first <= day <= last:
        raise UsageError("the day is outside the run", where="--at", expected=f"{first} to {last}", got=str(day))
    past = (day - whole.start).days % 7
    if past:
        before, after = day - timedelta(days=past), day + timedelta(days=7 - past)
        raise UsageError(
            "not the first day of a week of the run",
            where="--at",
            expected=" or ".join(str(d) for d in (before, after) if first <= d <= last),
            got=str(day),
            fix="states exist only between weeks",
        )
    return day
