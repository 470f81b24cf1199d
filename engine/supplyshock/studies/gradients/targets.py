"""Measures that have a gradient: totals over the run whose expectation is smooth."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from ...analysis.measures import REGISTRY, Measure, resolve, scenario_vocabulary
from ...common.errors import UsageError

if TYPE_CHECKING:
    from ...scenarios.scenario import Scenario

KINDS = {
    "loss_usd_bn": "loss",
    "price_bill_usd_bn": "bill",
    "substitution_usd_bn": "substitution",
    "unmet_weeks_of_use": "unmet",
}
"""Kind of total in the gradient's rows, by outcome; without the axis of sectors."""


@dataclass(frozen=True)
class Target:
    """A total over the run."""

    name: str
    """``loss:US``, ``bill:CN``, ``cost:US``, ``unmet:Dy``, ``unmet:Dy,CN``."""
    cells: tuple[tuple[str, tuple[int, ...]], ...]
    """loss, bill, substitution or unmet, with the index of a party, or of market and bloc; the total is their sum."""
    words: str
    unit: str


def find_target(scenario: Scenario, measure: str) -> Target:
    """The target of a measure. Raises `UsageError` for one that is not there or has no gradient."""
    resolved = resolve(measure, scenario_vocabulary(scenario))
    smooth = resolved.row.gradient and resolved.window is None and resolved.threshold is None
    cells = _cells(resolved, scenario) if smooth else None
    if cells is None:
        names = ", ".join(row.example for row in REGISTRY.values() if row.gradient)
        raise UsageError(
            "this measure has no gradient",
            where=measure,
            expected=f"a total of a party or of one market, such as {names.replace(',ev_auto', '')}",
            fix="use `sweep` for peaks, counts of weeks, dates, probabilities and single sectors",
        )
    return Target(measure, cells, resolved.title(), resolved.unit)


def _cells(measure: Measure, scenario: Scenario) -> tuple[tuple[str, tuple[int, ...]], ...] | None:
    """None for a sector, and for the highest of several."""
    cells: list[tuple[str, tuple[int, ...]]] = []
    for part in measure.parts:
        choices = []
        for step in part.steps:
            if step.axis == "sector":
                if step.how != "sum":
                    return None
            elif step.how == "take":
                choices.append([step.labels[0]])
            elif step.how == "sum":
                choices.append(list(range(len(scenario.labels.of(step.axis)))))
            else:
                return None
        cells += [(KINDS[part.variable], index) for index in product(*choices)]
    return tuple(cells)
