"""The random numbers of a week, as arrays over paths."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...model import demand, negotiation, uncertain_parameters, weekly_uniforms
from ...model.uncertain_parameters import NAMES, Theta
from ...ops import minimum, where
from ...params import Array, Params
from ...rng import random_variates
from . import path_state
from .lift import once, stack


class Draws(NamedTuple):
    """What the random numbers of some paths are made from."""

    paths: Array
    """(N,) uint64."""
    key: tuple[Any, Any]
    one: Any
    """1 in the precision of the run."""
    inverse: bool
    """Normals by the inverse of their distribution function, not by Box and Muller."""
    place: Any = 0
    """(N,) place of each path within its call."""


class RandomInputs(NamedTuple):
    """All random numbers of one week."""

    negotiation: negotiation.Uniforms
    ease: tuple[Array, Array]
    """uniforms: which list China and the United States relax."""
    accident: tuple[Array, Array, Array]
    """uniforms: which source, how bad, strait."""
    leniency: Array
    """uniform: how lenient the approval of licences becomes."""
    normals: Array
    """(M, 2, N)."""
    common: list[Array]
    """four (N,) normals that markets share: all, light, heavy, minor."""


def draw_uniforms(draws: Draws, step: Any, stream: int) -> list[Array]:
    """Four uniforms of a stream, (N,) each."""
    zero = 0 * draws.paths
    return [*random_variates.uniforms(draws.paths, zero + step, zero + np.uint64(stream), *draws.key, draws.one)]


def draw_normals(draws: Draws, step: Any, stream: int) -> list[Array]:
    """Four standard normals of a stream, (N,) each."""
    u = draw_uniforms(draws, step, stream)
    if draws.inverse:
        return [random_variates.normal_inverse(v) for v in u]
    return [*random_variates.box_muller(u[0], u[1]), *random_variates.box_muller(u[2], u[3])]


def draw_week(draws: Draws, step: Any, markets: int) -> RandomInputs:
    """All random numbers of a week, by name."""
    four = [draw_uniforms(draws, step, stream) for stream in weekly_uniforms.STREAMS]
    pairs = range((markets + 1) // 2)
    nodes = [z for q in pairs for z in draw_normals(draws, step, random_variates.NODE + q)]
    return name_inputs(
        uniforms=[u for stream in four for u in stream],
        normals=stack(nodes)[: 2 * markets].reshape(markets, 2, -1),
        common=draw_normals(draws, step, random_variates.COMMON),
    )


def name_inputs(uniforms: list[Array], normals: Array, common: list[Array]) -> RandomInputs:
    """The random numbers of a week; ``uniforms`` are in the order of `weekly_uniforms.NAMES`."""
    u = dict(zip(weekly_uniforms.NAMES, uniforms, strict=True))
    return RandomInputs(
        negotiation=negotiation.Uniforms(**{name: u[name] for name in negotiation.Uniforms._fields}),
        ease=(u["ease_cn"], u["ease_us"]),
        accident=(u["accident_source"], u["accident_severity"], u["strait"]),
        leniency=u["leniency"],
        normals=normals,
        common=common,
    )


def mix_noise(random_inputs: RandomInputs, group: Array, material: Any) -> Array:
    """(M, 2, N) normals of the material nodes with their common and group parts; chips keep their own."""
    z, shared = random_inputs.normals, stack(random_inputs.common)
    mixed = (
        material.node_weight * z
        + material.common_weight * shared[0]
        + material.group_weight * shared[1 + np.minimum(group, 2)][:, None]
    )
    noise: Array = where((group < 3)[:, None, None], mixed, z)
    return once((noise,))[0]


def mix_demand_news(random_inputs: RandomInputs, group: Array, material: Any, chip: Any) -> Array:
    """(M, N) normal of each market that moves its demand."""
    z, shared = random_inputs.normals, stack(random_inputs.common)
    mixed = material.common_weight * shared[0] + material.group_weight * shared[1 + np.minimum(group, 2)]
    of_materials = demand.news(z[:, 0], z[:, 1], mixed, material.node_weight)
    of_chips = demand.news(z[:, 0], z[:, 1], chip.common_weight * shared[0], chip.node_weight)
    news: Array = where((group < 3)[:, None], of_materials, of_chips)
    return news


def draw_priors(paths: Array, key: tuple[Any, Any], one: Any, inverse: bool) -> list[Array]:
    """The standard normal behind each uncertain parameter, (N,) each."""
    draws = Draws(paths=paths, key=key, one=one, inverse=inverse)
    quads = range((len(NAMES) + 3) // 4)
    return [v for q in quads for v in draw_normals(draws, 0, random_variates.PRIORS + q)][: len(NAMES)]


def draw_theta(params: Params, draws: Draws) -> Theta:
    """The uncertain parameters of every path, but for those that the state in which it starts brings."""
    z, p = draw_priors(draws.paths, draws.key, draws.one, draws.inverse), params.priors

    def draw(i: int) -> Array:
        prior = uncertain_parameters.Prior(
            **{field: getattr(p, field)[i] for field in uncertain_parameters.Prior._fields}
        )
        drawn: Array = uncertain_parameters.draw(z[i], z[int(p.factor[i])], prior)
        return drawn

    return path_state.put_theta(Theta(**{name: draw(i) for i, name in enumerate(NAMES)}), take_members(params, draws))


def take_members(params: Params, draws: Draws) -> Array | None:
    """(R, N) the state of an ensemble in which each path starts; None without an ensemble."""
    members, count = params.initial.members, params.initial.members.shape[0]
    if count == 0:
        return None
    u = draw_uniforms(draws, 0, random_variates.MEMBER)[0]
    drawn = minimum(u * count, count - 1).astype(np.int64)
    own = draws.place % count
    taken: Array = members[where(params.initial.drawn > 0, drawn, own)]
    return taken.T
