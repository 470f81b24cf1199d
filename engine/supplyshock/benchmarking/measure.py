"""Times the cases of a suite: the first call apart, then repeats, with their spread."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from math import log
from statistics import median
from typing import Any

from .suites import SUITES, Case

REPEATS, MIN_SECONDS = 5, 1.0
"""A case is repeated so often, and for so long, at least."""
MAX_REPEATS = 50
NOISE = 0.05
"""Smallest relative spread that a comparison assumes."""


@dataclass(frozen=True)
class Timing:
    """The seconds of one case of a suite, first call and repeats."""

    suite: str
    case: str
    """``Kernels.time_call(numba float32)``."""
    first: float
    """Seconds of the first call: loading and compiling as well."""
    seconds: float
    """Median of the repeats."""
    low: float
    """Quartiles of the repeats."""
    high: float
    repeats: int
    rate: float
    """Units of work a second, at the median."""
    unit: str

    @property
    def spread(self) -> float:
        """Half the distance of the quartiles, of the median."""
        return (self.high - self.low) / 2 / self.seconds

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def measure(suites: Sequence[str], report: Callable[[str], None] = lambda text: None) -> Iterator[Timing]:
    """Times every case of the suites, in turn; a case that cannot run here (`NotImplementedError`) is left out."""
    for suite in suites:
        for kind in SUITES[suite]:
            for values, name in product(product(*kind.params), _timed_methods(kind)):
                label = f"{kind.__name__}.{name}({', '.join(map(str, values))})"
                report(label)
                timing = time_case(suite, label, kind(), name, values)
                if timing is not None:
                    yield timing


def _timed_methods(kind: type[Case]) -> list[str]:
    return sorted(name for name, _ in inspect.getmembers(kind, inspect.isfunction) if name.startswith("time_"))


def time_case(suite: str, label: str, case: Case, name: str, values: Sequence[Any]) -> Timing | None:
    """One case, or None if it cannot run here."""
    try:
        case.setup(*values)
    except NotImplementedError:
        case.teardown(*values)
        return None
    try:
        call = getattr(case, name)
        first = _seconds(call, values)
        times: list[float] = []
        while len(times) < REPEATS or (sum(times) < MIN_SECONDS and len(times) < MAX_REPEATS):
            times.append(_seconds(call, values))
        times.sort()
        middle = median(times)
        quartiles = times[len(times) // 4], times[-1 - len(times) // 4]
        return Timing(suite, label, first, middle, *quartiles, len(times), case.work(*values) / middle, case.unit)
    finally:
        case.teardown(*values)


def _seconds(call: Callable[..., None], values: Sequence[Any]) -> float:
    start = time.perf_counter()
    call(*values)
    return time.perf_counter() - start


@dataclass(frozen=True)
class Change:
    """A case now and in a former measurement."""

    case: str
    ratio: float
    """Seconds now over seconds then."""
    noise: float
    """Ratio above 1 that the spreads of both explain."""

    @property
    def verdict(self) -> str:
        """``faster``, ``slower`` or ``same``."""
        if abs(log(self.ratio)) <= log(self.noise):
            return "same"
        return "slower" if self.ratio > 1 else "faster"


def compare(now: Sequence[Timing], then: Sequence[Timing]) -> list[Change]:
    """Cases that both have. Two times are the same if they differ by less than three spreads of both."""
    before = {t.case: t for t in then}
    pairs = [(t, before[t.case]) for t in now if t.case in before]
    return [
        Change(t.case, t.seconds / b.seconds, 1.0 + 3.0 * max(NOISE / 3, (t.spread**2 + b.spread**2) ** 0.5))
        for t, b in pairs
    ]
