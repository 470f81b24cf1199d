"""The few operations the physics is written in, as NumPy and JAX spell them; `numba_dialect` has numba's spelling.

A function decorated with `scalar` is plain Python: called with NumPy or JAX arrays it
works elementwise, called from a numba kernel it is compiled and inlined. Inside
it, write ``where`` instead of ``if``, use the names below instead of NumPy's,
and take every number from `Params` or from a float32 constant made by `const`:
a bare Python literal is 64 bits wide in numba and halves the speed.

In float32 the numba dialect uses its own polynomials (`float32math`), since
calls to the C library stop the vectoriser; in float64 it uses the C library.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

F = TypeVar("F", bound=Callable[..., Any])

_scalars: list[Callable[..., Any]] = []
_compilers: list[Callable[[Callable[..., Any]], object]] = []


def scalar(function: F) -> F:
    """Mark a branch-free function of numbers as part of the physics."""
    _scalars.append(function)
    for compiler in _compilers:
        compiler(function)
    return function


def hand_scalars_to(compiler: Callable[[Callable[..., Any]], object]) -> None:
    """Give a compiler every function of the physics: those of now, and later ones as they are marked.

    So a process that reads results, or computes by JAX, never imports numba.
    """
    for function in _scalars:
        compiler(function)
    _compilers.append(compiler)


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
