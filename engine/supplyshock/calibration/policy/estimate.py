"""One estimate of a parameter, as every part of a calibration hands it on."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log10


@dataclass(frozen=True)
class Estimate:
    """A parameter of parameters.csv with its central 90 % interval."""

    parameter: str
    value: float
    low: float | None
    high: float | None
    unit: str
    method: str
    """likelihood, spells, counts or beta"""
    note: str

    @property
    def rounded(self) -> float:
        """The value to the digits a data table gives."""
        if self.parameter.startswith("policy.expiry."):
            return rounded(self.value, 12)  # they must sum to 1
        return rounded(self.value, 4 if self.method in ("beta", "spells") else 3)


def rounded(value: float, digits: int = 3) -> float:
    """To so many significant digits."""
    return round(value, digits - 1 - floor(log10(abs(value)))) if value else 0.0
