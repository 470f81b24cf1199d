"""Draws paths from a proposal under which rare events are common, and weights them.

The proposal has other rates of the negotiation, other probabilities of which control list is hit, and shifted uncertain
parameters. A path counts by its density under the parameters asked for over that under the mixture of both, whichever
drew it (the balance heuristic: Veach and Guibas, 1995). Weekly statistics are over the plain paths of the mixture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from supplyshock_kernels.backends import Simulate
from supplyshock_kernels.backends.array_program.random_inputs import draw_priors
from supplyshock_kernels.model.uncertain_parameters import NAMES
from supplyshock_kernels.outputs import Observed
from supplyshock_kernels.params import Array, Grid, Params, Policy, Priors
from supplyshock_kernels.rng.philox import key_of

from ...common.errors import UsageError
from ...store.proposal import PERIOD, SHARE, Proposal, mixture_pieces, round_up_to_period

_ESCALATION, _TRUCE, _DEAL, _RIFT, _LAPSE = 2, 3, 4, 5, 2


def _cells(name: str, *cells: tuple[Any, ...] | int) -> Callable[[Policy, float], dict[str, Any]]:
    def change(policy: Policy, factor: float) -> dict[str, Any]:
        table = np.array(getattr(policy, name), copy=True)
        for cell in cells or ((),):
            table[cell] *= factor
        return {name: table}

    return change


def _replies(policy: Policy, factor: float) -> dict[str, Any]:
    return {name: getattr(policy, name) * factor for name in ("reply_tariff", "reply_other")}


HAZARDS: dict[str, Callable[[Policy, float], dict[str, Any]]] = {
    "restrict_cn": _cells("base_rate", 0),
    "restrict_us": _cells("base_rate", 1),
    "retaliate": _cells("cross"),
    "reply": _replies,
    "relax": _cells("relax_rate"),
    "escalate": _cells("hazard", (slice(None), _ESCALATION)),
    "settle": _cells("hazard", *((_ESCALATION, to) for to in (0, 1, 3, 4))),
    "deal": _cells("hazard", (_TRUCE, _DEAL)),
    "rift": _cells("hazard", (slice(None), _RIFT)),
    "lapse": _cells("expiry", _LAPSE),
}
"""Rates and chances that a factor changes; `model.likelihood` knows what each makes of a path's probability."""


def proposal_params(proposal: Proposal, params: Params) -> Params:
    """The parameters of the proposal."""
    return params._replace(
        policy=proposal_policy(proposal, params.policy), priors=_shifted_priors(proposal, params.priors)
    )


def proposal_policy(proposal: Proposal, policy: Policy) -> Policy:
    """The policy of the proposal."""
    for name, factor in proposal.factors:
        policy = policy._replace(**HAZARDS[name](policy, factor))
    return policy._replace(hit_cum=reweighted_lists(policy, proposal.lists)) if proposal.lists else policy


def _shifted_priors(proposal: Proposal, p: Priors) -> Priors:
    moved = np.zeros(len(NAMES))
    moved[[NAMES.index(name) for name, _ in proposal.shifts]] = [s for _, s in proposal.shifts]
    z = p.loading * moved[p.factor] + np.sqrt(1 - p.loading**2) * moved
    return p._replace(center=np.where(p.lognormal > 0, p.center * np.exp(p.sd * z), p.center + p.sd * z))


def log_density(proposal: Proposal, paths: range, seed: int, grid: Grid, *, moved: bool) -> Array:
    """(n,) log of the density of the shifted normals over that of the others, where `moved` paths drew."""
    if not proposal.shifts:
        return np.zeros(len(paths))
    one, index = np.dtype(grid.precision).type(1), np.arange(paths.start, paths.stop, dtype=np.uint64)
    z = draw_priors(index, key_of(seed), one, grid.normals == "inverse")
    half = 0.5 if moved else -0.5
    moves = [s * z[NAMES.index(k)].astype(np.float64) + half * s * s for k, s in proposal.shifts]
    found: Array = np.sum(moves, axis=0)
    return found


def reweighted_lists(policy: Policy, factors: Sequence[Sequence[float]]) -> Array:
    """(4, C, 2) `Policy.hit_cum` after factors on the chances of the lists. Raises `UsageError` for other lists."""
    ends, by = np.array(policy.hit_cum, np.float64), np.array(factors, np.float64)
    if by.shape != ends.shape[:2]:
        raise UsageError("a tilt of other lists", where="tilt", expected=f"{ends.shape[:2]}", got=f"{by.shape}")
    width = (ends[..., 1] - ends[..., 0]) * by
    for party in np.unique(policy.list_party):
        mine = np.flatnonzero((policy.list_party == party) & (policy.list_is_tariff == 0))
        mine = mine[np.argsort(ends[0, mine, 0], kind="stable")]
        top = np.cumsum(width[:, mine], 1) / width[:, mine].sum(1, keepdims=True)
        ends[:, mine, 1] = top
        ends[:, mine[1:], 0] = top[:, :-1]
    return ends


def check_mixture(first: int, paths: int) -> None:
    """Raises `UsageError` unless every part of the mixture has its share of the paths."""
    for name, value, least in (("--paths", paths, PERIOD), ("--first-path", first, 0)):
        if value % PERIOD or value < least:
            raise UsageError(
                "a run with importance sampling is cut otherwise",
                where=name,
                expected=f"a multiple of {PERIOD:,}",
                got=f"{value:,}",
                fix=f"{name} {round_up_to_period(value):,}".replace(",", "_"),
            )


def simulate_mixture(
    simulate: Simulate, tilt: Proposal | None, params: Params, grid: Grid, seed: int, paths: range
) -> list[Observed]:
    """What a backend says of the paths, stretch by stretch; the statistics of tilted ones are of no paths."""
    if tilt is None:
        return [simulate(params, grid, seed, paths)]
    weighed = partial(_weighed, simulate, tilt, params, grid, seed)
    return [weighed(piece, moved) for piece, moved in mixture_pieces(paths)]


def _weighed(
    simulate: Simulate, tilt: Proposal, params: Params, grid: Grid, seed: int, paths: range, moved: bool
) -> Observed:
    logs, seen = log_ratio(simulate, tilt, params, grid, seed, paths, moved)
    weight = -np.logaddexp(np.log(SHARE), np.log1p(-SHARE) + logs)
    outcomes = np.concatenate([seen.outcomes, weight[None].astype(np.float32)])
    stats = seen.stats._replace(paths=0) if moved else seen.stats
    return seen._replace(outcomes=outcomes, stats=stats)


def log_ratio(
    simulate: Simulate, tilt: Proposal, params: Params, grid: Grid, seed: int, paths: range, moved: bool
) -> tuple[Array, Observed]:
    """((n,) log of the density of the other law over that asked for, of what one of them drew; the paths)."""
    other = proposal_params(tilt, params)
    here, there = (other, params) if moved else (params, other)
    seen = simulate(here, grid, seed, paths, there.policy)
    events = seen.log_ratio.astype(np.float64)
    return (-events if moved else events) + log_density(tilt, paths, seed, grid, moved=moved), seen
