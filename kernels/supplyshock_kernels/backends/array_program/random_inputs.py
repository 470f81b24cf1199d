"""The random numbers of a week, as arrays over paths."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...model import demand, negotiation, uncertain_parameters
from ...model.uncertain_parameters import NAMES, Theta
from ...ops import where
from ...params import Array, Params
from ...rng import random_variates
from .lift import stack


class Luck(NamedTuple):
    """All random numbers of one week."""

    table: negotiation.Uniforms
    ease: tuple[Array, Array]
    """uniforms: which list China and the United States relax."""
    accident: tuple[Array, Array, Array]
    """uniforms: which source, how bad, strait."""
    normals: Array
    """(M, 2, N)."""
    common: list[Array]
    """four (N,) normals that markets share: all, light, heavy, minor."""


def four(paths: Array, step: int, stream: int, key: tuple[Any, Any]) -> list[Array]:
    """The four words of a stream as (N,) arrays."""
    zero = 0 * paths
    return list(random_variates.words(paths, zero + step, zero + np.uint64(stream), *key))


def uniforms(paths: Array, step: int, stream: int, key: tuple[Any, Any], one: Any) -> list[Array]:
    """Four uniforms of a stream."""
    return [random_variates.uniform(w, one) for w in four(paths, step, stream, key)]


def four_normals(paths: Array, step: int, stream: int, key: tuple[Any, Any], one: Any, inverse: bool) -> list[Array]:
    """Four standard normals of a stream."""
    u = uniforms(paths, step, stream, key, one)
    if inverse:
        return [random_variates.normal_inverse(v) for v in u]
    return [*random_variates.box_muller(u[0], u[1]), *random_variates.box_muller(u[2], u[3])]


def draw_week(paths: Array, step: int, key: tuple[Any, Any], markets: int, one: Any, inverse: bool) -> Luck:
    """All random numbers of a week, by name."""
    act, reply = (
        uniforms(paths, step, random_variates.ACT, key, one),
        uniforms(paths, step, random_variates.REPLY, key, one),
    )
    relax, regime = (
        uniforms(paths, step, random_variates.RELAX, key, one),
        uniforms(paths, step, random_variates.REGIME, key, one),
    )
    clock = uniforms(paths, step, random_variates.CLOCK, key, one)
    accident = uniforms(paths, step, random_variates.ACCIDENT, key, one)
    pairs = range((markets + 1) // 2)
    nodes = [z for q in pairs for z in four_normals(paths, step, random_variates.NODE + q, key, one, inverse)]
    return Luck(
        negotiation.Uniforms(*(act + reply + relax + regime + clock[:1])),
        (clock[1], clock[2]),
        (accident[0], accident[1], accident[2]),
        stack(nodes)[: 2 * markets].reshape(markets, 2, -1),
        four_normals(paths, step, random_variates.COMMON, key, one, inverse),
    )


def share_noise(luck: Luck, group: Array, law: Any) -> Array:
    """(M, 2, N) normals of the material nodes with their common and group parts; chips keep their own."""
    z, shared = luck.normals, stack(luck.common)
    mixed = (
        law.node_weight * z
        + law.common_weight * shared[0]
        + law.group_weight * shared[1 + np.minimum(group, 2)][:, None]
    )
    every: Array = where((group < 3)[:, None, None], mixed, z)
    return every


def demand_news(luck: Luck, group: Array, material: Any, chip: Any) -> Array:
    """(M, N) normal of each market that moves its demand."""
    z, shared = luck.normals, stack(luck.common)
    mixed = material.common_weight * shared[0] + material.group_weight * shared[1 + np.minimum(group, 2)]
    of_materials = demand.news(z[:, 0], z[:, 1], mixed, material.node_weight)
    of_chips = demand.news(z[:, 0], z[:, 1], chip.common_weight * shared[0], chip.node_weight)
    every: Array = where((group < 3)[:, None], of_materials, of_chips)
    return every


def draw_priors(paths: Array, key: tuple[Any, Any], one: Any, inverse: bool) -> list[Array]:
    """The standard normal behind each uncertain parameter, (N,) each."""
    quads = range((len(NAMES) + 3) // 4)
    return [v for q in quads for v in four_normals(paths, 0, random_variates.PRIORS + q, key, one, inverse)][
        : len(NAMES)
    ]


def draw_theta(params: Params, paths: Array, key: tuple[Any, Any], one: Any, inverse: bool) -> Theta:
    """The uncertain parameters of every path."""
    z, p = draw_priors(paths, key, one, inverse), params.priors
    return Theta(
        *(
            uncertain_parameters.draw(
                z[i],
                z[int(p.factor[i])],
                p.loading[i],
                p.lognormal[i],
                p.center[i],
                p.sd[i],
                p.low[i],
                p.high[i],
            )
            for i in range(len(NAMES))
        )
    )
