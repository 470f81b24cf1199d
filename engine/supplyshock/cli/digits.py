"""Numbers with sensible digits, as the tables print them."""

from __future__ import annotations

from ..digits import MISSING, MOST, day, number

__all__ = ["MISSING", "MOST", "day", "number"]
