"""Dates that the project can store: times in results count nanoseconds in 64 bits, which end in April 2262."""

from __future__ import annotations

from datetime import date

FIRST, LAST = date(1678, 1, 1), date(2261, 12, 31)
FORM = "YYYY-MM-DD"
DAY = f"a date such as 2027-01-10, from {FIRST} to {LAST}"
"""The text that an error gives as expected where `parse_day` finds none."""


def parse_day(value: object) -> date | None:
    """A date, or its ISO text, in the range that results can hold; None for anything else."""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            return None
    return value if type(value) is date and FIRST <= value <= LAST else None  # a datetime is refused
