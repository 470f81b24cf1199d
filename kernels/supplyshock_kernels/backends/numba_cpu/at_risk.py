"""Output at risk for want of chips: the CES of industry over rows where something is missing.

Most rows of most weeks have no shortage, and what is not missing costs two logarithms and two
exponentials a path: rows without are passed over. The skipped formula gives exactly what is
written instead, in either precision, so a path does not depend on its neighbours in the tile.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import register_jitable

from ... import float32math as f32
from ...model import industry
from ...numba_dialect import JIT
from ...ops import ONE, ZERO, maximum
from .compile_options import compiled_loop
from .layout import (
    GATED_C,
    GONE_C,
    GONE_GATED,
    GONE_X,
    MARKET,
    OUT_C,
    OUT_X,
    PARTS_C,
    PARTS_X,
    PER_RHO,
    RHO,
    THETA,
    L,
    U,
)

_I0, _I1 = np.int32(0), np.int32(1)


@compiled_loop
def find_at_risk(mk: Any, p: Any, k: Any, params: Any, materials: Any) -> None:
    """From what is left of every segment's chips to the output that their want puts at risk."""
    for m in range(materials, k.group.shape[0]):
        a, share = U(m) * MARKET, params.share_chip
        _chip(mk, p, a + OUT_C, a + PARTS_C, a + GONE_C, share)
        _chip(mk, p, a + OUT_X, a + PARTS_X, a + GONE_X, share)
        if k.gated_use[m] > 0:
            _gated(mk, p, a + GATED_C, a + GONE_GATED, share)
        else:
            _copy(mk, a + OUT_C, a + GATED_C)
            _copy(mk, a + GONE_C, a + GONE_GATED)


@register_jitable(**JIT)
def _chip(mk: Any, p: Any, at: Any, parts: Any, gone: Any, share: Any) -> None:
    """A row that holds the share left; ``parts`` is the row for products of many parts. ``gone`` holds what is held
    back of parts with one maker, and then what is missing: each part is drawn from a stock of its own."""
    if not any_below(mk, at, ONE):
        for l in range(L):
            mk[at + l] = ZERO
            mk[parts + l] = ZERO
            mk[gone + l] = ZERO
        return
    for l in range(L):
        left, rho, per_rho = industry.log_of(mk[at + l]), p[RHO + l], p[PER_RHO + l]
        mk[gone + l] = maximum(industry.absent(left), mk[gone + l])
        mk[parts + l] = industry.shortfall(left, rho, per_rho, share, p[THETA.parts + l])
        mk[at + l] = industry.shortfall(left, rho, per_rho, share, ONE)


@register_jitable(**JIT)
def _gated(mk: Any, p: Any, at: Any, gone: Any, share: Any) -> None:
    """The same for gated sectors, which do not need many parts. Two loops: as one it was not vectorised."""
    for l in range(L):
        mk[gone + l] = industry.absent(industry.log_of(mk[at + l]))
    for l in range(L):
        mk[at + l] = industry.shortfall(industry.log_of(mk[at + l]), p[RHO + l], p[PER_RHO + l], share, ONE)


@register_jitable(**JIT)
def _copy(mk: Any, at: Any, to: Any) -> None:
    for l in range(L):
        mk[to + l] = mk[at + l]


@register_jitable(**JIT)
def any_above(mk: Any, at: Any, bound: Any) -> Any:
    """Whether a number of a row is above a bound, or none; added up in words, which the vectoriser takes."""
    any_lane = _I0
    for l in range(L):
        any_lane = f32.either(any_lane, _I0 if mk[at + l] <= bound else _I1)
    return any_lane > _I0


@register_jitable(**JIT)
def any_below(mk: Any, at: Any, bound: Any) -> Any:
    """Whether a number of a row is below a bound, or none."""
    any_lane = _I0
    for l in range(L):
        any_lane = f32.either(any_lane, _I0 if mk[at + l] >= bound else _I1)
    return any_lane > _I0
