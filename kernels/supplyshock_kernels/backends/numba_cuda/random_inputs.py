"""The random numbers of a path, four words at a time."""

from __future__ import annotations

from typing import Any

from ...model import uncertain_parameters, weekly_uniforms
from ...ops import ONE, scalar
from ...rng import random_variates
from .block import U0, U1, U2, market_at, path_at
from .columns import PRIOR_COLUMN
from .layout import MARKET, PATH, L, U, row

STREAMS = len(weekly_uniforms.STREAMS)
_ACT, _REPLY, _RELAX, _REGIME, _CLOCK, _ACCIDENT = (U(stream) for stream in weekly_uniforms.STREAMS)
_PRIORS, _COMMON, _NODE = U(random_variates.PRIORS), U(random_variates.COMMON), U(random_variates.NODE)
_MEMBER = U(random_variates.MEMBER)
_R2, _R3, _R4 = row(2), row(3), row(4)


@scalar
def uniforms(b: Any, lane: Any, step: Any, stream: Any) -> Any:
    """Four uniforms."""
    return random_variates.uniforms(lane.path, step, stream, b.laws.key0, b.laws.key1, ONE)


@scalar
def normals(b: Any, lane: Any, step: Any, stream: Any) -> Any:
    """Four standard normals."""
    u, v, w, x = uniforms(b, lane, step, stream)
    if b.plan.option.inverse > U0:
        return (
            random_variates.normal_inverse(u),
            random_variates.normal_inverse(v),
            random_variates.normal_inverse(w),
            random_variates.normal_inverse(x),
        )
    first, second = random_variates.box_muller(u, v), random_variates.box_muller(w, x)
    return first[0], first[1], second[0], second[1]


@scalar
def _put_four(b: Any, at: Any, four: Any) -> None:
    b.rows[at] = four[0]
    b.rows[at + L] = four[1]
    b.rows[at + _R2] = four[2]
    b.rows[at + _R3] = four[3]


@scalar
def _stream(i: Any) -> Any:
    """The i-th of `weekly_uniforms.STREAMS`."""
    late = _REGIME if i < U(4) else (_CLOCK if i < U(5) else _ACCIDENT)
    return (_ACT if i < U1 else (_REPLY if i < U2 else _RELAX)) if i < U(3) else late


@scalar
def draw_uniforms(b: Any, i: Any, lane: Any, t: Any) -> None:
    """The i-th stream of the uniforms of week ``t``."""
    step = t + U1 + b.laws.elapsed
    _put_four(b, path_at(b, lane) + PATH.uniforms + i * _R4, uniforms(b, lane, step, _stream(i)))


@scalar
def draw_common(b: Any, lane: Any, t: Any) -> None:
    """The normals of week ``t`` that markets share."""
    step = t + U1 + b.laws.elapsed
    _put_four(b, path_at(b, lane) + PATH.common, normals(b, lane, step, _COMMON))


@scalar
def draw_nodes(b: Any, q: Any, lane: Any, t: Any) -> None:
    """The normals of week ``t`` of markets 2q and 2q + 1."""
    m = U2 * q
    w, x, y, z = normals(b, lane, t + U1 + b.laws.elapsed, _NODE + q)
    i = market_at(b, m, lane)
    b.rows[i + MARKET.z_c] = w
    b.rows[i + MARKET.z_x] = x
    if m + U1 < b.plan.number.markets:
        j = market_at(b, m + U1, lane)
        b.rows[j + MARKET.z_c] = y
        b.rows[j + MARKET.z_x] = z


@scalar
def draw_priors(b: Any, q: Any, lane: Any) -> None:
    """The normals behind the q-th four uncertain parameters, into the rows of the uniforms."""
    _put_four(b, path_at(b, lane) + PATH.uniforms + q * _R4, normals(b, lane, U0, _PRIORS + q))


@scalar
def draw_theta(b: Any, k: Any, lane: Any) -> None:
    """The k-th uncertain parameter, from those normals."""
    scratch, prior = path_at(b, lane) + PATH.uniforms, b.tables.prior
    law = uncertain_parameters.Prior(
        loading=prior[k, PRIOR_COLUMN.loading],
        lognormal=prior[k, PRIOR_COLUMN.lognormal],
        center=prior[k, PRIOR_COLUMN.center],
        sd=prior[k, PRIOR_COLUMN.sd],
        low=prior[k, PRIOR_COLUMN.low],
        high=prior[k, PRIOR_COLUMN.high],
    )
    own, shared = b.rows[scratch + k * L], b.rows[scratch + U(b.tables.factor[k]) * L]
    b.rows[path_at(b, lane) + PATH.theta + k * L] = uncertain_parameters.draw(own, shared, law)


@scalar
def draw_member(b: Any, lane: Any) -> Any:
    """A uniform that decides which member of an ensemble the path starts from."""
    return uniforms(b, lane, U0, _MEMBER)[0]
