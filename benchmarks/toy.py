"""Two small kernels that say what this machine can do: the peak of vector arithmetic, and a toy market-step.

The toy is what speed claims in this field usually rest on: one Ornstein-Uhlenbeck step, one normal, one
exponential a market and week. It runs over the same tiles, random words and float32 maths as the model.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit

from supplyshock_kernels import ops
from supplyshock_kernels.backends.numba_cpu import compile_options  # noqa: F401  compiled as the model is: whole registers, interleaved
from supplyshock_kernels.float32math import fma
from supplyshock_kernels.rng import random_variates

LANES = np.uint64(128)
MARKETS = 24
CHAINS, DEEP = 3, 32
F = np.float32


@njit(nogil=True, error_model="numpy")
def _peak(x, rounds):
    """Independent chains of fused multiply-adds on every element of an array in the first cache. Few, since loops are
    interleaved (`options.INTERLEAVE`): with more the registers run out, and loads and stores are what is measured."""
    a, b = F(0.999999), F(1e-7)
    for _ in range(rounds):
        for i in range(x.size):
            c0 = c1 = c2 = x[i]
            for _ in range(DEEP):
                c0, c1, c2 = fma(c0, a, b), fma(c1, b, a), fma(c2, a, a)
            x[i] = c0 + c1 + c2


@njit(nogil=True, error_model="numpy")
def _moves(x, y, rounds):
    """Two loads and a store an element, and next to nothing to compute."""
    for _ in range(rounds):
        for i in range(x.size):
            y[i] = fma(x[i], F(1e-9), y[i])


@njit(nogil=True, error_model="numpy")
def _toy(state, total, path0, weeks, key0, key1):
    """OU step, one normal, one exp, running sum: state and total are (MARKETS * LANES,)."""
    one, keep, sigma = F(1), F(0.98), F(0.02)
    for t in range(weeks):
        for q in range(np.uint64(MARKETS // 2)):
            i = np.uint64(2) * q * LANES
            for l in range(LANES):
                a, b, _, _ = random_variates.words(path0 + l, np.uint64(t), q, key0, key1)
                y, z = random_variates.box_muller(random_variates.uniform(a, one), random_variates.uniform(b, one))
                x0 = keep * state[i + l] + sigma * y
                x1 = keep * state[i + LANES + l] + sigma * z
                state[i + l] = x0
                state[i + LANES + l] = x1
                total[i + l] += ops.exp(x0)
                total[i + LANES + l] += ops.exp(x1)


def _best(work, threads: int, repeats: int = 5) -> float:
    """Shortest wall seconds of `threads` copies of ``work(i)`` side by side."""
    best = float("inf")
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads)))
        for _ in range(repeats):
            began = time.perf_counter()
            list(pool.map(work, range(threads)))
            best = min(best, time.perf_counter() - began)
    return best


def peak_flops(threads: int) -> float:
    """Fused multiply-adds a second, in lanes (two operations each)."""
    rounds, lanes = 3000, 2048
    seconds = _best(lambda _: _peak(np.ones(lanes, F), rounds), threads)
    return threads * lanes * rounds * CHAINS * DEEP / seconds


def bandwidth(threads: int, size: int) -> float:
    """Bytes a second that loads and stores move, over arrays of so many bytes in all."""
    n = size // 8
    rounds = max(1, 2**28 // size)
    seconds = _best(lambda _: _moves(np.ones(n, F), np.ones(n, F), rounds), threads)
    return threads * 12 * n * rounds / seconds


def toy_rate(threads: int, weeks: int = 104, tiles: int = 64) -> float:
    """Toy market-steps a second."""
    lanes = int(LANES)

    def work(i: int) -> None:
        for tile in range(tiles):
            state, total = np.zeros(MARKETS * lanes, F), np.zeros(MARKETS * lanes, F)
            _toy(state, total, np.uint64((i * tiles + tile) * lanes), weeks, np.uint64(1), np.uint64(0))

    return threads * tiles * lanes * weeks * MARKETS / _best(work, threads)
