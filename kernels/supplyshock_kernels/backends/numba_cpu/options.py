"""How the loops are compiled.

``error_model="numpy"`` because a check for division by zero is a call, which
stops the vectoriser. No fastmath: reassociation broke an inverse distribution
function in trials, and ``contract`` fused differently in the process that
compiled a kernel and in those that loaded it from the cache, so that a resumed
run had other last bits. Fused multiply-adds are spelled out where they pay
(`float32math.fma`), and the physics multiplies by reciprocals of constants.
"""

from __future__ import annotations

from typing import Any

from llvmlite import binding

INTERLEAVE = 4
"""Vectors a loop works on side by side. The chain of a week is long (about 500 cycles for a material) and the
processor looks ahead a third of it, so one vector at a time leaves most of its units idle. The compiler's own
choice is one; two gave half the gain of four, eight no more. Any number gives the same bits."""

binding.set_option("supplyshock", f"-force-vector-interleave={INTERLEAVE}")

LOOP: dict[str, Any] = {"error_model": "numpy", "nogil": True, "cache": True}
