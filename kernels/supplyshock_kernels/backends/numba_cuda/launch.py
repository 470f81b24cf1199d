"""The launches that carry a call through a device.

Memory of the device is flat, and cut to the paths of a stretch, so that what returns is in one piece.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ...outputs import Stats, outcome_rows, series_rows
from ...params import Array
from ...params.path_state import count_rows
from .block import Ends
from .call import Call, Memory
from .compiled import counters, counting_kernel, launch_fused
from .counting import Bins, Sums, make_bins, make_sums, statistics_of
from .devices import cuda_module
from .layout import LANES
from .memory import Room, borrowed_room

WIDTH, SERIES_WIDTH = 65_536, 4096
"""Most paths of a launch, and of one whose paths return their series."""
_SHARE = 0.35
"""of the free memory of a device that one call takes."""
_taking = threading.Lock()


class Stretch(NamedTuple):
    """Paths that go through a launch together."""

    first: int
    paths: int
    """of them."""
    width: int
    """the same, whole blocks."""
    series: int
    """of them that return their series."""


def run(call: Call, device: int) -> tuple[Memory, Array, Stats]:
    """Everything of a call, on the current device: memory of the host with its paths, series, and statistics."""
    with borrowed_room(device) as room:
        return _run(call, device, room)


def _run(call: Call, device: int, room: Room) -> tuple[Memory, Array, Stats]:
    cuda, stream, widest = cuda_module(), room.stream, take_room(room, call)
    laws, tables = call.inputs.laws, send(cuda, call.inputs.tables, stream)
    bins = make_bins(call.params, call.inputs.plan.weekly.regime)
    there, sums = send(cuda, bins, stream), make_sums(call.params, bins, room.array)
    host, series = _host(call)
    for stretch in stretches(call, widest):
        memory = cut_memory(room, call, stretch.width)
        numbers = cuda.to_device(call.numbers[stretch.first : stretch.first + stretch.width], stream)
        arguments = numbers, np.uint64(stretch.first), np.uint64(stretch.series), memory, laws, tables
        launch_fused(call, device, stretch.width // LANES, stream, arguments)
        count_week_rows(memory.weekly, stretch, bins, (there, sums), stream)
        _bring(memory, stretch, (host, series), call, room)
    total, square, left_out = (room.fetched(a).copy() for a in sums[:-1])
    counted = Sums(total, square, left_out, room.fetched(sums.histogram))
    return host, series, statistics_of(counted, call.paths)


def stretches(call: Call, widest: int) -> Iterator[Stretch]:
    """The launches of a call: shorter while every path returns its series."""
    done = 0
    while done < call.paths:
        series = max(call.kept - done, 0)
        n = min(call.paths - done, widest, SERIES_WIDTH if series else WIDTH)
        yield Stretch(done, n, -(-n // LANES) * LANES, min(series, n))
        done += n


def take_room(room: Room, call: Call) -> int:
    """Takes memory of the device, and says for how many paths of a launch: a power of two, at most `WIDTH`.

    One thread at a time: the next one sees what is left.
    """
    numbers = call.params.weeks * series_rows(call.params)[-1].stop + outcome_rows(call.params)[-1].stop
    with _taking:
        free = cuda_module().current_context().get_memory_info()[0] + room.held
        width = WIDTH
        while width > LANES and width * 4 * (numbers + count_rows(call.params)) > _SHARE * free:
            width //= 2
        width = min(width, max(call.width, LANES))
        cut_memory(room, call, width)
    return width


def count_week_rows(weekly: Any, stretch: Stretch, bins: Bins, there: tuple[Any, Any], stream: Any) -> None:
    """Add the statistics of a launch to the sums on the device; those of a call's first one begin them."""
    widest = int(np.diff(bins.start).max())
    grid = (len(bins.start) - 1, weekly.shape[0])
    more = np.uint64(stretch.first > 0)
    counting_kernel()[grid, counters(), stream, 4 * widest](weekly, np.uint64(stretch.paths), *there, more)


def _host(call: Call) -> tuple[Memory, Array]:
    params, n = call.params, call.paths
    memory = Memory(
        totals=np.empty((outcome_rows(params)[-1].stop, n), np.float32),
        weekly=np.empty((0, 0, 0), np.float32),
        ends=Ends(
            state=np.empty((count_rows(params) if call.state else 0, n), np.float32),
            ratio=np.empty(n if call.weighed else 0, np.float32),
        ),
    )
    return memory, np.empty((len(call.rows), params.weeks, call.kept), np.float32)


def cut_memory(room: Room, call: Call, width: int) -> Memory:
    """Memory of the device for so many paths."""
    params, state = call.params, count_rows(call.params) if call.state else 0
    return Memory(
        totals=room.array("totals", (outcome_rows(params)[-1].stop, width)),
        weekly=room.array("weekly", (params.weeks, series_rows(params)[-1].stop, width)),
        ends=Ends(
            state=room.array("state", (state, width)), ratio=room.array("ratio", (width if call.weighed else 0,))
        ),
    )


def _bring(memory: Memory, stretch: Stretch, to: tuple[Memory, Array], call: Call, room: Room) -> None:
    """Copies the paths of a stretch to the host."""
    (host, series), n = to, stretch.paths
    columns = slice(stretch.first, stretch.first + n)
    host.totals[:, columns] = room.fetched(memory.totals)[:, :n]
    if call.state:
        host.ends.state[:, columns] = room.fetched(memory.ends.state)[:, :n]
    if call.weighed:
        host.ends.ratio[columns] = room.fetched(memory.ends.ratio)[:n]
    if stretch.series:
        weekly = room.fetched(memory.weekly)[:, np.array(call.rows, np.int64), : stretch.series]
        series[:, :, stretch.first : stretch.first + stretch.series] = np.moveaxis(weekly, 0, 1)


def send(cuda: Any, record: Any, stream: Any) -> Any:
    """A record of arrays, and of records of them, on the device; numbers stay."""
    if isinstance(record, tuple):
        return type(record)(*(send(cuda, x, stream) for x in record))
    return cuda.to_device(np.ascontiguousarray(record), stream) if isinstance(record, np.ndarray) else record
