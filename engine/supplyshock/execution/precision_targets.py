"""Standard errors that a user wants to reach: ``loss:US cvar99 1%``, read and held against the paths of a run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf

import xarray as xr

from ..analysis import risk_measures
from ..analysis.estimators import Estimate, Weights
from ..analysis.measures import find_measure
from ..analysis.risk_measures import Array
from ..analysis.run_groups import scenarios_of
from ..analysis.tail_risk import refuse_never, values_of
from ..common.errors import UsageError

EXPECTED = "MEASURE STATISTIC ERROR, such as 'loss:US cvar99 1%', 'quote:Dy >10 5%' or 'diff loss:US mean 0.5'"
_STATISTIC = re.compile(r"mean|(?:p|cvar)(?P<level>\d{1,2}(?:\.\d+)?)|>(?P<above>-?\d+(?:\.\d+)?)")
_BRACKETS = re.compile(r"(\w+)\[([^\]]*)\]")


@dataclass(frozen=True)
class PrecisionTarget:
    """The standard error of a statistic that is wanted, in every scenario or in every difference to the first."""

    text: str
    """As it was given."""
    difference: bool
    measure: str
    statistic: str
    """``mean``, ``p95``, ``cvar99``, or ``>10``: the share of paths above."""
    error: float
    relative: bool
    """The error is a share of the value, not in its units."""

    @classmethod
    def parse(cls, text: str) -> PrecisionTarget:
        """From `EXPECTED`; ``loss_usd_bn[US]`` is ``loss_usd_bn:US``. Raises `UsageError`."""
        words = _BRACKETS.sub(r"\1:\2", text).split()
        difference = words[:1] == ["diff"]
        if len(words) != 3 + difference:
            raise _refuse(text, EXPECTED)
        measure, statistic, wanted = words[difference:]
        found = _STATISTIC.fullmatch(statistic)
        if not found or found["level"] in ("0", "00"):
            raise _refuse(text, "a statistic such as mean, p95, cvar99 or >10")
        if difference and (statistic.startswith(("p", ">"))):
            raise _refuse(text, "mean or cvar99 of a difference")
        try:
            error = float(wanted.removesuffix("%")) / (100 if wanted.endswith("%") else 1)
        except ValueError:
            raise _refuse(text, "an error such as 1% or 0.5") from None
        if not 0 < error < inf:
            raise _refuse(text, "an error above 0")
        return cls(text, difference, measure, statistic, error, wanted.endswith("%"))

    def estimate(self, x: Array, w: Weights) -> Estimate:
        """The statistic of the values (n,) of a scenario."""
        if self.statistic.startswith(">"):
            return risk_measures.event_share(x > float(self.statistic[1:]), w)
        x = refuse_never(x, self.measure)
        if self.statistic == "mean":
            return risk_measures.mean(x, w)
        if self.statistic.startswith("p"):
            return risk_measures.quantile(x, self.level, w)
        return risk_measures.cvar(x, self.level, w)

    def paired(self, base: Array, other: Array, w: Weights, w_other: Weights) -> Estimate:
        """The statistic of the second scenario less that of the first, on the same paths."""
        base, other = refuse_never(base, self.measure), refuse_never(other, self.measure)
        if self.statistic != "mean":
            base, other = (risk_measures.cvar_influence(x, self.level, v) for x, v in ((base, w), (other, w_other)))
        found = risk_measures.paired(base, other, w, w_other)
        return Estimate(found.value, found.se)

    @property
    def level(self) -> float:
        """That of a quantile or a tail mean, in (0, 1)."""
        return float(self.statistic.lstrip("pcvar")) / 100


@dataclass(frozen=True)
class TargetStatus:
    """How far a goal is in one scenario, or in one difference."""

    goal: str
    scenario: str
    value: float
    se: float
    wanted: float
    """Largest standard error that the goal allows."""

    @property
    def excess(self) -> float:
        """The standard error in units of the wanted one; met at 1 and below."""
        return self.se / self.wanted if self.wanted > 0 else (inf if self.se > 0 else 0.0)

    @property
    def met(self) -> bool:
        """The standard error is small enough."""
        return self.excess <= 1.0


def check_targets(run: xr.DataTree, goals: Sequence[PrecisionTarget]) -> None:
    """Raises `UsageError` for a measure that the run does not have, or a difference where there is one scenario."""
    for goal in goals:
        find_measure(run["outcomes"].to_dataset(), goal.measure)
        if goal.difference and len(scenarios_of(run)) < 2:
            raise _refuse(goal.text, "two scenarios or more, to have a difference")


def target_statuses(run: xr.DataTree, goals: Sequence[PrecisionTarget]) -> list[TargetStatus]:
    """Every goal in every scenario, or in every difference to the first."""
    return [r for goal in goals for r in _reached(run, goal)]


def _reached(run: xr.DataTree, goal: PrecisionTarget) -> Iterator[TargetStatus]:
    values = values_of(run, goal.measure)
    (first, (base, w)), *others = values.items()
    if goal.difference:
        found = {f"{name} - {first}": goal.paired(base, x, w, v) for name, (x, v) in others}
    else:
        found = {name: goal.estimate(x, v) for name, (x, v) in values.items()}
    for name, (value, se) in found.items():
        yield TargetStatus(goal.text, name, value, se, goal.error * abs(value) if goal.relative else goal.error)


def _refuse(got: str, expected: str) -> UsageError:
    return UsageError("no such goal", where="--target-se", expected=expected, got=repr(got))
