"""From random words to uniforms and normals, and the name of every use of them.

A stream is a constant per use: a new use takes a new number, so that it never
shifts the draws of another. Each stream yields four words a week.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ops import HALF, ONE, ZERO, const, cos_turn, exp, log, real, scalar, sin_turn, sqrt, where
from .philox import philox4x32_10

PRIORS = 0x100  # + q for the q-th four uncertain parameters; step 0
MEMBER = 0x1F0  # which state of an ensemble a path starts in; step 0
ACT = 0x200
REPLY = 0x201
RELAX = 0x202
REGIME = 0x203
CLOCK = 0x204
ACCIDENT = 0x205
COMMON = 0x300  # + q: four normals shared by materials
NODE = 0x400  # + q: the normals of markets 2q and 2q + 1, China then outside

_MASK, _SHIFT32, _SHIFT9 = np.uint64(0xFFFFFFFF), np.uint64(32), np.uint64(9)
_UNIT23, _HALF23 = const(2.0**-23), const(2.0**-24)
_MINUS_TWO = const(-2.0)


@scalar
def words(path: Any, step: Any, stream: Any, key0: Any, key1: Any) -> Any:
    """Four words of a path (uint64 index), a step and a stream (all uint64)."""
    return philox4x32_10(path & _MASK, path >> _SHIFT32, step, stream, key0, key1)


@scalar
def uniform(word: Any, one: Any) -> Any:
    """A uniform in (0, 1), 23 bits at the middle of their cell; `one` is 1 in the run's precision."""
    return real(word >> _SHIFT9, one) * _UNIT23 + _HALF23


@scalar
def uniforms(path: Any, step: Any, stream: Any, key0: Any, key1: Any, one: Any) -> Any:
    """Four uniforms of a path, a step and a stream."""
    a, b, c, d = words(path, step, stream, key0, key1)
    return uniform(a, one), uniform(b, one), uniform(c, one), uniform(d, one)


@scalar
def box_muller(u: Any, v: Any) -> Any:
    """Two independent standard normals of two uniforms (Box and Muller, 1958)."""
    radius = sqrt(_MINUS_TWO * log(u))
    return radius * cos_turn(v), radius * sin_turn(v)


_SPLIT1, _SPLIT2, _C180, _C16 = const(0.425), const(5.0), const(0.180625), const(1.6)
_A0, _A1, _A2, _A3 = const(3.3871327179), const(50.434271938), const(159.29113202), const(59.109374720)
_B1, _B2, _B3 = const(17.895169469), const(78.757757664), const(67.187563600)
_C0, _C1, _C2, _C3 = const(1.4234372777), const(2.7568153900), const(1.3067284816), const(0.17023821103)
_D1, _D2 = const(0.73700164250), const(0.12021132975)
_E0, _E1, _E2, _E3 = const(6.6579051150), const(3.0812263860), const(0.42868294337), const(0.017337203997)
_F1, _F2 = const(0.24197894225), const(0.012258202635)


@scalar
def normal_inverse(u: Any) -> Any:
    """The standard normal quantile of u in (0, 1), relative error about 1e-7 (Wichura, 1988, PPND7)."""
    q = u - HALF
    r = _C180 - q * q
    centre = q * (((_A3 * r + _A2) * r + _A1) * r + _A0) / (((_B3 * r + _B2) * r + _B1) * r + ONE)
    tail = sqrt(-log(where(q < ZERO, u, ONE - u)))
    s = tail - _C16
    near = (((_C3 * s + _C2) * s + _C1) * s + _C0) / ((_D2 * s + _D1) * s + ONE)
    t = tail - _SPLIT2
    far = (((_E3 * t + _E2) * t + _E1) * t + _E0) / ((_F2 * t + _F1) * t + ONE)
    size = where(tail <= _SPLIT2, near, far)
    return where(r >= ZERO, centre, where(q < ZERO, -size, size))


_TINY = const(1e-7)


@scalar
def kumaraswamy(u: Any, a: Any, b: Any) -> Any:
    """The quantile ``(1 - (1 - u)**(1/b))**(1/a)`` of the Kumaraswamy distribution on (0, 1)."""
    inner = ONE - exp(log(ONE - u) / b)
    return exp(log(where(inner > _TINY, inner, _TINY)) / a)
