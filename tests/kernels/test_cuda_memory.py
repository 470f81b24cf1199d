"""What calls on a GPU work in: kept from call to call, and freed where there is a context. No GPU is needed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

from supplyshock_kernels.backends.numba_cuda import launch, memory
from supplyshock_kernels.backends.numba_cuda.call import prepare
from supplyshock_kernels.params import Grid
from support import worlds


class Array(np.ndarray):
    """An array of the device that lies on the host."""

    def copy_to_host(self, to, stream):
        to[...] = self


class Cuda:
    """What `memory` and `launch` ask of numba-cuda; ``free`` bytes are left, and contexts are counted."""

    free = 2**34

    def __init__(self):
        self.made, self.contexts = 0, []

    def stream(self):
        return SimpleNamespace(synchronize=lambda: None)

    def device_array(self, size, kind):
        self.made += 1
        return np.zeros(size, kind).view(Array)

    def pinned_array(self, size, kind):
        return np.zeros(size, kind)

    def current_context(self, device=None):
        self.contexts.append(device)
        return SimpleNamespace(get_memory_info=lambda: (self.free, 2 * self.free))


@pytest.fixture
def cuda(monkeypatch):
    """Without rooms, and without what happens to them as the process ends."""
    made = Cuda()
    monkeypatch.setattr(memory, "cuda_module", lambda: made)
    monkeypatch.setattr(launch, "cuda_module", lambda: made)
    monkeypatch.setattr(memory, "_idle", {})
    monkeypatch.setattr(memory.atexit, "register", lambda _: None)
    return made


def work(_: object) -> memory.Room:
    with memory.borrowed_room(0) as room:
        room.array("totals", (3, 4))
        return room


def test_the_next_thread_takes_the_memory_of_one_that_has_ended(cuda):
    """A thread's own memory would be freed as it ends, where there is no context."""
    rooms = []
    for _ in range(3):
        with ThreadPoolExecutor(1) as pool:
            rooms += pool.map(work, [0])
    assert rooms[0] is rooms[1] is rooms[2]
    assert cuda.made == 1


def test_calls_side_by_side_have_rooms_of_their_own(cuda):
    with memory.borrowed_room(0) as first, memory.borrowed_room(0) as second, memory.borrowed_room(1) as other:
        assert len({id(first), id(second), id(other)}) == 3
    assert work(0) in (first, second)


def test_after_an_error_memory_is_given_up(cuda):
    """An error of a device may stay with what was on it, and a full one needs the room."""
    with pytest.raises(RuntimeError), memory.borrowed_room(0) as room:
        raise RuntimeError
    assert work(0) is not room


def test_as_the_process_ends_a_context_is_made_first(cuda):
    work(0)
    memory._empty()
    assert cuda.contexts == [0]
    assert memory._idle == {0: []}


def test_an_array_grows_and_is_cut(cuda):
    room = memory.Room()
    small = room.array("a", (2, 3))
    assert room.array("a", (3,)).base is small.base and room.held == 24
    assert room.array("a", (5, 2)).shape == (5, 2) and room.held == 40
    assert room.array("none", (0, 7)).shape == (0, 7)
    assert (cuda.made, room.array("wide", (2,), np.int64).dtype) == (3, np.int64)


def test_what_is_fetched_keeps_its_type_and_shape(cuda):
    room = memory.Room()
    for kind, shape in ((np.float32, (2, 3)), (np.int64, (5,)), (np.int32, (1, 2))):
        there = room.array(np.dtype(kind).name, shape, kind)
        there[...] = np.arange(there.size).reshape(shape)
        here = room.fetched(there)
        assert here.dtype == kind
        np.testing.assert_array_equal(here, there)


@pytest.mark.parametrize(("free", "width"), [(2**38, 65_536), (2**32, 8192), (2**20, 32)])
def test_launches_are_as_wide_as_the_memory_allows(cuda, free, width, monkeypatch):
    call = prepare(worlds.scenario().params, Grid(), 1, range(100_000), None)
    monkeypatch.setattr(launch, "cut_memory", lambda *_: None)
    cuda.free = free
    assert launch.take_room(memory.Room(), call) == width
    assert {s.width for s in launch.stretches(call, width)} <= {width, -(-(100_000 % width) // 32) * 32}


def test_memory_that_is_held_counts_as_free(cuda, monkeypatch):
    call = prepare(worlds.scenario().params, Grid(), 1, range(100_000), None)
    monkeypatch.setattr(launch, "cut_memory", lambda *_: None)
    room, cuda.free = memory.Room(), 2**20
    monkeypatch.setattr(memory.Room, "held", property(lambda self: 2**38))
    assert launch.take_room(room, call) == 65_536
