"""Counting on the device: a block of threads for a row of a week. Integers only, so the order makes no difference."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numba
from numba.extending import overload

from .block import U0, U1
from .counting import find_bin, fixed_point, nearest, row_of
from .devices import is_simulated
from .layout import U

cuda: Any = importlib.import_module("numba.cuda")

if not is_simulated():
    libdevice: Any = importlib.import_module("numba.cuda.libdevice")

    @overload(nearest, target="cuda", strict=False)
    def _nearest(x: Any) -> Any:
        """One instruction; numba-cuda has no `np.rint`."""
        return lambda x: libdevice.llrintf(x)


def make_counter(threads: int) -> Callable[..., None]:
    """The kernel; ``threads`` is a power of two. Counts are in the shared memory of the launch, of the widest row.

    Its last argument is 0 for the first paths of a call, whose sums are written over what is there, else 1.
    """
    step, half = U(threads), U(threads // 2)
    room = 3 * threads

    def count(weekly: Any, paths: Any, bins: Any, sums: Any, more: Any) -> None:
        counts = cuda.shared.array(0, numba.int32)
        shared = cuda.shared.array(room, numba.int64)
        v, t, i = U(cuda.blockIdx.x), U(cuda.blockIdx.y), U(cuda.threadIdx.x)
        first = U(bins.start[v])
        number, row = U(bins.start[v + U1]) - first, row_of(bins, v)
        k = i
        while k < number:
            counts[k] = 0
            k += step
        cuda.syncthreads()
        total, square, left_out = numba.int64(0), numba.int64(0), numba.int64(0)
        k = i
        while k < paths:
            x = weekly[t, row, k]
            one, two, out = fixed_point(x)
            total += one
            square += two
            left_out += out
            cuda.atomic.add(counts, U(find_bin(bins, v, x)), 1)
            k += step
        shared[i] = total
        shared[step + i] = square
        shared[step + step + i] = left_out
        cuda.syncthreads()
        rest = half
        while rest > U0:
            if i < rest:
                shared[i] += shared[i + rest]
                shared[step + i] += shared[step + i + rest]
                shared[step + step + i] += shared[step + step + i + rest]
            cuda.syncthreads()
            rest = rest >> U1
        k = i
        while k < number:
            sums.histogram[t, first + k] = counts[k] + (sums.histogram[t, first + k] if more else 0)
            k += step
        if i == U0:
            sums.total[t, v] = shared[0] + (sums.total[t, v] if more else 0)
            sums.square[t, v] = shared[step] + (sums.square[t, v] if more else 0)
            sums.left_out[t, v] = shared[step + step] + (sums.left_out[t, v] if more else 0)

    return count
