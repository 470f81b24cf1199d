"""What a sweep shows, in words: how a measure changes over the points, and what the paths cannot tell."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...analysis.path_values import Array
from ...common.number_format import counted, digits
from ...common.sentence_lines import HELD
from ...scenarios.display_names import factor_name

if TYPE_CHECKING:
    import xarray as xr

ERRORS = 2
"""Standard errors of a bar, and those beyond which two points differ."""
NOTHING = "no difference that the paths can tell"
ALIKE = "no difference between the points that the paths can tell"


class Measured(NamedTuple):
    """A measure over the points that have a mean."""

    title: str
    unit: str
    points: list[int]
    mean: Array
    se: Array
    change: Array
    """Against the config as it is, path by path."""
    change_se: Array

    @classmethod
    def of(cls, results: xr.Dataset, outcome: int, points: Sequence[int]) -> Measured:
        """Of the outcome at these points, without those whose mean is not a number."""
        one = results.isel(outcome=outcome)
        kept = [p for p in points if np.isfinite(one["mean"].values[p])]
        title = str(one["outcome_title"].item())
        columns = (one[name].values[kept] for name in ("mean", "se", "difference", "difference_se"))
        return cls(f"{title[:1].upper()}{title[1:]}", str(one["outcome_unit"].item()), kept, *columns)

    @property
    def bar(self) -> Array:
        """Standard errors of the means or of the changes, whichever are smaller."""
        return np.minimum(self.se, self.change_se)

    @property
    def ends(self) -> tuple[int, int]:
        """Places of the lowest and the highest mean."""
        return int(self.change.argmin()), int(self.change.argmax())

    def apart(self, a: int, b: int) -> bool:
        """Whether two points surely differ, however their errors depend on each other."""
        error = min(self.se[a] + self.se[b], self.change_se[a] + self.change_se[b])
        return bool(abs(self.change[a] - self.change[b]) > ERRORS * error)

    @property
    def varies(self) -> bool:
        """Whether the paths tell the lowest from the highest."""
        return bool(self.points) and self.apart(*self.ends)

    @property
    def side(self) -> str:
        """On which side of the config as it is every point surely lies; empty for none."""
        sure = np.abs(self.change) > ERRORS * self.change_se
        for word, there in (("below", self.change < 0), ("above", self.change > 0)):
            if self.points and (sure & there).all():
                return word
        return ""

    @property
    def same(self) -> str:
        """What to say where the points do not surely differ."""
        return f"{ALIKE}; all are {self.side} the config as it is" if self.side else NOTHING

    def text(self, value: float) -> str:
        """A mean with two digits of what changes."""
        spread = float(np.ptp(self.mean)) if self.points else 0.0
        places = min(6, max(0, 1 - floor(log10(spread)))) if spread else 2
        shown = f"{value:,.{places}f}"
        return shown if float(shown.replace(",", "")) else shown.removeprefix("-")


def curve_finding(one: Measured) -> str:
    """How a measure goes along the values of one factor, in their order."""
    if not one.varies:
        return one.same
    low, high = one.ends
    start, end = one.mean[0], one.mean[-1]
    left, right = (0, len(one.mean) - 1) if start < end else (len(one.mean) - 1, 0)
    if not one.apart(low, left) and not one.apart(high, right):
        return f"{'rises' if start < end else 'falls'} from {one.text(start)} to {one.text(end)}"
    return f"between {one.text(one.mean[low])} and {one.text(one.mean[high])}"


def whole_finding(one: Measured, names: Sequence[str]) -> str:
    """From where to where a measure goes; `names` are those of its points."""
    if len(one.points) == 1:
        return f"{one.text(one.mean[0])} at {names[0]}"
    if not one.varies:
        return one.same
    low, high = one.ends
    return " to ".join(f"{one.text(one.mean[end])} at {names[end]}" for end in (low, high))


def curve_headline(one: Measured, factor: str, values: Sequence[str]) -> str:
    """The finding of a measure with the values of the factor."""
    finding = curve_finding(one)
    if not finding.startswith(("falls", "rises")):
        return f"{one.title}, {one.unit}: {whole_finding(one, values)} ({factor})."
    first, last = ends_text(values[0], values[-1])
    return f"{one.title} {finding} {one.unit} as {factor} goes from {first} to {last}."


def ends_text(first: str, last: str) -> tuple[str, str]:
    """Two values; the first without its unit where the second has the same."""
    number, _, unit = first.partition(HELD)
    return (number if unit and last.endswith(HELD + unit) else first), last


def others(measured: Sequence[Measured]) -> str:
    """How many of several measures change."""
    if len(measured) < 2:
        return ""
    changing = sum(bool(one.varies or one.side) for one in measured)
    return f" {changing} of {counted(len(measured), 'measure')} surely change."


def key_text(key: str, unit: str = "") -> str:
    """A factor as people read it, with its unit."""
    return f"{factor_name(key)}{f' ({unit})' if unit else ''}"


def value_text(value: float, unit: str = "", count: int = 4) -> str:
    """``7 days``, on one line, with so many digits."""
    return f"{digits(value, count)} {unit}".strip().replace(" ", HELD)
