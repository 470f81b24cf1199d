"""The random numbers of a week, as rows of a tile."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...model import uncertain_parameters, weekly_uniforms
from ...ops import scalar
from ...rng import random_variates
from .compile_options import compiled_loop
from .layout import COMMON, MARKET, THETA, UNIFORMS, Z_C, Z_X, L, U

_FIRST_THETA = THETA[0]
_STREAMS = tuple(U(stream) for stream in weekly_uniforms.STREAMS)
_PRIORS, _COMMON, _NODE = U(random_variates.PRIORS), U(random_variates.COMMON), U(random_variates.NODE)
_FOUR = U(4)
"""Words of a stream in a week."""
_FOUR_ROWS = _FOUR * L


class Draws(NamedTuple):
    """What the random numbers of a tile are made from."""

    paths: Any
    """(L,) uint64 numbers of the tile's paths; of a call, those of all its tiles."""
    place: Any
    """Place of the tile's first path within the call, uint64."""
    key: Any
    one: Any
    """1 in the precision of the run."""
    inverse: Any
    """Normals by the inverse of their distribution function, not by Box and Muller."""


@scalar
def _normals(path: Any, step: Any, stream: Any, key: Any, one: Any) -> Any:
    a, b, c, d = random_variates.uniforms(path, step, stream, key[0], key[1], one)
    w, x = random_variates.box_muller(a, b)
    y, z = random_variates.box_muller(c, d)
    return w, x, y, z


@scalar
def _inverse(path: Any, step: Any, stream: Any, key: Any, one: Any) -> Any:
    a, b, c, d = random_variates.uniforms(path, step, stream, key[0], key[1], one)
    return (
        random_variates.normal_inverse(a),
        random_variates.normal_inverse(b),
        random_variates.normal_inverse(c),
        random_variates.normal_inverse(d),
    )


@compiled_loop
def draws_of_tile(draws: Any, done: Any) -> Any:
    """Those of the tile that comes after so many paths of a call."""
    paths = draws.paths[done : done + int(L)]
    return Draws(paths=paths, place=U(done), key=draws.key, one=draws.one, inverse=draws.inverse)


@compiled_loop
def draw_uniforms(p: Any, paths: Any, at: Any, step: Any, stream: Any, draws: Any) -> None:
    """Four rows of uniforms at ``at``."""
    key, one = draws.key, draws.one
    for l in range(L):
        a, b, c, d = random_variates.uniforms(paths[l], step, stream, key[0], key[1], one)
        p[at + l] = a
        p[at + l + L] = b
        p[at + l + U(2) * L] = c
        p[at + l + U(3) * L] = d


@compiled_loop
def draw_normals(p: Any, paths: Any, rows: Any, step: Any, stream: Any, draws: Any) -> None:
    """Four rows of standard normals at ``rows``."""
    r0, r1, r2, r3 = rows
    key, one = draws.key, draws.one
    if draws.inverse:
        for l in range(L):
            a, b, c, d = _inverse(paths[l], step, stream, key, one)
            p[r0 + l] = a
            p[r1 + l] = b
            p[r2 + l] = c
            p[r3 + l] = d
    else:
        for l in range(L):
            a, b, c, d = _normals(paths[l], step, stream, key, one)
            p[r0 + l] = a
            p[r1 + l] = b
            p[r2 + l] = c
            p[r3 + l] = d


@scalar
def _next_four(first: Any) -> Any:
    """A row and the three after it."""
    return first, first + L, first + U(2) * L, first + U(3) * L


@compiled_loop
def draw_week(path: Any, mk: Any, markets: Any, step: Any, draws: Any) -> None:
    """All random numbers of a week: the negotiation's, the accidents', and a normal for every node.

    ``mk`` has room for an even number of markets.
    """
    paths = draws.paths
    for s in range(len(_STREAMS)):
        draw_uniforms(path, paths, UNIFORMS + U(s) * _FOUR_ROWS, step, _STREAMS[s], draws)
    draw_normals(path, paths, _next_four(COMMON), step, _COMMON, draws)
    for q in range((U(markets) + U(1)) // U(2)):
        i = U(2) * q * MARKET
        j = i + MARKET
        draw_normals(mk, paths, (i + Z_C, i + Z_X, j + Z_C, j + Z_X), step, _NODE + q, draws)


@compiled_loop
def draw_theta(path: Any, priors: Any, draws: Any) -> None:
    """The uncertain parameters of every path; uses the rows of the uniforms as scratch."""
    n, paths = priors.center.shape[0], draws.paths
    for q in range((U(n) + U(3)) // _FOUR):
        draw_normals(path, paths, _next_four(UNIFORMS + q * _FOUR_ROWS), U(0), _PRIORS + q, draws)
    for k in range(n):
        own, shared, at = UNIFORMS + U(k) * L, UNIFORMS + U(priors.factor[k]) * L, _FIRST_THETA + U(k) * L
        prior = uncertain_parameters.Prior(
            loading=priors.loading[k],
            lognormal=priors.lognormal[k],
            center=priors.center[k],
            sd=priors.sd[k],
            low=priors.low[k],
            high=priors.high[k],
        )
        for l in range(L):
            path[at + l] = uncertain_parameters.draw(path[own + l], path[shared + l], prior)
