"""Measures of the firm of a run: they read the group ``exposure``, of the book as it is unless an option is named."""

from __future__ import annotations

from collections.abc import Mapping

from supplyshock_kernels.firm_outputs import FIRM_OUTCOMES

from ...store.variables import EXPOSURE
from .expression import written
from .fitted_measure import Measure
from .measure_row import EVENTS, MeasureRow
from .registry import REGISTRY

AS_IT_IS = {"option": "as it is"}
FIRM_AXES: Mapping[str, tuple[str, ...]] = {f"{EXPOSURE}/{o.name}": ("option",) for o in FIRM_OUTCOMES}
"""Axes by variable, which is named ``group/name``: two of them are also names of outcomes."""


def _row(name: str, variable: str, title: str, unit: str = "USD") -> MeasureRow:
    rule = {"folds": AS_IT_IS, "example": name, "outcomes": (f"{EXPOSURE}/{variable}",)}
    if unit == "%":
        meaning = f"probability that {title} in some week"
        return MeasureRow(name=name, title=f"ever: {title}", meaning=meaning, unit=unit, rule="happened", **rule)  # type: ignore[arg-type]
    return MeasureRow(name=name, title=title, meaning=f"{title} of the firm over the run", unit=unit, **rule)  # type: ignore[arg-type]


FIRM_ROWS: dict[str, MeasureRow] = {
    row.name: row
    for row in (
        _row("stands", "first_stop_week", "a line of the firm stands", "%"),
        _row("slower", "binding_input", "a line of the firm lacks an input", "%"),
        _row("standing_weeks", "stop_weeks", "weeks in which a line stands", "weeks"),
        _row("all_costs", "total_cost_usd", "all costs over base prices"),
        _row("extra_cost", "extra_cost_usd", "extra cost over base prices"),
        _row("lost_value_added", "lost_value_added_usd", "lost value added"),
    )
}
"""By name: a run has them where it has a book."""


def is_event(name: str) -> bool:
    """Whether a measure of the world or of a firm is a probability already, such as ``deal`` and ``stands``."""
    row = REGISTRY.get(name) or FIRM_ROWS.get(name)
    return row is not None and row.rule in EVENTS


NEARER = ("lost_value_added", "extra_cost")
"""What says how near a path on which an event does not happen comes to it; the first before the next."""


def nearer(measure: Measure) -> list[str]:
    """Texts of `NEARER`, of the same option as a measure of the firm."""
    option = written(measure.labels["option"])
    return [f"{name}:{option}" for name in NEARER]
