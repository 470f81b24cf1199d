"""The sums of the blocks of a scenario that this process has made, so that its summary need not read them again."""

from __future__ import annotations

import threading

from ..store.partition import Unit
from .accumulators import PathStatistics, SharedPathStatistics


class GatheredSums:
    """Sums that many threads add to until one of them takes the whole. Each block counts once."""

    def __init__(self, paths: int) -> None:
        """Empty; it holds `paths` paths when it is whole."""
        self._paths = paths
        self._units: set[Unit] = set()
        self._only: PathStatistics | None = None
        self._shared: SharedPathStatistics | None = None
        self._changed = threading.Condition()
        self._adding, self._taken = 0, False

    def add(self, unit: Unit, statistics: PathStatistics) -> None:
        """Adds the statistics of a block, from any thread.

        Does nothing for a block that is in it, nor once the whole is taken: another process has made the block too,
        and its sums are read from the journal.
        """
        with self._changed:
            if self._taken or unit in self._units:
                return
            self._units.add(unit)
            if statistics.count == self._paths:  # nothing to add it to: spares the 32-bit counts
                self._only = statistics
                return
            shared = self._shared = self._shared or SharedPathStatistics(statistics, self._paths)
            self._adding += 1
        try:
            shared.add(statistics)
        except BaseException:  # a part of it may be in: all is read from the journal instead
            with self._changed:
                self._taken, self._shared = True, None
                self._units.clear()
            raise
        finally:
            with self._changed:
                self._adding -= 1
                self._changed.notify_all()

    def take(self) -> tuple[PathStatistics | None, frozenset[Unit]]:
        """The sum, and the blocks in it. Waits for threads that are adding; those that come later add nothing."""
        with self._changed:
            self._taken = True
            self._changed.wait_for(lambda: not self._adding)
        return self._only or (self._shared.statistics if self._shared else None), frozenset(self._units)
