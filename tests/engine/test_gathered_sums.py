"""The sums of a scenario are right when another process finishes the block that a thread here still adds."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from supplyshock.execution.accumulators import PathStatistics, SharedPathStatistics
from supplyshock.execution.backend_selection import find_backend
from supplyshock.execution.block_runner import BlockRunner
from supplyshock.execution.gathered_sums import GatheredSums
from supplyshock.execution.run import run_scenarios
from supplyshock.execution.run_request import split_options
from supplyshock.execution.session import prepare
from supplyshock.store.partition import SUMMARY, Unit
from support import synthetic
from support.sums import observed, same, tally

FIRST, SECOND = Unit(0, 0, 100), Unit(0, 100, 600)
LATE = "late"
"""Name of the thread that another process overtakes."""


def sums(unit: Unit) -> PathStatistics:
    return PathStatistics.of(observed(unit.start, unit.stop))


class Gate:
    """Holds the late thread at one point until it may go on."""

    def __init__(self) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()

    def pass_through(self) -> None:
        if threading.current_thread().name == LATE:
            self.reached.set()
            assert self.opened.wait(60)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    """A gate behind the sums: the late thread has added them, and nobody knows yet."""
    gate, add = Gate(), SharedPathStatistics.add

    def held(shared: SharedPathStatistics, other: PathStatistics) -> None:
        add(shared, other)
        gate.pass_through()

    monkeypatch.setattr(SharedPathStatistics, "add", held)
    return gate


def start(work: Callable[[], object], name: str) -> threading.Thread:
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread


def test_each_block_counts_once() -> None:
    gathered = GatheredSums(600)
    for unit in (FIRST, SECOND, FIRST, SECOND):
        gathered.add(unit, sums(unit))
    total, units = gathered.take()
    assert units == {FIRST, SECOND}
    assert total is not None
    assert same(total, tally(0, 600))


def test_nothing_is_added_to_a_sum_that_is_taken() -> None:
    gathered = GatheredSums(600)
    gathered.add(FIRST, sums(FIRST))
    total, _ = gathered.take()
    gathered.add(SECOND, sums(SECOND))
    assert total is not None
    assert total.count == 100
    assert gathered.take()[1] == {FIRST}


def test_a_sum_is_taken_when_nobody_is_adding_to_it(gate: Gate) -> None:
    gathered, taken = GatheredSums(600), threading.Event()
    gathered.add(FIRST, sums(FIRST))
    adder = start(lambda: gathered.add(SECOND, sums(SECOND)), LATE)
    assert gate.reached.wait(60)
    taker = start(lambda: (gathered.take(), taken.set()), "taker")
    assert not taken.wait(0.2)
    gate.opened.set()
    adder.join(60)
    taker.join(60)
    assert taken.is_set()
    assert gathered.take()[1] == {FIRST, SECOND}


def test_a_sum_that_failed_half_way_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    gathered = GatheredSums(600)
    gathered.add(FIRST, sums(FIRST))
    with monkeypatch.context() as patched:
        patched.setattr(PathStatistics, "add_week", lambda *_: (_ for _ in ()).throw(MemoryError))
        with pytest.raises(MemoryError):
            gathered.add(SECOND, sums(SECOND))
    gathered.add(SECOND, sums(SECOND))
    assert gathered.take() == (None, frozenset())


def test_a_block_that_another_process_finishes_first_counts_once(
    gate: Gate, tmp_path: Path, digests: Callable[[Path], dict[str, str]]
) -> None:
    scenarios, options = [synthetic.scenario()], {"paths": 3000, "seed": 3, "progress": "quiet"}
    run_scenarios(scenarios, tmp_path / "undisturbed", backend=synthetic.paced, **options)
    request, _ = split_options(scenarios, options | {"backend": synthetic.paced})
    backend = find_backend(request.backend, request.device)
    here, elsewhere = (BlockRunner(prepare(tmp_path / "run", request, backend), backend) for _ in range(2))
    *others, last = here.plan.units(0)
    assert others
    for unit in others:
        here.make(unit)
    elsewhere.make(last)
    overtaken = start(lambda: here.make(last), LATE)
    assert gate.reached.wait(60)
    errors: list[BaseException] = []

    def summarise() -> None:
        try:
            here.make(here.plan.whole(0, SUMMARY))
        except BaseException as e:
            errors.append(e)

    summary = start(summarise, "summary")
    summary.join(0.2)
    gate.opened.set()
    summary.join(60)
    overtaken.join(60)
    assert not errors
    here.folder.end()
    assert digests(tmp_path / "run/results.zarr") == digests(tmp_path / "undisturbed/results.zarr")
