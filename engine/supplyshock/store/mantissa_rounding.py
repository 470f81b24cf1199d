"""Fewer bits of mantissa: random mantissas do not compress, zeros do."""

from __future__ import annotations

import numpy as np
from numcodecs.bitround import BitRound

from supplyshock_kernels.params import Array

LEAST, MOST = 12, 22
"""Bits that may be kept of the 23 of a float32. With 12, whole numbers up to 8,192 stay exact, such as weeks."""


def rounded(x: Array, bits: int) -> Array:
    """float32 `x` with `bits` bits of mantissa, to the nearest, ties to even; all of them for 0. NaN stays NaN."""
    if not bits:
        return x
    short: Array = np.asarray(BitRound(keepbits=bits).encode(np.array(x, np.float32))).view(np.float32)
    return short.reshape(x.shape)
