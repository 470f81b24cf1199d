"""Work shared with helping threads: each piece once, side by side, and none begun after an error."""

from __future__ import annotations

import threading

import pytest

from supplyshock.common import thread_pool
from supplyshock.common.thread_pool import Helpers

SECONDS = 20.0


@pytest.mark.parametrize("pieces", [0, 1, 2, 50])
def test_each_piece_is_done_once(pieces: int) -> None:
    helpers, done = Helpers(3, "help"), []
    for _ in range(3):
        helpers.share(done.append, range(pieces))
    assert sorted(done) == sorted(3 * list(range(pieces)))


def test_as_many_side_by_side_as_may_be() -> None:
    """Each piece waits until three are in hand, so fewer threads than that would wait for ever."""
    together, names = threading.Barrier(3), set()

    def work(_: int) -> None:
        together.wait(SECONDS)
        names.add(threading.current_thread().name)

    Helpers(3, "help").share(work, range(3))
    assert len(names) == 3
    assert threading.current_thread().name in names
    with pytest.raises(threading.BrokenBarrierError):  # the negative control: two are too few
        together = threading.Barrier(3, timeout=0.2)
        Helpers(2, "help").share(lambda _: together.wait(), range(3))


def test_helpers_come_as_others_leave_and_leave_as_others_come() -> None:
    """Two owners are all that may be at work. When one has ended, a helper takes its place at the other's pieces."""
    helpers, both = Helpers(2, "help"), threading.Barrier(2)
    short_ended, helped, at_work, most = threading.Event(), threading.Event(), [0], [0]
    entered, lock = threading.Event(), threading.Lock()

    def work(item: str) -> None:
        with lock:
            at_work[0] += 1
            most[0] = max(most[0], at_work[0])
        if item in ("short", "first"):
            entered.set()
            both.wait(SECONDS)
        elif item == "second":
            assert short_ended.wait(SECONDS)
        elif threading.current_thread().name.startswith("help"):
            helped.set()
        else:
            helped.wait(SECONDS)
        with lock:
            at_work[0] -= 1

    def short() -> None:
        helpers.share(work, ["short"])
        short_ended.set()

    other = threading.Thread(target=short)
    other.start()
    assert entered.wait(SECONDS)
    helpers.share(work, ["first", "second", *["later"] * 20])
    other.join()
    assert helped.is_set()
    assert most[0] == 2
    assert helpers._busy == 0


@pytest.mark.parametrize("wrong", [0, 7])
def test_an_error_ends_it_and_is_raised_once_all_have_ended(wrong: int) -> None:
    begun: list[int] = []

    def work(item: int) -> None:
        begun.append(item)
        if item == wrong:
            raise OSError(f"no room for {item}")

    helpers = Helpers(2, "help")
    with pytest.raises(OSError, match=f"no room for {wrong}"):
        helpers.share(work, range(10_000))
    assert len(begun) < 10_000
    helpers.share(begun.append, [10_000])  # they go on after it
    assert begun[-1] == 10_000


def test_an_error_of_a_helper_is_raised() -> None:
    there = threading.Barrier(2)

    def work(_: int) -> None:
        there.wait(SECONDS)
        if threading.current_thread().name.startswith("help"):
            raise OSError("the helper's disk is full")

    with pytest.raises(OSError, match="the helper's disk"):
        Helpers(2, "help").share(work, range(2))


def test_where_no_thread_starts_the_owner_does_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    helpers, done = Helpers(2, "help"), []
    monkeypatch.setattr(thread_pool.ThreadPoolExecutor, "_adjust_thread_count", refuse)
    helpers.share(done.append, range(5))
    assert done == list(range(5))
