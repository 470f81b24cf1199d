"""Standard errors that a user wants to reach: ``loss:US cvar99 1%``, compared with the paths of a run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import xarray as xr

from ..analysis import risk_measures
from ..analysis.estimators import Estimate, Weights
from ..analysis.measures import Measure, Vocabulary, fit_expression, scenario_vocabulary, values_of
from ..analysis.measures.expression import ThresholdText, parse_expression, split_threshold
from ..analysis.measures.firm_rows import is_event
from ..analysis.measures.fitted_measure import COMPARE, PERCENT
from ..analysis.measures.quoted_labels import put_back, take_out
from ..analysis.risk_measures import Array
from ..analysis.tail_risk import refuse_never
from ..common.errors import UsageError

if TYPE_CHECKING:
    from ..scenarios.exposure.book import Book
    from ..scenarios.scenario import Scenario

EXPECTED = (
    "MEASURE STATISTIC ERROR, such as 'loss:US cvar99 1%', 'quote:Dy > 10 5%', 'loss:US > 100 bn USD 5%' or "
    "'diff loss:US mean 0.5'"
)
_STATISTIC = re.compile(r"mean|(?:p|cvar)(?P<level>\d{1,2}(?:\.\d+)?)")
_BRACKETS = re.compile(r"(\w+)\[([^\]]*)\]")


@dataclass(frozen=True)
class PrecisionTarget:
    """The largest standard error of a statistic, in every scenario or in every difference to the first."""

    text: str
    """As it was given."""
    difference: bool
    measure: str
    statistic: str
    """``mean``, ``p95`` or ``cvar99``; empty for a probability, which has a threshold."""
    error: float
    relative: bool
    """The error is a share of the value, not in its units."""
    threshold: ThresholdText | None = None
    """Threshold of a probability in %; after `fit_targets` in the unit of the measure."""

    @classmethod
    def parse(cls, text: str) -> PrecisionTarget:
        """From `EXPECTED`; ``loss_usd_bn[US]`` is ``loss_usd_bn:US``. Raises `UsageError`."""
        open_text, in_quotes = take_out(text)
        words = _BRACKETS.sub(r"\1:\2", open_text).split()
        difference = words[:1] == ["diff"]
        words = words[difference:]
        if len(words) < 2:
            raise _refuse(text, EXPECTED)
        error = _error(text, words[-1])
        measure, statistic, threshold = _split(text, put_back(" ".join(words[:-1]), in_quotes))
        if difference and statistic.startswith("p"):
            raise _refuse(text, "mean, cvar99 or a threshold of a difference")
        return cls(text, difference, measure, statistic, error, words[-1].endswith("%"), threshold)

    def resolved(self, names: Vocabulary) -> Measure:
        """The measure, with the threshold of a probability. Raises `UsageError` for what these names do not have."""
        parts = replace(parse_expression(self.measure), text=self.text)
        if self.threshold is not None:
            parts = replace(parts, threshold=self.threshold)
        return fit_expression(parts, names)

    def fitted(self, names: Vocabulary) -> PrecisionTarget:
        """With its threshold in the unit of the measure. Raises `UsageError` as `resolved` does."""
        level = self.resolved(names).threshold
        return replace(self, threshold=ThresholdText(level.operator, level.level)) if self.threshold and level else self

    def _hits(self, x: Array) -> npt.NDArray[np.bool_]:
        """Where the threshold holds. An event that never happened is on neither side."""
        assert self.threshold is not None
        assert not self.threshold.unit, "fit_targets comes first"
        compare = COMPARE[self.threshold.operator]
        return np.asarray(compare(x.astype(np.float64), self.threshold.number), np.bool_)

    def estimate(self, x: Array, w: Weights) -> Estimate:
        """The statistic of the values (n,) of a scenario; a probability is in %."""
        if self.threshold:
            share = risk_measures.event_share(self._hits(x), w)
            return Estimate(PERCENT * share.value, PERCENT * share.se)
        x = refuse_never(x, self.measure)
        if self.statistic == "mean":
            return risk_measures.mean(x, w)
        if self.statistic.startswith("p"):
            return risk_measures.quantile(x, self.level, w)
        return risk_measures.cvar(x, self.level, w)

    def paired(self, base: Array, other: Array, w: Weights, w_other: Weights) -> Estimate:
        """The statistic of the second scenario less that of the first, on the same paths."""
        if self.threshold:
            base, other = (PERCENT * self._hits(x).astype(np.float64) for x in (base, other))
        base, other = refuse_never(base, self.measure), refuse_never(other, self.measure)
        if self.statistic.startswith("cvar"):
            base, other = (risk_measures.cvar_influence(x, self.level, v) for x, v in ((base, w), (other, w_other)))
        difference = risk_measures.paired(base, other, w, w_other)
        return Estimate(difference.value, difference.se)

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
    allowed: float
    """Largest standard error that the goal allows."""

    @property
    def excess(self) -> float:
        """The standard error in units of the allowed one; met at 1 and below."""
        return self.se / self.allowed if self.allowed > 0 else (inf if self.se > 0 else 0.0)

    @property
    def met(self) -> bool:
        """The standard error is small enough."""
        return self.excess <= 1.0


def fit_targets(
    goals: Sequence[PrecisionTarget], scenarios: Sequence[Scenario], book: Book | None = None
) -> list[PrecisionTarget]:
    """The goals with thresholds in the units of their measures, before anything is simulated.

    Raises `UsageError` for a measure that the scenarios do not have, a unit that is none of the measure, a time, or a
    difference where there is one scenario.
    """
    names = scenario_vocabulary(scenarios[0], book)
    for goal in goals:
        if goal.difference and len(scenarios) < 2:
            raise _refuse(goal.text, "two scenarios or more, to have a difference")
        if goal.resolved(names).window is not None:
            raise _refuse(goal.text, "a measure of all paths: weekly series are kept of the first ones only")
    return [goal.fitted(names) for goal in goals]


def target_statuses(run: xr.DataTree, goals: Sequence[PrecisionTarget]) -> list[TargetStatus]:
    """Every goal in every scenario, or in every difference to the first."""
    return [r for goal in goals for r in _reached(run, goal)]


def _reached(run: xr.DataTree, goal: PrecisionTarget) -> Iterator[TargetStatus]:
    values = values_of(run, goal.measure)
    (first, (base, w)), *others = values.items()
    if goal.difference:
        estimates = {f"{name} - {first}": goal.paired(base, x, w, v) for name, (x, v) in others}
    else:
        estimates = {name: goal.estimate(x, v) for name, (x, v) in values.items()}
    for name, (value, se) in estimates.items():
        yield TargetStatus(goal.text, name, value, se, goal.error * abs(value) if goal.relative else goal.error)


def _error(text: str, word: str) -> float:
    try:
        error = float(word.removesuffix("%")) / (100 if word.endswith("%") else 1)
    except ValueError:
        raise _refuse(text, "an error such as 1% or 0.5") from None
    if not 0 < error < inf:
        raise _refuse(text, "an error above 0")
    return error


def split_statistic(text: str) -> tuple[str, str]:
    """``loss:US`` and ``cvar95`` of ``loss:US cvar95``; the text and nothing if no statistic stands at its end."""
    measure, _, last = text.strip().rpartition(" ")
    match = _STATISTIC.fullmatch(last)
    return (measure, last) if measure and match and match["level"] not in ("0", "00") else (text.strip(), "")


def _split(text: str, head: str) -> tuple[str, str, ThresholdText | None]:
    """Measure, statistic and threshold. A threshold is the statistic of the measure in front of it.

    Of an event alone, such as ``stands``, the statistic is its probability: the mean.
    """
    measure, statistic = split_statistic(head)
    if statistic:
        return measure, statistic, None
    try:
        measure, threshold = split_threshold(head)
        event = is_event(parse_expression(measure).name)
    except UsageError:
        raise _refuse(text, "a statistic such as mean, p95, cvar99 or > 10") from None
    if measure and threshold:
        return measure, "", threshold
    if event:
        return measure, "mean", None
    raise _refuse(text, "a statistic such as mean, p95, cvar99 or > 10")


def _refuse(got: str, expected: str) -> UsageError:
    return UsageError("no such goal", where="--target-se", expected=expected, got=repr(got))
