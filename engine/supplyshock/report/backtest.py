"""The back-test as the page shows it: any table with a sentence that sums it up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Backtest:
    """What the model says of the past, set against what happened."""

    verdict: str
    """The finding in a sentence, its misses included."""
    columns: Sequence[str]
    """Headings; the last column says whether it is a hit, in words."""
    rows: Sequence[Sequence[Any]]
    """Texts and numbers, a row per fact of the past."""
    notes: Sequence[str] = field(default=())
    """How it was done, a paragraph each."""

    def as_dict(self) -> dict[str, Any]:
        """Texts only."""
        rows = [[x if isinstance(x, str) else f"{x:.3g}" for x in row] for row in self.rows]
        return {"verdict": self.verdict, "columns": list(self.columns), "rows": rows, "notes": list(self.notes)}
