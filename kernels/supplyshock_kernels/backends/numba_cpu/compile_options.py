"""How the loops are compiled.

``error_model="numpy"`` because a check for division by zero is a call, which
stops the vectoriser. No fastmath: reassociation broke an inverse distribution
function in trials, and ``contract`` fused differently in the process that
compiled a kernel and in those that loaded it from the cache, so that a resumed
run had other last bits. Fused multiply-adds are spelled out where they pay
(`float32math.fma`), and the physics multiplies by reciprocals of constants.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
from llvmlite import binding
from numba.core import codegen

from ... import numba_dialect  # noqa: F401  # how numba spells the operations of the physics
from .kernel_cache import KernelCache

INTERLEAVE = 4
"""Vectors a loop works on side by side. The chain of a week is long (about 500 cycles for a material) and the
processor looks ahead a third of it, so one vector at a time leaves most of its units idle. The compiler's own
choice is one; two gave half the gain of four, eight no more. Any number gives the same bits."""

binding.set_option("supplyshock", f"-force-vector-interleave={INTERLEAVE}")

if numba.config.CPU_FEATURES is None and numba.config.CPU_NAME is None:  # type: ignore[attr-defined]
    # LLVM leaves half of every 512-bit register of an Intel processor unused, out of care for clock speeds of 2017
    numba.config.CPU_FEATURES = codegen.get_host_cpu_features() + ",-prefer-256-bit"  # type: ignore[attr-defined, no-untyped-call]

LOOP: dict[str, Any] = {"error_model": "numpy", "nogil": True}


def compiled_loop(function: Callable[..., Any]) -> Any:
    """Compiles a loop at its first call, and keeps it in the cache folder of the sources."""
    loop = numba.njit(**LOOP)(function)
    loop._cache = KernelCache(function)  # as `enable_caching` does with numba's own
    return loop
