"""The operations of `ops` as numba spells them, and the functions of the physics as it compiles them.

In float32 these are the polynomials of `float32math`; in float64 the C library. The modules that compile loops import
this one, and nothing else needs it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload, register_jitable

from . import float32math as f32
from . import ops

JIT: Any = {"error_model": "numpy", "forceinline": True}
"""Options of every compiled helper: a division check or a call would stop the vectoriser."""

ops.hand_scalars_to(register_jitable(**JIT))


@overload(ops.where, jit_options=JIT, strict=False)
def _where(condition: Any, a: Any, b: Any) -> Any:
    return lambda condition, a, b: a if condition else b


@overload(ops.minimum, jit_options=JIT, strict=False)
def _minimum(a: Any, b: Any) -> Any:
    return lambda a, b: a if a < b else b


@overload(ops.maximum, jit_options=JIT, strict=False)
def _maximum(a: Any, b: Any) -> Any:
    return lambda a, b: a if a > b else b


@overload(ops.sqrt, jit_options=JIT, strict=False)
def _sqrt(x: Any) -> Any:
    return lambda x: math.sqrt(x)  # what the machine does, as np.sqrt: numba-cuda has this one alone


@overload(ops.real, jit_options=JIT, strict=False)
def _real(word: Any, like: Any) -> Any:
    if like == types.float32:
        return lambda word, like: f32.to_float(np.int32(word))
    return lambda word, like: np.float64(word)


@overload(ops.exp, jit_options=JIT, strict=False)
def _exp(x: Any) -> Any:
    return f32.exp if x == types.float32 else lambda x: np.exp(x)


@overload(ops.exp_inside, jit_options=JIT, strict=False)
def _exp_inside(x: Any) -> Any:
    return f32.exp_inside if x == types.float32 else lambda x: np.exp(x)


@overload(ops.log, jit_options=JIT, strict=False)
def _log(x: Any) -> Any:
    return f32.log if x == types.float32 else lambda x: np.log(x)


@overload(ops.tanh, jit_options=JIT, strict=False)
def _tanh(x: Any) -> Any:
    return f32.tanh if x == types.float32 else lambda x: np.tanh(x)


@overload(ops.cos_turn, jit_options=JIT, strict=False)
def _cos_turn(x: Any) -> Any:
    return f32.cos_turn if x == types.float32 else lambda x: np.cos(x * (2 * np.pi))


@overload(ops.sin_turn, jit_options=JIT, strict=False)
def _sin_turn(x: Any) -> Any:
    return f32.sin_turn if x == types.float32 else lambda x: np.sin(x * (2 * np.pi))
