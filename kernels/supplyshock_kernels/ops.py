"""The few operations the physics is written in, and the only place that knows how each dialect spells them.

A function decorated with `scalar` is plain Python: called with NumPy or JAX arrays it
works elementwise, called from a numba kernel it is compiled and inlined. Inside
it, write ``where`` instead of ``if``, use the names below instead of NumPy's,
and take every number from `Params` or from a float32 constant made by `const`:
a bare Python literal is 64 bits wide in numba and halves the speed.

In float32 the numba dialect uses its own polynomials (`float32math`), since
calls to the C library stop the vectoriser; in float64 it uses the C library.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numba import types
from numba.extending import overload, register_jitable

from . import float32math as f32

F = TypeVar("F", bound=Callable[..., Any])

JIT: Any = {"error_model": "numpy", "forceinline": True}
"""Options of every compiled helper: a division check or a call would stop the vectoriser."""


def scalar(function: F) -> F:
    """Mark a branch-free function of numbers as part of the physics."""
    jitable: F = register_jitable(**JIT)(function)
    return jitable


def const(value: float) -> Any:
    """A number for use in the physics: float32, so that no dialect widens it."""
    return np.float32(value)


ZERO, HALF, ONE, TWO = const(0.0), const(0.5), const(1.0), const(2.0)


_NUMPY = (np.ndarray, np.generic, bool, int, float)


def space(*operands: Any) -> Any:
    """The array functions of the operands' kind: NumPy's, or those of the first operand that is not NumPy's."""
    for x in operands:
        if not isinstance(x, _NUMPY):
            return x.__array_namespace__()
    return np


def where(condition: Any, a: Any, b: Any) -> Any:
    """``a`` where the condition holds, else ``b``."""
    return space(condition, a, b).where(condition, a, b)


def exp(x: Any) -> Any:
    """The exponential; float32 arguments are clipped to [-87, 88]."""
    return space(x).exp(x)


def exp_inside(x: Any) -> Any:
    """The exponential of a number that lies in [-87, 88]: spares the clipping of `exp`."""
    return space(x).exp(x)


def log(x: Any) -> Any:
    """The natural logarithm of a positive, normal number."""
    return space(x).log(x)


def sqrt(x: Any) -> Any:
    """The square root."""
    return space(x).sqrt(x)


def tanh(x: Any) -> Any:
    """The hyperbolic tangent."""
    return space(x).tanh(x)


def cos_turn(x: Any) -> Any:
    """Cosine of ``x`` turns, ``x`` in [0, 1)."""
    return space(x).cos(x * (2 * np.pi)).astype(x.dtype)


def sin_turn(x: Any) -> Any:
    """Sine of ``x`` turns, ``x`` in [0, 1)."""
    return space(x).sin(x * (2 * np.pi)).astype(x.dtype)


def minimum(a: Any, b: Any) -> Any:
    """The smaller of two numbers."""
    return space(a, b).minimum(a, b)


def maximum(a: Any, b: Any) -> Any:
    """The larger of two numbers."""
    return space(a, b).maximum(a, b)


def real(word: Any, like: Any) -> Any:
    """A whole number below 2**24 as a floating number of the precision of `like`."""
    return space(word, like).asarray(word).astype(like.dtype)


@scalar
def clip(x: Any, low: Any, high: Any) -> Any:
    """``x`` moved into [low, high]; ``low`` wins where they cross."""
    return maximum(minimum(x, high), low)


# --- the numba dialect ---------------------------------------------------------------------------


@overload(where, jit_options=JIT, strict=False)
def _where(condition: Any, a: Any, b: Any) -> Any:
    return lambda condition, a, b: a if condition else b


@overload(minimum, jit_options=JIT, strict=False)
def _minimum(a: Any, b: Any) -> Any:
    return lambda a, b: a if a < b else b


@overload(maximum, jit_options=JIT, strict=False)
def _maximum(a: Any, b: Any) -> Any:
    return lambda a, b: a if a > b else b


@overload(sqrt, jit_options=JIT, strict=False)
def _sqrt(x: Any) -> Any:
    return lambda x: math.sqrt(x)  # what the machine does, as np.sqrt: numba-cuda has this one alone


@overload(real, jit_options=JIT, strict=False)
def _real(word: Any, like: Any) -> Any:
    if like == types.float32:
        return lambda word, like: f32.to_float(np.int32(word))
    return lambda word, like: np.float64(word)


@overload(exp, jit_options=JIT, strict=False)
def _exp(x: Any) -> Any:
    return f32.exp if x == types.float32 else lambda x: np.exp(x)


@overload(exp_inside, jit_options=JIT, strict=False)
def _exp_inside(x: Any) -> Any:
    return f32.exp_inside if x == types.float32 else lambda x: np.exp(x)


@overload(log, jit_options=JIT, strict=False)
def _log(x: Any) -> Any:
    return f32.log if x == types.float32 else lambda x: np.log(x)


@overload(tanh, jit_options=JIT, strict=False)
def _tanh(x: Any) -> Any:
    return f32.tanh if x == types.float32 else lambda x: np.tanh(x)


@overload(cos_turn, jit_options=JIT, strict=False)
def _cos_turn(x: Any) -> Any:
    return f32.cos_turn if x == types.float32 else lambda x: np.cos(x * (2 * np.pi))


@overload(sin_turn, jit_options=JIT, strict=False)
def _sin_turn(x: Any) -> Any:
    return f32.sin_turn if x == types.float32 else lambda x: np.sin(x * (2 * np.pi))
