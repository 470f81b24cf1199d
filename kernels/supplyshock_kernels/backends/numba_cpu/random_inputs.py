"""Filling a tile's rows with the random numbers of a week."""

from __future__ import annotations

from typing import Any

from numba import njit

from ...model import uncertain_parameters
from ...ops import scalar
from ...rng import random_variates
from .compile_options import LOOP
from .layout import COMMON, MARKET, THETA, UNIFORMS, Z_C, Z_X, L, R, U

_ACT, _REPLY, _RELAX = U(random_variates.ACT), U(random_variates.REPLY), U(random_variates.RELAX)
_REGIME, _CLOCK, _ACCIDENT = U(random_variates.REGIME), U(random_variates.CLOCK), U(random_variates.ACCIDENT)
_PRIORS, _COMMON, _NODE = U(random_variates.PRIORS), U(random_variates.COMMON), U(random_variates.NODE)
_4, _8, _12, _16, _20 = R[4], R[8], R[12], R[16], R[20]
_1, _2, _3 = R[1], R[2], R[3]


@scalar
def _uniforms(path: Any, step: Any, stream: Any, key: Any, one: Any) -> Any:
    a, b, c, d = random_variates.words(path, step, stream, key[0], key[1])
    return (
        random_variates.uniform(a, one),
        random_variates.uniform(b, one),
        random_variates.uniform(c, one),
        random_variates.uniform(d, one),
    )


@scalar
def _normals(path: Any, step: Any, stream: Any, key: Any, one: Any) -> Any:
    a, b, c, d = _uniforms(path, step, stream, key, one)
    w, x = random_variates.box_muller(a, b)
    y, z = random_variates.box_muller(c, d)
    return w, x, y, z


@scalar
def _inverse(path: Any, step: Any, stream: Any, key: Any, one: Any) -> Any:
    a, b, c, d = _uniforms(path, step, stream, key, one)
    return (
        random_variates.normal_inverse(a),
        random_variates.normal_inverse(b),
        random_variates.normal_inverse(c),
        random_variates.normal_inverse(d),
    )


@njit(**LOOP)
def fill_uniforms(p: Any, at: Any, path0: Any, step: Any, stream: Any, key: Any, one: Any) -> None:
    """Four rows of uniforms at ``at``."""
    for l in range(L):
        a, b, c, d = _uniforms(path0 + l, step, stream, key, one)
        p[at + l] = a
        p[at + l + _1] = b
        p[at + l + _2] = c
        p[at + l + _3] = d


@njit(**LOOP)
def fill_normals(
    p: Any,
    r0: Any,
    r1: Any,
    r2: Any,
    r3: Any,
    path0: Any,
    step: Any,
    stream: Any,
    key: Any,
    one: Any,
    inverse: Any,
) -> None:
    """Four rows of standard normals at ``r0`` to ``r3``."""
    if inverse:
        for l in range(L):
            a, b, c, d = _inverse(path0 + l, step, stream, key, one)
            p[r0 + l] = a
            p[r1 + l] = b
            p[r2 + l] = c
            p[r3 + l] = d
    else:
        for l in range(L):
            a, b, c, d = _normals(path0 + l, step, stream, key, one)
            p[r0 + l] = a
            p[r1 + l] = b
            p[r2 + l] = c
            p[r3 + l] = d


@njit(**LOOP)
def fill_week(path: Any, mk: Any, markets: Any, path0: Any, step: Any, key: Any, one: Any, inverse: Any) -> None:
    """All random numbers of a week: the table's, the accidents', and a normal for every node.

    ``mk`` has room for an even number of markets.
    """
    fill_uniforms(path, UNIFORMS, path0, step, _ACT, key, one)
    fill_uniforms(path, UNIFORMS + _4, path0, step, _REPLY, key, one)
    fill_uniforms(path, UNIFORMS + _8, path0, step, _RELAX, key, one)
    fill_uniforms(path, UNIFORMS + _12, path0, step, _REGIME, key, one)
    fill_uniforms(path, UNIFORMS + _16, path0, step, _CLOCK, key, one)
    fill_uniforms(path, UNIFORMS + _20, path0, step, _ACCIDENT, key, one)
    c = COMMON
    fill_normals(path, c, c + _1, c + _2, c + _3, path0, step, _COMMON, key, one, inverse)
    for q in range((U(markets) + U(1)) // U(2)):
        i = U(2) * q * MARKET
        j = i + MARKET
        fill_normals(mk, i + Z_C, i + Z_X, j + Z_C, j + Z_X, path0, step, _NODE + q, key, one, inverse)


@njit(**LOOP)
def fill_theta(path: Any, priors: Any, path0: Any, key: Any, one: Any, inverse: Any) -> None:
    """The uncertain parameters of every path; uses the rows of the uniforms as scratch."""
    n = priors.center.shape[0]
    for q in range(U((n + 3) // 4)):
        i = UNIFORMS + q * _4
        fill_normals(path, i, i + _1, i + _2, i + _3, path0, U(0), _PRIORS + q, key, one, inverse)
    for k in range(n):
        own, shared, at = UNIFORMS + U(k) * L, UNIFORMS + U(priors.factor[k]) * L, THETA + U(k) * L
        loading, lognormal, center = priors.loading[k], priors.lognormal[k], priors.center[k]
        sd, low, high = priors.sd[k], priors.low[k], priors.high[k]
        for l in range(L):
            path[at + l] = uncertain_parameters.draw(
                path[own + l], path[shared + l], loading, lognormal, center, sd, low, high
            )
