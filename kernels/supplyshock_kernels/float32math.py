"""Elementary functions in float32 that vectorise: polynomials after range reduction, no tables, no calls.

Written for numba, whose wheels carry no vector maths library. Each function
takes and returns float32; the largest relative errors are measured by
``tests/kernels/test_float32math.py``. Range reduction after the Cephes library
(Moshier, 1992); the coefficients minimise the largest relative error on the
reduced range: 3e-9 for exp and 8e-10 for log before rounding.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, register_jitable

_jit = register_jitable(error_model="numpy", forceinline=True)
_F = np.float32


def _i32(name: str, emit: Any, result: Any, *arguments: Any) -> Any:
    """An intrinsic on 32-bit words: numba's own integer arithmetic would widen them to 64 bits."""

    def typer(typingctx: Any, *operands: Any) -> Any:
        return result(*arguments), lambda context, builder, sig, args: emit(builder, *args)

    # numba reads the number of arguments from the signature
    if len(arguments) == 1:
        return intrinsic(lambda typingctx, x: typer(typingctx, x))
    return intrinsic(lambda typingctx, x, y: typer(typingctx, x, y))


_I32, _F32 = ir.IntType(32), ir.FloatType()
bits = _i32("bits", lambda b, x: b.bitcast(x, _I32), types.int32, types.float32)
from_bits = _i32("from_bits", lambda b, x: b.bitcast(x, _F32), types.float32, types.int32)
to_int = _i32("to_int", lambda b, x: b.fptosi(x, _I32), types.int32, types.float32)
to_float = _i32("to_float", lambda b, x: b.sitofp(x, _F32), types.float32, types.int32)
add = _i32("add", lambda b, x, y: b.add(x, y), types.int32, types.int32, types.int32)
negate = _i32("neg", lambda b, x: b.neg(x), types.int32, types.int32)
shift_left = _i32("shl", lambda b, x, y: b.shl(x, y), types.int32, types.int32, types.int32)
shift_right = _i32("ashr", lambda b, x, y: b.ashr(x, y), types.int32, types.int32, types.int32)
both = _i32("and", lambda b, x, y: b.and_(x, y), types.int32, types.int32, types.int32)
either = _i32("or", lambda b, x, y: b.or_(x, y), types.int32, types.int32, types.int32)

_FFF = (types.float32, types.float32, types.float32)


def _emit_fma(typingctx: Any, x: Any, y: Any, z: Any) -> Any:
    return types.float32(*_FFF), lambda context, builder, sig, args: builder.fma(*args)


fma: Any = intrinsic(_emit_fma)
"""``fma(x, y, z)`` is ``x y + z`` rounded once, spelled out: left to the compiler (fastmath ``contract``)
the choice of where to fuse differed between two compilations of a kernel, and so did the last bit."""


_ONE, _TWO, _HALF = _F(1), _F(2), _F(0.5)
_LOG2E, _LN2_HIGH, _LN2_LOW = _F(1.44269504088896341), _F(0.693359375), _F(-2.12194440e-4)
_ROUND = _F(12582912.0)  # 1.5 * 2**23: adding it rounds to an integer kept in the low bits
_S23 = np.int32(23)
_E0, _E1, _E2 = _F(1.3814439600736822e-3), _F(8.368714845259813e-3), _F(4.166839011747561e-2)
_E3, _E4 = _F(1.66665206614215e-1), _F(4.9999993446466795e-1)
_EXP_LOW, _EXP_HIGH = _F(-87.0), _F(88.0)


@_jit
def exp(x: Any) -> Any:
    """e**x with x clipped to [-87, 88]."""
    x = x if x > _EXP_LOW else _EXP_LOW
    return exp_inside(x if x < _EXP_HIGH else _EXP_HIGH)


@_jit
def exp_inside(x: Any) -> Any:
    """e**x for x known to lie in [-87, 88]."""
    shifted = fma(x, _LOG2E, _ROUND)
    n = shifted - _ROUND
    r = fma(n, -_LN2_HIGH, x)
    r = fma(n, -_LN2_LOW, r)
    z = r * r
    y = fma(fma(_E0, z, fma(_E1, r, _E2)), z, fma(_E3, r, _E4))
    y = fma(y, z, r) + _ONE
    return from_bits(add(bits(y), shift_left(bits(shifted), _S23)))  # the low bits of `shifted` are n


_SQRT_HALF_BITS = np.int32(0x3F3504F3)
_MANTISSA = np.int32(0x007FFFFF)
_NEG_SQRT_HALF_BITS = np.int32(-0x3F3504F3)
_L0, _L1, _L2 = _F(2.987241403331877e-1), _F(3.99775221714366e-1), _F(6.666677648228543e-1)


@_jit
def log(x: Any) -> Any:
    """The natural logarithm of a positive, normal float32."""
    shifted = add(bits(x), _NEG_SQRT_HALF_BITS)
    e = to_float(shift_right(shifted, _S23))
    m = from_bits(add(both(shifted, _MANTISSA), _SQRT_HALF_BITS)) - _ONE
    s = m / (_TWO + m)  # log(1 + m) = 2 artanh(s)
    z = s * s
    y = s * z * fma(fma(_L0, z, _L1), z, _L2)
    return fma(e, _LN2_HIGH, s + s + fma(e, _LN2_LOW, y))


_TANH_EDGE = _F(9.0)


@_jit
def tanh(x: Any) -> Any:
    """The hyperbolic tangent: absolute error below 2e-7."""
    x = x if x < _TANH_EDGE else _TANH_EDGE
    x = x if x > -_TANH_EDGE else -_TANH_EDGE
    return _ONE - _TWO / (exp_inside(_TWO * x) + _ONE)


_QUARTER, _TAU = _F(0.25), _F(6.283185307179586)
_S1, _S2, _S3 = _F(-1.6666654611e-1), _F(8.3321608736e-3), _F(-1.9515295891e-4)


@_jit
def sin_turn(x: Any) -> Any:
    """sin(2 pi x), x in [-1, 2]: absolute error below 5e-7."""
    n = (x * _TWO + _ROUND) - _ROUND  # nearest half turn
    r = fma(n, -_HALF, x)  # in [-1/4, 1/4]
    sign = from_bits(either(shift_left(bits(x * _TWO + _ROUND), np.int32(31)), np.int32(0x3F800000)))
    return sign * _sin_quarter(r)


_P1, _P2 = _F(6.283185307179586), _F(-41.341702240399755)
_P3, _P4, _P5 = _F(81.60524927607504), _F(-76.70585975306136), _F(42.05869394489765)
_P6 = _F(-15.094642576822984)


@_jit
def _sin_quarter(r: Any) -> Any:
    """sin(2 pi r) on [-1/4, 1/4] by its Taylor series to r**11 (truncation below 6e-8)."""
    z = r * r
    w = z * z
    return r * fma(fma(fma(_P6, z, _P5), w, fma(_P4, z, _P3)), w, fma(_P2, z, _P1))


@_jit
def cos_turn(x: Any) -> Any:
    """cos(2 pi x), x in [-1, 2]."""
    return sin_turn(x + _QUARTER)
