"""A measure fitted to the names of a run: how blocks of outcomes or weekly values become one number a path."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

from ...scenarios.display_names import DisplayNames
from ..path_values import Array
from ..summary_tables.rows import COUNTRIES, PLACES
from .measure_row import EVENTS, MeasureRow
from .reductions import REDUCE, sum_in_order
from .window import Window

COMPARE: Mapping[str, Callable[[Array, float], Array]] = {
    ">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le,
}  # fmt: skip
PERCENT = 100.0
"""The value of an event on a path on which it happens, so that the mean is a probability in %."""


class AxisStep(NamedTuple):
    """What becomes of one axis of a variable."""

    axis: str
    how: Literal["take", "sum", "max", "ratio"]
    labels: tuple[int, ...] = ()
    """Labels that count; empty for all."""


class Part(NamedTuple):
    """A variable and what becomes of its axes, in their order."""

    variable: str
    steps: tuple[AxisStep, ...]

    def reduce(self, block: Array, axis: int) -> Array:
        """The block without its axes, the first of which is at position `axis`: (n,), or (n, weeks)."""
        for i, step in reversed(list(enumerate(self.steps))):
            block = _step(np.moveaxis(block, axis + i, 0), step)
        return np.asarray(block)


def _step(x: Array, step: AxisStep) -> Array:
    if step.how == "take":
        return np.asarray(x[step.labels[0]])
    if step.how == "ratio":
        over, under = step.labels
        return np.asarray(x[over].astype(np.float64) / x[under])
    mine = x[list(step.labels)] if step.labels else x
    return sum_in_order(mine) if step.how == "sum" else np.asarray(mine.max(0))


class Level(NamedTuple):
    """A threshold in the unit of the measure."""

    operator: str
    level: float
    written: str = ""
    """As asked for, where it names a unit: ``> 500 USD/kg`` of what is a ratio to the base price."""

    def __str__(self) -> str:
        return f"{self.operator} {self.level:g}"

    def words(self, unit: str) -> str:
        """For people: as asked for, or else in the unit of the measure."""
        return self.written or f"{self} {unit}".strip()


@dataclass(frozen=True)
class Measure:
    """A measure as it was asked for, fitted to the names of a run or a scenario."""

    name: str
    """As asked for: ``loss:US``."""
    row: MeasureRow
    labels: Mapping[str, str]
    """Label by axis."""
    parts: tuple[Part, ...]
    window: Window | None = None
    """Weeks of the series that it reads; None if it reads outcomes of the whole run."""
    regime: int = -1
    """Index of the regime that it is about, where the rule asks for one."""
    threshold: Level | None = None
    display: DisplayNames = field(default_factory=DisplayNames)
    """What people read in place of labels."""

    @property
    def is_event(self) -> bool:
        """100 on a path on which it happens, 0 on others."""
        mean_weeks = self.window is not None and self.window.reduction == "mean" and not self.window.single
        return self.threshold is not None or (self.row.rule in EVENTS and not mean_weeks)

    @property
    def has_difference(self) -> bool:
        """Whether the mean difference of two scenarios means something."""
        return self.threshold is not None or self.row.rule in EVENTS or (self.row.difference and not self.never)

    @property
    def never(self) -> bool:
        """NaN says that it never happened on a path."""
        return self.row.never and self.row.rule == "value" and self.threshold is None and self.window is None

    @property
    def unit(self) -> str:
        """For people: ``bn USD``, ``x baseline``, ``weeks``, ``%``."""
        return "%" if self.threshold is not None else self.value_unit

    @property
    def value_unit(self) -> str:
        """The unit before a threshold."""
        if self.window is not None and self.row.weekly_unit and self.window.reduction != "total":
            return self.row.weekly_unit
        return self.row.unit

    @property
    def units(self) -> str:
        """As the attributes of the store have it: ``1e9 USD``, ``weeks``, ``1``."""
        unit = self.unit.replace("bn USD", "1e9 USD").replace(" a week", " week-1")
        return "weeks" if unit.startswith("weeks") else unit if unit[:1] == "%" or unit.startswith("1e9") else "1"

    def raw(self, blocks: Mapping[str, Array]) -> Array:
        """Without axes: (n,) from outcomes (n, ...), or (n, weeks of the window) from weekly values (n, weeks, ...)."""
        axis = 1 if self.window is None else 2
        reduced = [part.reduce(blocks[part.variable], axis) for part in self.parts]
        return reduced[0] if len(reduced) == 1 else sum_in_order(np.stack([f.astype(np.float64) for f in reduced]))

    def finish(self, raw: Array) -> Array:
        """(n,) the measure, from what `raw` gave."""
        x = self._ruled(raw)
        if self.window is not None:
            weeks = np.ascontiguousarray(x.T, np.float64)
            x = REDUCE[self.window.reduction](weeks, self.window.start)
            if self.window.reduction == "peak_week":
                x = x + self.window.first
        if self.threshold is not None:
            x = PERCENT * COMPARE[self.threshold.operator](x.astype(np.float64), self.threshold.level)
        return np.asarray(x)

    def _ruled(self, x: Array) -> Array:
        match self.row.rule:
            case "positive":
                return np.asarray(PERCENT * (x > 0))
            case "happened":
                return np.asarray(PERCENT * np.isfinite(x))
            case "is":
                return np.asarray(PERCENT * (x == self.regime))
            case "complement":
                return np.asarray(1 - x.astype(np.float64))
        return x

    @property
    def label(self) -> str:
        """As asked for, with the display names of what it names: ``quote:Dy (Dysprosium)``."""
        names = [(self.display.of(axis, label), label) for axis, label in self.labels.items()]
        named = [name for name, label in names if name != label and name.casefold() not in self.name.casefold()]
        return f"{self.name} ({', '.join(named)})" if named else self.name

    def title(self) -> str:
        """The title for a reader: ``lost output, United States``."""
        words = [self._word(axis, label) for axis, label in self.labels.items()]
        words += [f"highest {a}" for a in self._folded("max")]
        title = self.row.title
        if self.window is not None and self.window.words:
            words.append(self.window.words)
            title = self.row.weekly_title or title
        text = ", ".join([title, *words])
        return f"{text} {self.threshold.words(self.value_unit)}" if self.threshold else text

    def words(self, long_name: str = "") -> str:
        """The meaning in words: ``output lost ...: party US, all of sector``."""
        words = [f"{axis} {label}" for axis, label in self.labels.items()]
        words += [f"{'all' if how == 'sum' else 'highest'} of {a}" for how in ("sum", "max") for a in self._folded(how)]
        if self.window is not None and self.window.words:
            words.append(self.window.words)
        if self.threshold is not None:
            words.append(self.threshold.words(self.value_unit))
        return f"{long_name or self.row.meaning}{': ' + ', '.join(words) if words else ''}"

    def _folded(self, how: str) -> list[str]:
        return [s.axis for s in self.parts[0].steps if s.how == how and s.axis not in self.row.only]

    def _word(self, axis: str, label: str) -> str:
        words = {"party": COUNTRIES, "bloc": PLACES}.get(axis, {})
        return words.get(label) or self.display.of(axis, label)
