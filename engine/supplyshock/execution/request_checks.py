"""Checks of the request of a run, before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..common.arguments import shown_in_python
from ..common.errors import UsageError, shown

if TYPE_CHECKING:
    from ..scenarios.scenario import Scenario

MAX_PATHS = 10**12
MAX_WORKERS = 1024
MANTISSA_BITS = 12, 22
"""Fewest and most bits of mantissa that may be kept, where not all are."""


def check_numbers(*, paths: object, seed: object, save_series: object, precision: str, threads: object) -> None:
    """Raises `UsageError` for a number of paths, a seed and so on that no run can have."""
    check_whole("paths", paths, 1, MAX_PATHS)
    check_whole("seed", seed, 0, 2**64 - 1)
    check_whole("save-series", save_series, 0, MAX_PATHS)
    if threads is not None:
        check_whole("threads", threads, 1, 4096)
    if precision not in ("float32", "float64"):
        raise UsageError("unknown precision", where="--precision", expected="float32 or float64", got=precision)


def check_whole(name: str, value: object, low: int, high: int) -> None:
    """Raises `UsageError` for a value that is not a whole number from `low` to `high`."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        expected = f"a whole number from {low:,} to {high:,}"
        raise UsageError("out of range", where=f"--{name}", expected=expected, got=f"{value!r:.40}")


def check_are_scenarios(scenarios: object) -> None:
    """Raises `UsageError` unless it is a list of what `load_scenario` returns."""
    wrong = scenarios
    if isinstance(scenarios, Sequence) and not isinstance(scenarios, str):
        others = [s for s in scenarios if not hasattr(s, "params")]
        if not others:
            return
        wrong = others[0]
    fix = "load each with load_scenario, and give a list even of one"
    raise UsageError(
        "not scenarios", where="scenarios", expected="a list of scenarios", got=shown_in_python(wrong), fix=fix
    )


def check_scenarios(scenarios: Sequence[Scenario]) -> None:
    """Raises `UsageError` unless the scenarios have different names and the same weeks, start and labels."""
    if not scenarios:
        raise UsageError("no scenario to run", expected="one or more")
    names = [s.name for s in scenarios]
    for name in names:
        if names.count(name) > 1:
            raise UsageError("two scenarios of one run share a name", got=repr(name), fix="rename one")
    first = scenarios[0]
    for other in scenarios[1:]:
        for field in ("start", "weeks", "labels"):
            if getattr(other, field) != getattr(first, field):
                raise UsageError(
                    f"scenarios of one run need the same {field}",
                    where=other.name,
                    expected=f"that of {first.name}, {shown(getattr(first, field))}",
                    got=shown(getattr(other, field)),
                    fix="run it separately, into its own folder",
                )
        if other.params.initial.members.shape != first.params.initial.members.shape:
            shapes = [f"{len(s.params.initial.members)} states" for s in (first, other)]
            fix = "give both the same initial.states"
            raise UsageError("scenarios of one run need the same number of start states", where=other.name,
                             expected=shapes[0], got=shapes[1], fix=fix)  # fmt: skip
