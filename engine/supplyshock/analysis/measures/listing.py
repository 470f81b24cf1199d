"""The registry for people and programs: a record per measure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .expression import written
from .measure_row import MeasureRow
from .registry import REGISTRY
from .vocabulary import Vocabulary

GRAMMAR = """NAME[:LABEL[,LABEL]] [TIME] [THRESHOLD]
  TIME       at week 26 | at 2027-04-07 | [peak|lowest|mean|total] before DATE | after DATE | from DATE to DATE
             (a DATE may be `week N`, from 0; without a word in front: what the row says, peak for prices)
  LABEL      in quotes if it has a comma or words of a time: stands:"eight weeks, two sources"
  THRESHOLD  > 5 | >= 26 weeks | < 20 % | > 50 bn USD: the probability in %
Without a time a price is its highest of the run (peak), a loss the total of the run.
A time reads the weekly series (run --save-series N) in `compare` and Python, /summary for one week in `show`, and
all paths in `sweep`, `sensitivity` and `uncertainty`."""


def records(names: Vocabulary | None = None) -> list[dict[str, Any]]:
    """Name, labels, units, meaning and example of every measure; of a run only those that it has."""
    rows = REGISTRY.values() if names is None else names.rows.values()
    return [_record(row, names) for row in rows]


def _record(row: MeasureRow, names: Vocabulary | None) -> dict[str, Any]:
    about: dict[str, Any] = {
        "name": row.name,
        "labels": [f"[{a}]" if a not in row.needed else a for a in row.labels],
        "unit": row.unit,
        "meaning": row.meaning,
        "without_a_time": "whole run" if row.outcomes else f"{row.reduction} of the weekly series",
        "weekly": row.weekly or None,
        "over_weeks": row.reduction if row.weekly else None,
        "difference": row.difference,
        "gradient": row.gradient,
        "example": row.example,
    }
    if names is not None:
        about["known_labels"] = {a: list(names.of(a)) for a in row.labels}
    return about


NAMED = ("market", "chip", "sector", "party", "bloc", "option")
"""Axes whose labels measures name."""


def label_lines(names: Vocabulary, axes: Sequence[str] = NAMED) -> list[str]:
    """``sector: ev_auto (cars), ...`` for the axes that measures name: each label with its display name."""

    def both(axis: str, label: str) -> str:
        name = names.display.of(axis, label)
        return written(label) if name == label else f"{label} ({name})"

    return [f"{axis}: {', '.join(both(axis, label) for label in names.of(axis))}" for axis in axes if names.of(axis)]
