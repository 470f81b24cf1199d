"""The weeks that scenarios of a run have in common: parameters that are the same to the last bit until a week.

A week of a path depends on the dated parameters of that week and those before it, and on all others. So scenarios whose
dated parameters differ first in some week, and whose others are the same, are one scenario until then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from supplyshock_kernels.params import FIELDS, Params, all_values

LEAST = 4
"""Fewest common weeks that are worth a pause: it costs about as much as one week, and spares the start of a path."""


@dataclass(frozen=True)
class Stem:
    """Weeks that some scenarios have in common, after those that they have in common with more."""

    scenarios: tuple[int, ...]
    """Two or more, ascending."""
    stop: int
    """One past the last of these weeks."""
    parent: Stem | None = None

    @property
    def start(self) -> int:
        """The first of these weeks."""
        return self.parent.stop if self.parent else 0

    @property
    def depth(self) -> int:
        """Stems from the first week to here."""
        return 1 + (self.parent.depth if self.parent else 0)


@dataclass(frozen=True)
class CommonWeeks:
    """What the scenarios of a run have in common."""

    weeks: int
    """Of the run."""
    stems: tuple[Stem | None, ...]
    """By scenario, the last one that it is part of."""

    @classmethod
    def of(cls, scenarios: Sequence[Params]) -> CommonWeeks:
        """Finds the common weeks of scenarios by the digests of their weekly inputs."""
        weeks = scenarios[0].weeks
        found: dict[int, Stem | None] = {}
        if len(scenarios) > 1:
            digests = [_digest_weeks(params) for params in scenarios]
            _grow(found, digests, tuple(range(len(scenarios))), 0, None)
        return cls(weeks, tuple(found.get(i) for i in range(len(scenarios))))

    @property
    def all_stems(self) -> tuple[Stem, ...]:
        """Every stem once, parents first."""
        found = dict.fromkeys(s for stem in self.stems for s in _line(stem))
        return tuple(sorted(found, key=lambda s: s.depth))

    @property
    def depth(self) -> int:
        """Most stems that are in use at a time; 0: nothing is in common."""
        return max((s.depth for s in self.all_stems), default=0)

    @property
    def simulated(self) -> int:
        """Weeks that are simulated for each path number, over all scenarios."""
        stems = sum(s.stop - s.start for s in self.all_stems)
        return stems + sum(self.weeks - (s.stop if s else 0) for s in self.stems)

    @property
    def order(self) -> tuple[int, ...]:
        """The scenarios, such that those of a stem follow each other."""
        return tuple(sorted(range(len(self.stems)), key=lambda i: [*(s.scenarios for s in _line(self.stems[i])), (i,)]))


def _line(stem: Stem | None) -> list[Stem]:
    """The stems from the first week to this one."""
    return [*_line(stem.parent), stem] if stem else []


def _digest_weeks(params: Params) -> list[bytes]:
    """A digest of the parameters of each week; that of the first also of all that have no date."""
    weeks = [sha256() for _ in range(params.weeks)]
    for key, value in all_values(params):
        array, axes = np.ascontiguousarray(value), FIELDS[key].axes
        if "time" in axes:
            by_week = np.ascontiguousarray(np.moveaxis(array, axes.index("time"), 0))
            for week, row in zip(weeks, by_week, strict=True):
                week.update(row.tobytes())
        else:
            weeks[0].update(f"{key} {array.dtype} {array.shape} ".encode() + array.tobytes())
    return [week.digest() for week in weeks]


def _grow(
    found: dict[int, Stem | None], digests: list[list[bytes]], some: tuple[int, ...], week: int, parent: Stem | None
) -> None:
    """Enters the last stem of some scenarios, which are the same before a week and have a stem until no later."""
    if len(some) == 1:
        found[some[0]] = parent
        return
    last = len(digests[0]) - 1  # a pause is before the last week at the latest
    while week < last and len({digests[i][week] for i in some}) == 1:
        week += 1
    stem = parent
    if week - (parent.stop if parent else 0) >= LEAST:
        stem = Stem(some, week, parent)
    if week == last:
        found.update(dict.fromkeys(some, stem))
        return
    for group in _groups(digests, some, week):
        _grow(found, digests, group, week + 1, stem)


def _groups(digests: list[list[bytes]], some: tuple[int, ...], week: int) -> Iterator[tuple[int, ...]]:
    """The scenarios that are the same in a week too."""
    groups: dict[bytes, list[int]] = {}
    for i in some:
        groups.setdefault(digests[i][week], []).append(i)
    return (tuple(group) for group in groups.values())
