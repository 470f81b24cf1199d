"""Derivatives of losses, bills and shortages along directions in the space of parameters, path by path.

``d E[f]`` is the mean of ``f' + (f - b) dlogp``: the derivative of a path within its
own history of events, plus the outcome times the derivative of the log-probability
of that history (`model.likelihood`); ``b`` is a constant that lowers the variance.
Forward mode: one compiled program serves every direction, and each path's own
derivative comes back, so that standard errors need no batches.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ...model import negotiation
from ...params import FIELDS, Array, Grid, Params, cast
from ...rng.philox import key_of
from ..array_program.event_log_likelihood import PolicyRun, Week, event_log_likelihood
from ..array_program.lift import added
from ..array_program.random_inputs import Draws, draw_theta, draw_week
from ..array_program.start import start_paths
from ..array_program.week import WeekOutputs, simulate_week
from . import devices
from .memory_backoff import run_within_memory
from .program import match_carry_types
from .program_cache import keep_programs
from .static import Structure, join, split

LEAST_WIDTH = 256
"""Paths of one call on processor cores; elsewhere a quarter of what a simulation takes, as derivatives come beside."""

Direction = dict[tuple[str, str], Array]
"""A small step of some entries of `Params`, by (group, name), each in the shape of its entry."""


_MONEY = ("loss", "bill", "substitution")
"""Totals of a party, bn USD; those of a market and bloc follow them."""


class PathGradients(NamedTuple):
    """Of n paths along one direction; R totals over the run in the order of `row_of`."""

    value: Array
    """(R, n) bn USD or weeks of use."""
    pathwise: Array
    """(R, n) derivative within the path's own history of events."""
    score: Array
    """(n,) derivative of the log-probability of that history."""


def row_of(measure: str, *index: int) -> int:
    """The row of ``loss``, ``bill`` or ``substitution`` (party: China, United States) or ``unmet`` (market, bloc)."""
    if measure == "unmet":
        market, bloc = index
        return 2 * len(_MONEY) + 2 * market + bloc
    return 2 * _MONEY.index(measure) + index[0]


def path_gradients(params: Params, grid: Grid, seed: int, paths: range, direction: Direction) -> PathGradients:
    """Totals of the paths and their derivatives along a direction.

    Raises KeyError for an entry of `Params` that is no number with a derivative.
    """
    keep_programs()
    params, key = cast(params, grid.precision), key_of(seed)
    structure, numbers = split(params)
    tangent = _tangent(numbers, direction)

    def run(width: int) -> list[Any]:
        width, parts = max(LEAST_WIDTH, width // 4), []
        shape = (structure, grid.precision, grid.normals == "inverse", width)
        for first in range(paths.start, paths.stop, width):
            out = jax.device_get(_pushed(*shape, numbers, tangent, key, np.uint64(first)))
            parts.append([x[..., : paths.stop - first] for x in out])
        return parts

    with devices.borrowed(devices.find(grid.device)) as device, jax.enable_x64(True), jax.default_device(device):
        parts = run_within_memory(device, grid.precision, run)
    return PathGradients(*(np.concatenate(arrays, axis=-1).astype(np.float64) for arrays in zip(*parts, strict=True)))


def _tangent(numbers: dict[str, dict[str, Any]], direction: Direction) -> dict[str, dict[str, Any]]:
    """The direction as a whole set of numbers: zero where it says nothing."""
    for group, name in direction:
        if not FIELDS[f"{group}.{name}"].has_gradient:
            raise KeyError(f"{group}.{name} has no derivative")
    return {
        group: {k: np.broadcast_to(direction.get((group, k), 0), v.shape).astype(v.dtype) for k, v in part.items()}
        for group, part in numbers.items()
    }


def simulate_totals(params: Params, precision: str, inverse: bool, width: int, key: Any, path0: Any) -> tuple[Any, Any]:
    """((R, width) totals of each path over the run, (width,) log-probability of its events)."""
    one = np.dtype(precision).type(1)
    index = path0 + jnp.arange(width, dtype=jnp.uint64)
    draws = Draws(paths=index, place=jnp.arange(width), key=key, one=one, inverse=inverse)
    rules, theta = negotiation.build_rules(params.policy), draw_theta(params, draws)
    elapsed = jnp.asarray(params.initial.elapsed).astype(jnp.uint64)
    run, markets = PolicyRun(params=params, rules=rules, theta=theta), params.markets.group.shape[0]

    def week(carry: Any, t: Any) -> tuple[Any, None]:
        state, totals, log_likelihood = carry
        step = elapsed + (t + 1).astype(jnp.uint64)
        random_inputs = draw_week(draws, step, markets)
        after, shown = simulate_week(params, rules, theta, state, random_inputs, t)
        more = event_log_likelihood(run, Week(state, after, random_inputs, t))
        return (after, totals + totals_of(params, shown), log_likelihood + more), None

    flat = 0 * theta.parts
    start = (start_paths(params, theta, draws), jnp.stack([flat] * row_of("unmet", markets, 0)), flat)
    (_, totals, log_likelihood), _ = lax.scan(week, match_carry_types(week, start), jnp.arange(params.weeks))
    return totals, log_likelihood


def totals_of(params: Params, shown: WeekOutputs) -> Any:
    """(R, N) what the week adds: lost output, bills and substitutes in bn USD, use that was not met in weeks of use."""
    unmet = (shown.use - shown.met) * (1 / params.markets.use)[:, :, None]
    losses = jnp.stack([added(rows) for rows in shown.loss])
    return jnp.concatenate([losses, shown.bill, shown.substitution, unmet.reshape(-1, unmet.shape[-1])])


@partial(jax.jit, static_argnums=(0, 1, 2, 3))
def _pushed(
    structure: Structure, precision: str, inverse: bool, width: int, numbers: Any, tangent: Any, key: Any, path0: Any
) -> tuple[Any, Any, Any]:
    floats, whole = _split_smooth(numbers)

    def program(smooth: Any) -> Any:
        every = {group: smooth[group] | whole[group] for group in smooth}
        return simulate_totals(join(structure, every), precision, inverse, width, key, path0)

    (value, _), (pathwise, score) = jax.jvp(program, (floats,), (_split_smooth(tangent)[0],))
    return value, pathwise, score


def _split_smooth(numbers: Any) -> tuple[Any, Any]:
    """(numbers with derivatives, the others)."""
    floats = {g: {k: v for k, v in part.items() if FIELDS[f"{g}.{k}"].has_gradient} for g, part in numbers.items()}
    others = {g: {k: v for k, v in part.items() if not FIELDS[f"{g}.{k}"].has_gradient} for g, part in numbers.items()}
    return floats, others
