"""Dated events with a weight, and words that their texts share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...analysis.summary_tables.rows import PLACES
from ...scenarios.display_names import DisplayNames

Array = npt.NDArray[Any]


SET = "(set by the scenario)"
"""Said of an event that the path did not bring about."""
LONGEST_SYMBOL = 2
"""Letters of an element's symbol, whose first one stays a capital."""


@dataclass(frozen=True)
class Event:
    """Something that happens on a path."""

    week: int
    kind: str
    """start, regime, control, licence, quota, accident, price, shortage, stop, chips, loss or end."""
    text: str
    weight: float
    """Importance: a story lists the heaviest events."""
    last_week: int | None = None
    """The last week of an event that lasts."""


def runs(flags: Array, gap: int = 0) -> Iterator[tuple[int, int]]:
    """First and last week of every stretch of true weeks; stretches at most `gap` weeks apart are one."""
    weeks = np.flatnonzero(flags)
    if not weeks.size:
        return
    breaks = np.flatnonzero(np.diff(weeks) > gap + 1)
    for first, last in zip([0, *(breaks + 1)], [*breaks, len(weeks) - 1], strict=True):
        yield int(weeks[first]), int(weeks[last])


def day(time: Any) -> str:
    """``9 Jan 2027``."""
    date = np.datetime64(time, "D").item()
    return f"{date.day} {date:%b %Y}"


def times(x: float) -> str:
    """``1.3x``, ``14x``: two digits."""
    return f"{x:.1f}x" if x < 9.95 else f"{x:,.0f}x"


def listing(names: Sequence[str], most: int = 4) -> str:
    """``a, b and c``; beyond `most` names, ``a, b, c and 3 more``."""
    shown = list(names) if len(names) <= most else [*names[: most - 1], f"{len(names) - most + 1} more"]
    joint = ", and " if any(" and " in name for name in shown) else " and "
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])}{joint}{shown[-1]}"


def span(weeks: int) -> str:
    """``1 week``, ``5 weeks``."""
    return f"{weeks} week{'s' if weeks != 1 else ''}"


def place(bloc: str) -> str:
    """``outside China``."""
    return PLACES.get(bloc, bloc)


def market_word(names: DisplayNames, market: str) -> str:
    """``dysprosium``, ``memory chips (DRAM, HBM)``, ``DRAM``, ``NdPr oxide``: a market inside a sentence."""
    name = names.of("market", market)
    first = name.split()[0]
    is_word = len(first) > LONGEST_SYMBOL and first[1:].islower()
    return name[0].lower() + name[1:] if is_word else name


def percent(x: float) -> str:
    """``54 %``."""
    return f"{100 * x:.0f} %"
