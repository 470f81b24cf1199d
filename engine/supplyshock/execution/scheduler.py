"""What a process does next: its own stripe of blocks, then whatever is missing and in nobody's hands.

Any number of processes may work on a run. The journal alone says what is done. A part that two of them make has the
same bytes, so everything here is about wasting no work, and about the last one leaving nothing undone.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..common.errors import UsageError
from ..common.progress import Progress
from ..store.partition import BLOCK, GATHERED, MEANS, PAIRS, SUMMARY, Unit
from ..store.run_folder import RunFolder
from ..store.worker_registry import WorkerRegistration
from .block_runner import BlockRunner, LostSums

GLANCE = 0.3
"""Seconds for which a look at the others holds."""
LISTING = 10.0
"""Seconds after which the journal is listed anew, so that progress shows what others do."""
WAIT = 0.5
"""Seconds between looks while others have all that is left."""


@dataclass(frozen=True)
class Shard:
    """The share of a process: every `count`-th block."""

    index: int
    """From 0."""
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """From ``i/n``, i from 1 to n. Raises `UsageError`."""
        left, slash, right = text.partition("/")
        if slash and left.strip().isdigit() and right.strip().isdigit() and 1 <= int(left) <= int(right) <= 10**6:
            return cls(int(left) - 1, int(right))
        raise UsageError("no such shard", where="--shard", expected="i/n, counted from 1 to n, such as 3/10", got=text)

    @classmethod
    def of_slurm(cls, environment: Mapping[str, str]) -> Shard | None:
        """That of a task of a Slurm job array; None outside one. Any numbers of tasks will do.

        Tasks that were given up or are sent again under other numbers overlap or leave gaps, and that is harmless.
        """
        try:
            task, count = (int(environment[f"SLURM_ARRAY_TASK_{name}"]) for name in ("ID", "COUNT"))
            step = max(1, int(environment.get("SLURM_ARRAY_TASK_STEP", 1)))
            first = int(environment.get("SLURM_ARRAY_TASK_MIN", 0))
        except (KeyError, ValueError):
            return None
        return cls((task - first) // step % count, count) if count > 0 else None

    def __str__(self) -> str:
        return f"{self.index + 1}/{self.count}"


class Scheduler:
    """Hands out the parts of a run that are not done, and knows which are. Safe to use from many threads."""

    def __init__(self, folder: RunFolder, told: Progress) -> None:
        """Reads the journal; changes nothing."""
        self.plan, self.journal, self.told = folder.plan, folder.journal, told
        self.done: set[Unit] = set()
        self._count: Counter[tuple[str, int]] = Counter()
        self._of_kind = {kind: sum(1 for _ in self.plan.units(0)) for kind in GATHERED}
        self._taken: set[Unit] = set()
        self._ready: deque[Unit] = deque()
        self._queue: deque[Unit] = deque()
        self._changed = threading.Condition()
        self._failed = threading.Event()
        self._looked = -GLANCE
        self._listed = time.monotonic()
        self._held: frozenset[str] = frozenset()
        self._company = False
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
        """Over all scenarios."""
        return sum(u.stop - u.start for u in self.done if u.kind == BLOCK)

    def _blocks_done(self) -> int:
        return sum(self._count[BLOCK, i] for i in range(len(self.plan.scenarios)))

    def _is_done(self, unit: Unit) -> bool:
        """Asks the journal. The sums of a part count until they are in a whole that is done."""
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
            self.told.advance_elsewhere(unit.stop - unit.start)

    def undo(self, units: list[Unit]) -> None:
        """Takes parts back."""
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
        self, me: WorkerRegistration, shard: Shard | None, *, leave: bool, stop: threading.Event
    ) -> Iterator[Unit]:
        """Parts for the process `me`: those of its stripe, then what is free. It ends when all is done, or `stop`
        is set, or, with `leave`, when others have all that is left.
        """
        self._company = shard is not None or bool(me.others())
        for unit in self._stripe(me, shard):
            if self._ended(stop):
                return
            yield from self._handed(self._ready, me)
            if self._is_free(unit, me):
                yield self._take(unit, me)
        yield from self._handed(self._ready, me)
        while self._fill(me, shard, leave, stop):
            yield from self._handed(self._queue, me)

    def _ended(self, stop: threading.Event) -> bool:
        return stop.is_set() or self._failed.is_set()

    def _stripe(self, me: WorkerRegistration, shard: Shard | None) -> Iterator[Unit]:
        """Blocks of a shard, by ascending path; of a process that joins others, from the last one on."""
        blocks = [u for i in range(len(self.plan.scenarios)) for u in self.plan.units(i)]
        if shard is None:
            return iter(blocks[::-1] if any(o.alive for o in me.others()) else blocks)
        return iter(blocks[shard.index :: shard.count])

    def _handed(self, queue: deque[Unit], me: WorkerRegistration) -> Iterator[Unit]:
        while queue:
            unit = queue.popleft()
            if self._is_free(unit, me):
                yield self._take(unit, me)

    def _is_free(self, unit: Unit, me: WorkerRegistration) -> bool:
        with self._changed:
            if unit in self.done or unit in self._taken:
                return False
        if unit.name in self._glance(me):
            return False
        return not (self._company and self.saw(unit))  # somebody may have made it since we looked

    def _glance(self, me: WorkerRegistration) -> frozenset[str]:
        """Names of what others have in hand, a moment ago."""
        now = time.monotonic()
        if now - self._looked > GLANCE:
            self._held, self._looked = me.held(), now
            self._company = self._company or bool(me.others())
            if self._company and now - self._listed > LISTING:
                self._look()
        return self._held

    def saw(self, unit: Unit) -> bool:
        """Whether the journal has a part by now, made by another process."""
        if not self._is_done(unit):
            return False
        with self._changed:
            new = unit not in self.done
        if new:
            self.enter(unit)
        return True

    def _take(self, unit: Unit, me: WorkerRegistration) -> Unit:
        with self._changed:
            self._taken.add(unit)
        me.take(unit.name)
        return unit

    def work(self, blocks: BlockRunner, me: WorkerRegistration, unit: Unit) -> None:
        """Makes a part that was handed out."""
        made = False
        try:
            blocks.make(unit)
            made = True
        except LostSums as lost:
            made = self._is_done(unit)  # by another process, which then dropped the sums
            if not made:
                self.journal.forget(unit)  # a total that is not whole
            with self._changed:
                self._undo([] if made else lost.units)
        except BaseException as e:
            # another process that took this one for dead may have removed a half-written file of a finished part
            made = isinstance(e, FileNotFoundError) and self._is_done(unit)
            if not made:
                self._failed.set()
                raise
        finally:
            me.leave(unit.name, done=made)
            with self._changed:
                self._taken.discard(unit)
                if made:
                    self._enter(unit)
                    self._follow(unit)
                self._changed.notify_all()
        if made and unit.kind == BLOCK:
            self.told.advance(unit.stop - unit.start)

    def _follow(self, unit: Unit) -> None:
        whole = self.plan.whole(unit.scenario, SUMMARY)
        if unit.kind == BLOCK and whole not in self.done and self._all(unit.kind, unit.scenario):
            self._ready.append(whole)

    def _all(self, kind: str, scenario: int) -> bool:
        return self._count[kind, scenario] == self._of_kind[kind]

    def _fill(self, me: WorkerRegistration, shard: Shard | None, leave: bool, stop: threading.Event) -> bool:
        """Queues parts that are not done and free, perhaps after a wait; False when this process is through."""
        sure = False
        while not self._ended(stop):
            others = [o for o in me.others() if o.alive]
            self._company = self._company or bool(others)
            held = frozenset().union(*(o.doing for o in others))
            if self._company:  # after `held`: what is let go meanwhile is in the journal
                self._look()
            with self._changed:
                if self.complete:
                    return False
                free = [u for u in self._missing() if u not in self._taken and u.name not in held]
                if free:
                    self._queue.extend(_some(free, me, shard, len(others)))
                    return True
                if self._taken:
                    self._changed.wait(WAIT)
                    continue
            if leave and sure:
                return False
            if leave:
                sure = True  # look once more: the part of the last one to look is in the journal by then
            else:
                stop.wait(WAIT)
        return False

    def _look(self) -> None:
        """Enters what other processes have done since."""
        self._listed = time.monotonic()
        for scenario in range(len(self.plan.scenarios)):
            there = self.journal.listed(scenario)
            for kind in (SUMMARY, MEANS, BLOCK, PAIRS):
                for unit in self._units(scenario, kind):
                    if unit not in self.done and self.journal.path(unit).name in there:
                        self.saw(unit)

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


def _some(free: list[Unit], me: WorkerRegistration, shard: Shard | None, others: int) -> list[Unit]:
    """Parts to do before looking again: all of them alone; among others a few, from another place than theirs."""
    if not others:
        return free
    first = shard.index * len(free) // shard.count if shard else int(me.id[-8:], 16) % len(free)
    return free[first : first + max(1, len(free) // (4 * (others + 1)))]
