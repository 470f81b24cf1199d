"""Memory of a device, and the launches that carry a call through it.

A thread keeps its memory from call to call: gigabytes are not requested again. It is flat, and cut to the paths of a
stretch, so that what returns is in one piece.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ...outputs import outcome_rows, series_rows
from ...params import Array
from ...params.path_state import count_rows
from .block import Ends
from .call import Call, Memory
from .compiled import counters, counting_kernel, launch_fused
from .counting import Bins, Sums, make_bins, no_sums
from .devices import cuda_module
from .layout import LANES

WIDTH, SERIES_WIDTH = 65_536, 4096
"""Most paths of a launch, and of one whose paths return their series."""
_SHARE = 0.35
"""of the free memory of a device that one thread takes."""
_kept = threading.local()


class Stretch(NamedTuple):
    """Paths that go through a launch together."""

    first: int
    paths: int
    """of them."""
    width: int
    """the same, whole blocks."""
    series: int
    """of them that return their series."""


def run(call: Call, device: int) -> tuple[Memory, Array, Sums]:
    """Everything of a call, on the current device: memory of the host with its paths, series, and sums."""
    cuda = cuda_module()
    stream = _room(("stream", device), cuda.stream)
    laws, tables = call.inputs.laws, send(cuda, call.inputs.tables, stream)
    bins = make_bins(call.params, call.inputs.plan.weekly.regime)
    there, sums = send(cuda, bins, stream), send(cuda, no_sums(call.params, bins), stream)
    host, series = _host(call)
    for stretch in stretches(call, _widest(cuda, call)):
        memory = cut_memory(cuda, call, stretch, device)
        numbers = cuda.to_device(call.numbers[stretch.first : stretch.first + stretch.width], stream)
        arguments = numbers, np.uint64(stretch.first), np.uint64(stretch.series), memory, laws, tables
        launch_fused(call, device, stretch.width // LANES, stream, arguments)
        count_week_rows(memory.weekly, stretch.paths, bins, (there, sums), stream)
        _bring(memory, stretch, (host, series), call, stream)
    counted = Sums(*(a.copy_to_host(stream=stream) for a in sums))
    stream.synchronize()
    return host, series, counted


def stretches(call: Call, widest: int) -> Iterator[Stretch]:
    """The launches of a call: shorter while every path returns its series."""
    done = 0
    while done < call.paths:
        series = max(call.kept - done, 0)
        n = min(call.paths - done, SERIES_WIDTH if series else widest)
        yield Stretch(done, n, -(-n // LANES) * LANES, min(series, n))
        done += n


def _widest(cuda: Any, call: Call) -> int:
    """Paths of a launch that the memory of the device has room for: a power of two, at most `WIDTH`."""
    free = _room(("free",), lambda: cuda.current_context().get_memory_info()[0])
    numbers = call.params.weeks * series_rows(call.params)[-1].stop + outcome_rows(call.params)[-1].stop
    width = WIDTH
    while width > LANES and width * 4 * (numbers + count_rows(call.params)) > _SHARE * free:
        width //= 2
    return min(width, max(call.width, LANES))


def count_week_rows(weekly: Any, paths: int, bins: Bins, there: tuple[Any, Any], stream: Any) -> None:
    """Add the statistics of a launch's first paths to the sums on the device."""
    widest = int(np.diff(bins.start).max())
    grid = (len(bins.start) - 1, weekly.shape[0])
    counting_kernel()[grid, counters(), stream, 4 * widest](weekly, np.uint64(paths), *there)


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


def cut_memory(cuda: Any, call: Call, stretch: Stretch, device: int) -> Memory:
    """Memory of the device for a stretch."""
    params, width = call.params, stretch.width

    def piece(name: str, *shape: int) -> Any:
        size = int(np.prod(shape))
        room = getattr(_kept, "rooms", {}).get((name, device))
        if room is None or room.size < size:
            _kept.__dict__.setdefault("rooms", {})[name, device] = None  # freed first: both would not fit
            room = cuda.device_array(max(size, 1), np.float32)
            _kept.rooms[name, device] = room
        return room[:size].reshape(shape)

    state = count_rows(params) if call.state else 0
    return Memory(
        totals=piece("totals", outcome_rows(params)[-1].stop, width),
        weekly=piece("weekly", params.weeks, series_rows(params)[-1].stop, width),
        ends=Ends(state=piece("state", state, width), ratio=piece("ratio", width if call.weighed else 0)),
    )


def _bring(memory: Memory, stretch: Stretch, to: tuple[Memory, Array], call: Call, stream: Any) -> None:
    """Copies the paths of a stretch to the host."""
    (host, series), n = to, stretch.paths
    columns = slice(stretch.first, stretch.first + n)
    host.totals[:, columns] = _fetched(memory.totals, stream)[:, :n]
    if call.state:
        host.ends.state[:, columns] = _fetched(memory.ends.state, stream)[:, :n]
    if call.weighed:
        host.ends.ratio[columns] = _fetched(memory.ends.ratio, stream)[:n]
    if stretch.series:
        weekly = _fetched(memory.weekly, stream)[:, np.array(call.rows, np.int64), : stretch.series]
        series[:, :, stretch.first : stretch.first + stretch.series] = np.moveaxis(weekly, 0, 1)


def _fetched(array: Any, stream: Any) -> Array:
    """The array in memory of the host that a GPU writes without help; the next call of this overwrites it."""
    buffer = _kept.__dict__.get("pinned")
    if buffer is None or buffer.size < array.size:
        buffer = _kept.pinned = cuda_module().pinned_array(array.size, np.float32)
    view: Array = buffer[: array.size].reshape(array.shape)
    array.copy_to_host(view, stream=stream)
    stream.synchronize()
    return view


def send(cuda: Any, record: Any, stream: Any) -> Any:
    """A record of arrays, and of records of them, on the device; numbers stay."""
    if isinstance(record, tuple):
        return type(record)(*(send(cuda, x, stream) for x in record))
    return cuda.to_device(np.ascontiguousarray(record), stream) if isinstance(record, np.ndarray) else record


def _room(key: Any, make: Any) -> Any:
    """What a thread keeps under a key."""
    kept = _kept.__dict__
    if key not in kept:
        kept[key] = make()
    return kept[key]
