"""Numbers as text: the standard error decides how many digits."""

from __future__ import annotations

from datetime import date, timedelta
from math import floor, isfinite, log10

MISSING = "–"
MAX_DIGITS = 4
"""Digits of a value at most, however small its error."""
SMALLEST = 1e-6
"""Below this a value without an error, and an error of a value within it, are written with an exponent."""


def number(value: float, se: float) -> str:
    """``21.6 ±0.3``: one digit of the error, two where it begins with a 1, four digits of the value at most.

    An error below the last digit shown reads ``±<0.01``. A value without an error (a certainty) has none.
    """
    if not isfinite(value):
        return MISSING
    if not isfinite(se) or se <= 0:
        return f"{value:.2g}" if 0 < abs(value) < SMALLEST else _rounded(value, _places(value, 3))
    if abs(value) <= se < SMALLEST:
        return f"0 ±{se:.0g}"
    places = _places(se, 2 if se / 10.0 ** floor(log10(se)) < 1.95 else 1)
    most = _places(value, MAX_DIGITS) if abs(value) > se else places
    if places <= most:
        return f"{_rounded(value, places)} ±{_rounded(se, places)}"
    least = 10.0**-most
    error = _rounded(se, most) if round(se, most) else f"<{least:g}"
    return f"{_rounded(value, most)} ±{error}"


def _places(x: float, digits: int) -> int:
    """Decimal places that show `digits` digits of x."""
    return digits - 1 - floor(log10(abs(x))) if x else 0


def _rounded(x: float, places: int) -> str:
    text = f"{round(x, places):,.{max(0, places)}f}"
    return text.removeprefix("-") if not float(text.replace(",", "")) else text


def day(start: date, weeks: float, se: float) -> str:
    """``22 Sep 2027 ±1w``: the first day of a week counted from the start; the error in whole weeks."""
    if not isfinite(weeks):
        return MISSING
    first = start + timedelta(weeks=round(weeks))
    error = f" ±{max(1, round(se))}w" if isfinite(se) else ""
    return f"{first.day} {first:%b %Y}{error}"


def digits(x: float, count: int) -> str:
    """``10,000``, ``15,720``, ``0.1235``: so many digits, without an exponent."""
    return f"{float(f'{x:.{count}g}'):,.15g}"


def size_text(size: float) -> str:
    """``87 MB``, ``1.2 GB``, ``690 TB``: bytes in units of 1024, two digits or more."""
    powers = ((50, "PB"), (40, "TB"), (30, "GB"), (20, "MB"))
    power, unit = next((p, u) for p, u in powers if size >= 2**p or u == "MB")
    number = size / 2**power
    return f"{number:,.1f} {unit}" if unit != "MB" and number < 10 else f"{number:,.0f} {unit}"


def counted(n: int, noun: str) -> str:
    """``1 block``, ``2 blocks``: a number with its noun."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"
