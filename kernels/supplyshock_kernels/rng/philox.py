"""Philox4x32-10: ``words = f(counter, key)``, no state.

Source: Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3"
(2011). Words are unsigned 32-bit numbers held in unsigned 64-bit ones, which is
what the product of two words needs; the functions are plain arithmetic and so
run unchanged on NumPy arrays and inside numba kernels.

Counters are ``(path_lo, path_hi, step, stream)`` and the key is
``(seed_lo, seed_hi)``: the same path has the same random numbers in every scenario, and
any path can be replayed alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ops import scalar

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_MASK, _SHIFT = np.uint64(0xFFFFFFFF), np.uint64(32)


@scalar
def _round(c0: Any, c1: Any, c2: Any, c3: Any, k0: Any, k1: Any) -> Any:
    p0, p1 = _M0 * c0, _M1 * c2
    return (p1 >> _SHIFT) ^ c1 ^ k0, p1 & _MASK, (p0 >> _SHIFT) ^ c3 ^ k1, p0 & _MASK


@scalar
def philox4x32_10(c0: Any, c1: Any, c2: Any, c3: Any, k0: Any, k1: Any) -> Any:
    """Four random words of a counter and a key, all uint64 below 2**32."""
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    k0, k1 = (k0 + _W0) & _MASK, (k1 + _W1) & _MASK
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    k0, k1 = (k0 + _W0) & _MASK, (k1 + _W1) & _MASK
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    k0, k1 = (k0 + _W0) & _MASK, (k1 + _W1) & _MASK
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    k0, k1 = (k0 + _W0) & _MASK, (k1 + _W1) & _MASK
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    k0, k1 = (k0 + _W0) & _MASK, (k1 + _W1) & _MASK
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    k0, k1 = (k0 + _W0) & _MASK, (k1 + _W1) & _MASK
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    k0, k1 = (k0 + _W0) & _MASK, (k1 + _W1) & _MASK
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    k0, k1 = (k0 + _W0) & _MASK, (k1 + _W1) & _MASK
    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
    k0, k1 = (k0 + _W0) & _MASK, (k1 + _W1) & _MASK
    return _round(c0, c1, c2, c3, k0, k1)


def key_of(seed: int) -> tuple[np.uint64, np.uint64]:
    """The key of a 64-bit seed. Raises ValueError outside [0, 2**64)."""
    if not 0 <= seed < 2**64:
        raise ValueError(f"seed: expected an integer in [0, 2**64), got {seed}")
    return np.uint64(seed & 0xFFFFFFFF), np.uint64(seed >> 32)
