"""One row of the registry of measures: what a measure reads, and how it reduces axes and weeks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from supplyshock_kernels.firm_outputs import FIRM_OUTCOMES
from supplyshock_kernels.outputs import DATED, OUTCOMES, SERIES

from ...store.variables import EXPOSURE

Rule = Literal["value", "positive", "happened", "complement", "is", "ratio"]
"""How the number is used: itself; whether it is above 0, or finite (100 or 0 %); 1 less it; whether it is the
index of the label (100 or 0 %); outside China over China."""
Reduction = Literal[
    "peak", "lowest", "mean", "total", "peak_week", "weekly_sd", "monthly_sd", "monthly_autocorrelation"
]
"""What becomes of the weeks of a window."""

NO_WORD = ("peak_week", "weekly_sd", "monthly_sd", "monthly_autocorrelation")
"""Reductions of a row of their own, which no word in the text replaces."""
EVENTS = ("positive", "happened", "is")
"""Rules that give 100 where something happens on a path and 0 elsewhere, so that the mean is a probability in %."""

OUTCOME_AXES: Mapping[str, tuple[str, ...]] = {o.name: o.axes for o in OUTCOMES}
WEEKLY_AXES: Mapping[str, tuple[str, ...]] = {w.name: w.axes for w in SERIES}

FOLDS: Mapping[str, Mapping[str, str]] = {o.name: o.fold for o in OUTCOMES if o.fold} | {
    "price_ratio": {"market": "max", "bloc": "XC"},
    "paid_price_ratio": {"market": "max"},
    "shortage_ratio": {"market": "max", "bloc": "XC"},
    "inventory_weeks": {"bloc": "XC"},
}
"""How an axis without a label is reduced: the sum, the highest, or one label. Other axes need a label."""

NEVER = (*DATED, *(f"{EXPOSURE}/{o.name}" for o in FIRM_OUTCOMES if o.dated))
"""Outcomes that are NaN on a path on which they never happen; in all others NaN is a value that is missing."""


@dataclass(frozen=True, kw_only=True)
class MeasureRow:
    """One measure: its source, the reduction of axes and weeks, and the questions that it can answer."""

    name: str
    title: str
    """A noun phrase for tables."""
    meaning: str
    unit: str
    """For people."""
    outcomes: tuple[str, ...] = ()
    """Outcomes of the store that are added up; empty if only the weekly series have the measure."""
    weekly: str = ""
    """Weekly variable that a time reads; empty if there is none."""
    weekly_unit: str = ""
    """Of one week, where it differs from `unit`."""
    weekly_title: str = ""
    """The unit for weeks that the text names, if it differs from `title`."""
    reduction: Reduction = "peak"
    """The reduction over a window of weeks, unless the text names another."""
    rule: Rule = "value"
    folds: Mapping[str, str] = field(default_factory=dict)
    """By axis, where they differ from `FOLDS`."""
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By axis: the labels that count, which are summed."""
    difference: bool = True
    """Whether the mean difference of two scenarios means something."""
    gradient: bool = False
    """Whether the mean has a derivative by a parameter."""
    example: str = ""

    def axes(self, variable: str, weekly: bool) -> tuple[str, ...]:
        """Axes of a variable that it reads."""
        return (WEEKLY_AXES if weekly else OUTCOME_AXES).get(variable, ())

    @property
    def labels(self) -> tuple[str, ...]:
        """Axes that a label may name, in the order of the store."""
        if self.rule == "is":
            return ("regime",)
        tables = [self.axes(v, False) for v in self.outcomes] or [self.axes(self.weekly, True)]
        common = [a for a in tables[0] if all(a in t for t in tables[1:])]
        return tuple(a for a in common if a not in self.only and not (self.rule == "ratio" and a == "bloc"))

    def fold(self, variable: str, axis: str) -> str:
        """``sum``, ``max``, a label, or nothing if a label is needed."""
        return self.folds.get(axis, FOLDS.get(variable, {}).get(axis, ""))

    @property
    def needed(self) -> tuple[str, ...]:
        """Axes that a label has to name."""
        variable = self.outcomes[0] if self.outcomes else self.weekly
        return tuple(a for a in self.labels if not self.fold(variable, a))

    @property
    def never(self) -> bool:
        """NaN says that it never happened on a path."""
        return any(v in NEVER for v in self.outcomes)

    @property
    def has_mean(self) -> bool:
        """A mean over paths means something: the index of a regime has none."""
        return not {*self.outcomes, self.weekly} & {"regime_end", "regime"} or self.rule == "is"
