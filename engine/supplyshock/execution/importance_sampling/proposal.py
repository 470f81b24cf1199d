"""Draws paths from a proposal under which rare events are common, and weights them.

The proposal has other rates of the negotiation, other probabilities of which control list is hit, and shifted uncertain
parameters. A path counts by its density under the parameters asked for over that under the mixture of both, whichever
drew it (the balance heuristic: Veach and Guibas, 1995). Weekly statistics are over the plain paths of the mixture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

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
"""Rates and probabilities that a factor changes; `model.likelihood` knows what each makes of a path's probability."""


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
    total: Array = np.sum(moves, axis=0)
    return total


def reweighted_lists(policy: Policy, factors: Sequence[Sequence[float]]) -> Array:
    """(4, C, 2) `Policy.hit_cum` after factors on the probabilities of the lists.

    Raises `UsageError` for factors of other lists.
    """
    ends, by = np.array(policy.hit_cum, np.float64), np.array(factors, np.float64)
    if by.shape != ends.shape[:2]:
        raise UsageError(
            "the proposal has other control lists", where="proposal", expected=f"{ends.shape[:2]}", got=f"{by.shape}"
        )
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
                "importance sampling needs whole periods of paths",
                where=name,
                expected=f"a multiple of {PERIOD:,}",
                got=f"{value:,}",
                fix=f"{name} {round_up_to_period(value):,}".replace(",", "_"),
            )


class SimulationCall(NamedTuple):
    """The inputs that all kernel calls of a scenario share."""

    simulate: Simulate
    params: Params
    """Those that were asked for, not those of a proposal."""
    grid: Grid
    seed: int


def simulate_mixture(call: SimulationCall, proposal: Proposal | None, paths: range) -> list[Observed]:
    """Simulates the paths, stretch by stretch. Paths from the proposal do not enter the weekly statistics."""
    if proposal is None:
        return [call.simulate(call.params, call.grid, call.seed, paths)]
    return [_weighted(call, proposal, piece, moved) for piece, moved in mixture_pieces(paths)]


def _weighted(call: SimulationCall, proposal: Proposal, paths: range, moved: bool) -> Observed:
    logs, observed = log_ratio(call, proposal, paths, moved=moved)
    weight = -np.logaddexp(np.log(SHARE), np.log1p(-SHARE) + logs)
    outcomes = np.concatenate([observed.outcomes, weight[None].astype(np.float32)])
    stats = observed.stats._replace(paths=0) if moved else observed.stats
    return observed._replace(outcomes=outcomes, stats=stats)


def log_ratio(call: SimulationCall, proposal: Proposal, paths: range, *, moved: bool) -> tuple[Array, Observed]:
    """((n,) log of the density under the proposal over that under the parameters asked for; the paths).

    The paths are drawn from the proposal where they are `moved`, else from the parameters asked for.
    """
    other = proposal_params(proposal, call.params)
    drawn, compared = (other, call.params) if moved else (call.params, other)
    observed = call.simulate(drawn, call.grid, call.seed, paths, compared.policy)
    events = observed.log_ratio.astype(np.float64)
    density = log_density(proposal, paths, call.seed, call.grid, moved=moved)
    return (-events if moved else events) + density, observed
