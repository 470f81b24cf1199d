"""Work that a signal ends says what is left of it, and its progress ends with it."""

from __future__ import annotations

import os
import signal

import pytest

from supplyshock.common.errors import Interrupted
from supplyshock.common.interruption import interruptible
from supplyshock.common.progress import Progress, make_progress
from supplyshock.common.thread_pool import run_all


class Counted(Progress):
    """How often it was closed."""

    closed = 0

    def close(self) -> None:
        self.closed += 1


def test_a_signal_ends_it_with_what_is_left() -> None:
    progress, done = Counted(), []

    def work(item: int) -> None:
        done.append(item)
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait(10)

    with (
        pytest.raises(Interrupted, match=r"^interrupted; the search is kept; try again$"),
        interruptible(progress, "the search is kept", "try again") as stop,
    ):
        run_all(work, range(1, 9), threads=1, stop=stop)
    assert done == [1]
    assert progress.closed == 1


def test_without_one_it_ends_as_it_does() -> None:
    progress = Counted()
    with interruptible(progress) as stop:
        assert not stop.is_set()
    with pytest.raises(OSError, match="disk"), interruptible(progress):
        raise OSError("disk")
    assert progress.closed == 2


def test_a_progress_of_ones_own_is_taken_as_it_is() -> None:
    own = Counted()
    assert make_progress(own) is own
    assert type(make_progress("quiet")) is Progress
