"""The order of work of a process: its own stripe of blocks, then any block that is missing and free.

Any number of processes may work on a run. The journal alone says what is done. A part that two of them make has the
same bytes, so everything here is about wasting no work, and about the last one leaving nothing undone.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Iterator

from ..common.progress import Progress
from ..store.partition import BLOCK, GATHERED, MEANS, PAIRS, SUMMARY, Unit
from ..store.run_folder import RunFolder
from ..store.worker_registry import WorkerRegistration
from .block_runner import BlockRunner, LostSums
from .shard import Shard

GLANCE = 0.3
"""Seconds for which a look at the others holds."""
LISTING = 10.0
"""Seconds after which the journal is listed again, so that progress shows the work of others."""
WAIT = 0.5
"""Seconds between checks while others have all remaining parts in progress."""


class Scheduler:
    """Hands out the parts of a run that are not done, and tracks the finished ones. Safe to use from many threads."""

    def __init__(self, folder: RunFolder, progress: Progress) -> None:
        """Reads the journal; changes nothing."""
        self.plan, self.journal, self.progress = folder.plan, folder.journal, progress
        self.done: set[Unit] = set()
        self._count: Counter[tuple[str, int]] = Counter()
        self._of_kind = {kind: sum(1 for _ in self.plan.units(0)) for kind in GATHERED}
        self._taken: set[Unit] = set()
        self._ready: deque[Unit] = deque()
        self._queue: deque[Unit] = deque()
        self._changed = threading.Condition()
        self._failed = threading.Event()
        self._glanced_at = -GLANCE
        self._listed_at = time.monotonic()
        self._parts_of_others: frozenset[str] = frozenset()
        self._has_company = False
        self.journal.refresh()
        for unit in self.plan.parts:
            if self._is_done(unit):
                self._enter(unit)
        self.resumed = self._blocks_done()

    @property
    def complete(self) -> bool:
        """Whether all parts are done."""
        scenarios = len(self.plan.scenarios)
        return len(self.done) == self.plan.blocks + scenarios + (scenarios - 1) * (self._of_kind[PAIRS] + 1)

    @property
    def blocks_left(self) -> int:
        """Blocks that are not done yet."""
        return self.plan.blocks - self._blocks_done()

    @property
    def paths_done(self) -> int:
        """Paths that are done, over all scenarios."""
        return sum(u.stop - u.start for u in self.done if u.kind == BLOCK)

    def _blocks_done(self) -> int:
        return sum(self._count[BLOCK, i] for i in range(len(self.plan.scenarios)))

    def _is_done(self, unit: Unit) -> bool:
        """Reads the journal. The sums of a part count until a finished whole contains them."""
        if unit.kind not in GATHERED:
            return self.journal.is_done(unit)
        whole = self.plan.whole(unit.scenario, GATHERED[unit.kind])
        if whole not in self.done and self.journal.is_done(unit, sums=True):
            return True
        return self.journal.is_done(unit) and (whole in self.done or self.journal.has_sums(whole))

    def _enter(self, unit: Unit) -> None:
        if unit not in self.done:
            self.done.add(unit)
            self._count[unit.kind, unit.scenario] += 1

    def enter(self, unit: Unit) -> None:
        """Another process made a part."""
        with self._changed:
            self._enter(unit)
        if unit.kind == BLOCK:
            self.progress.advance_elsewhere(unit.stop - unit.start)

    def undo(self, units: list[Unit]) -> None:
        """Marks parts as not done, so that they are handed out again."""
        with self._changed:
            self._undo(units)

    def ready(self) -> list[Unit]:
        """Parts that can be made now and are not."""
        with self._changed:
            return self._missing()

    def _undo(self, units: list[Unit]) -> None:
        for unit in units:
            self.journal.forget(unit)
            if unit in self.done:
                self.done.remove(unit)
                self._count[unit.kind, unit.scenario] -= 1
                self.resumed -= unit.kind == BLOCK

    def todo(
        self, registration: WorkerRegistration, shard: Shard | None, *, leave: bool, stop: threading.Event
    ) -> Iterator[Unit]:
        """Parts for this process: those of its stripe, then what is free. It ends when all is done, or `stop`
        is set, or, with `leave`, when others have all that is left.
        """
        self._has_company = shard is not None or bool(registration.others())
        for unit in self._stripe(registration, shard):
            if self._ended(stop):
                return
            yield from self._handed(self._ready, registration)
            if self._is_free(unit, registration):
                yield self._take(unit, registration)
        yield from self._handed(self._ready, registration)
        while self._fill(registration, shard, leave, stop):
            yield from self._handed(self._queue, registration)

    def _ended(self, stop: threading.Event) -> bool:
        return stop.is_set() or self._failed.is_set()

    def _stripe(self, registration: WorkerRegistration, shard: Shard | None) -> Iterator[Unit]:
        """Blocks of a shard, by ascending path; of a process that joins others, from the last one on."""
        if shard is not None:
            return iter(self.plan.blocks_in_turn(shard.index, shard.count))
        blocks = self.plan.blocks_in_turn()
        return iter(blocks[::-1] if any(o.alive for o in registration.others()) else blocks)

    def _handed(self, queue: deque[Unit], registration: WorkerRegistration) -> Iterator[Unit]:
        while queue:
            unit = queue.popleft()
            if self._is_free(unit, registration):
                yield self._take(unit, registration)

    def _is_free(self, unit: Unit, registration: WorkerRegistration) -> bool:
        with self._changed:
            if unit in self.done or unit in self._taken:
                return False
        if unit.name in self._in_other_hands(registration):
            return False
        return not (self._has_company and self.is_done_by_others(unit))  # somebody may have made it since we looked

    def _in_other_hands(self, registration: WorkerRegistration) -> frozenset[str]:
        """Names of the units that others had in progress a moment ago."""
        now = time.monotonic()
        if now - self._glanced_at > GLANCE:
            self._parts_of_others, self._glanced_at = registration.parts_of_others(), now
            self._has_company = self._has_company or bool(registration.others())
            if self._has_company and now - self._listed_at > LISTING:
                self._look()
        return self._parts_of_others

    def is_done_by_others(self, unit: Unit) -> bool:
        """Whether the journal has a part by now, made by another process."""
        if not self._is_done(unit):
            return False
        with self._changed:
            new = unit not in self.done
        if new:
            self.enter(unit)
        return True

    def _take(self, unit: Unit, registration: WorkerRegistration) -> Unit:
        with self._changed:
            self._taken.add(unit)
        registration.take(unit.name)
        return unit

    def work(self, blocks: BlockRunner, registration: WorkerRegistration, unit: Unit) -> None:
        """Makes a part that was handed out."""
        done = False
        try:
            blocks.make(unit)
            done = True
        except LostSums as lost:
            done = self._is_done(unit)  # by another process, which then dropped the sums
            if not done:
                self.journal.forget(unit)  # a total that is not whole
            with self._changed:
                self._undo([] if done else lost.units)
        except BaseException as e:
            # another process may have taken this one for dead, and removed a half-written file of a finished part
            done = isinstance(e, FileNotFoundError) and self._is_done(unit)
            if not done:
                self._failed.set()
                raise
        finally:
            registration.leave(unit.name, done=done)
            with self._changed:
                self._taken.discard(unit)
                if done:
                    self._enter(unit)
                    self._follow(unit)
                self._changed.notify_all()
        if done and unit.kind == BLOCK:
            self.progress.advance(unit.stop - unit.start)

    def _follow(self, unit: Unit) -> None:
        whole = self.plan.whole(unit.scenario, SUMMARY)
        if unit.kind == BLOCK and whole not in self.done and self._all(unit.kind, unit.scenario):
            self._ready.append(whole)

    def _all(self, kind: str, scenario: int) -> bool:
        return self._count[kind, scenario] == self._of_kind[kind]

    def _fill(self, registration: WorkerRegistration, shard: Shard | None, leave: bool, stop: threading.Event) -> bool:
        """Queues parts that are not done and free, perhaps after a wait; False when this process is through."""
        sure = False
        while not self._ended(stop):
            others = [o for o in registration.others() if o.alive]
            self._has_company = self._has_company or bool(others)
            in_hand = frozenset().union(*(o.doing for o in others))
            if self._has_company:  # after `in_hand`: parts released meanwhile are in the journal
                self._look()
            with self._changed:
                if self.complete:
                    return False
                free = [u for u in self._missing() if u not in self._taken and u.name not in in_hand]
                if free:
                    self._queue.extend(_some(free, registration, shard, len(others)))
                    return True
                if self._taken:
                    self._changed.wait(WAIT)
                    continue
            if leave and sure:
                return False
            if leave:
                sure = True  # check once more: the part of the last process is in the journal by then
            else:
                stop.wait(WAIT)
        return False

    def _look(self) -> None:
        """Enters what other processes have done since."""
        self._listed_at = time.monotonic()
        for scenario in range(len(self.plan.scenarios)):
            there = self.journal.listed(scenario)
            for kind in (SUMMARY, MEANS, BLOCK, PAIRS):
                for unit in self._units(scenario, kind):
                    if unit not in self.done and self.journal.path(unit).name in there:
                        self.is_done_by_others(unit)

    def _units(self, scenario: int, kind: str) -> Iterator[Unit]:
        if kind in (PAIRS, MEANS) and scenario == 0:
            return iter(())
        return self.plan.units(scenario, kind) if kind in GATHERED else iter([self.plan.whole(scenario, kind)])

    def _missing(self) -> list[Unit]:
        """Parts that can be made now and are not: blocks first, or else what follows from them."""
        missing = [u for u in self.plan.parts if u not in self.done]
        blocks = [u for u in missing if u.kind == BLOCK]
        return blocks + [u for u in missing if u.kind != BLOCK and self._can(u)]

    def _can(self, unit: Unit) -> bool:
        if unit.kind == PAIRS:
            return all(Unit(i, unit.start, unit.stop) in self.done for i in (0, unit.scenario))
        return self._all(BLOCK if unit.kind == SUMMARY else PAIRS, unit.scenario)


def _some(free: list[Unit], registration: WorkerRegistration, shard: Shard | None, others: int) -> list[Unit]:
    """Parts to do before looking again: all of them alone; among others a few, from another place than theirs."""
    if not others:
        return free
    first = shard.index * len(free) // shard.count if shard else int(registration.id[-8:], 16) % len(free)
    return free[first : first + max(1, len(free) // (4 * (others + 1)))]
