"""Every lever and kind of parameter against central differences on the same random numbers.

Path by path where nothing discrete happens (there a derivative is exact, so any smoothing would show as a bias),
and in the mean where events happen. Statistical tests allow five standard errors: false alarms below one in a
million each.
"""

from __future__ import annotations

import numpy as np
import pytest

from supplyshock.studies.gradients import find_directions, levers
from supplyshock.studies.gradients.effects import cvar_parts, mean_parts
from supplyshock_kernels import backends
from supplyshock_kernels.backends.jax_xla.gradient import path_gradients, row_of
from supplyshock_kernels.params import Grid
from support import worlds

SEED, WEEKS, DOUBLE = 3, 26, Grid("float64")
"""As in test_gradient: one program serves both."""
US, CHINA, BILL = row_of("loss", 1), row_of("loss", 0), row_of("bill", 1)


def unmet(market: str, bloc: int = 1) -> int:
    return row_of("unmet", worlds.market(market), bloc)


def entries(name: str):
    """The direction of a name over these weeks; a lever's step is a hundredth of it."""
    if name == "quota.Dy":  # of the world of the tests: the status quo has no quota
        return levers.LEVERS["quota"].along(short(), 0)
    (direction,) = find_directions(worlds.scenario("status_quo"), [name])
    weekly = {
        (group, entry): step[:WEEKS] if group == "schedule" else step
        for (group, entry), step in direction.entries.items()
    }
    return weekly


def moved(params, direction, by: float):
    for (group, name), step in direction.items():
        params = worlds.change(params, group, **{name: np.asarray(getattr(getattr(params, group), name)) + by * step})
    return params


def short():
    """The world of the tests, with some dysprosium in store, recycled and under a quota, and mines that invest.

    Normal stocks are half of even those, so that dysprosium runs out on most paths; stocks are a little below them,
    as a market exactly at rest sits on a kink, where a derivative is that of one side.
    """
    p = worlds.eventless(WEEKS)
    dy = worlds.market("Dy")
    stock, quota, recycled = p.initial.stockpile.copy(), p.schedule.quota.copy(), p.schedule.recycled.copy()
    stock[dy], quota[:, dy], recycled[:, dy] = 0.5, 0.25, 0.01
    p = worlds.granted(worlds.change(p, "schedule", quota=quota, recycled=recycled))
    lead = np.full_like(p.sources.lead, 6.0)
    p = worlds.change(p, "sources", hurdle=0.9 + 0 * p.sources.hurdle, lead=lead)
    p = worlds.change(p, "markets", cover=0.5 * p.markets.cover)
    return worlds.change(p, "initial", stockpile=stock, inventory=0.97 * p.initial.inventory)


LEVERS = {
    "stockpile.Dy": unmet("Dy"),
    "recycling.Dy": unmet("Dy"),
    "capacity.mount_weld_my": BILL,
    "availability.cn_ionic": unmet("Dy"),
    "hurdle.mount_weld_my": BILL,
    "sources.hurdle": BILL,
    "demand.Dy": unmet("Dy"),
    "quota.Dy": unmet("Dy"),
    "theta.use_elasticity": unmet("Dy"),
    "theta.substitution": US,
    "material.eta": unmet("Dy"),
    "chip.chi": CHINA,
    "industry.multiplier": US,
}
"""And the total on which each acts most directly."""


@pytest.mark.parametrize(("name", "row"), LEVERS.items())
def test_path_by_path(name, row):
    """The derivative is the central difference, on every path but the few with a kink within the step."""
    p, direction, h, n = short(), entries(name), 1e-5, 256
    gradient = path_gradients(p, DOUBLE, SEED, range(n), direction)
    none = {key: 0 * step for key, step in direction.items()}
    up, down = (path_gradients(moved(p, direction, s * h), DOUBLE, SEED, range(n), none).value for s in (1, -1))
    difference = (up - down) / (2 * h)
    assert np.abs(difference[row]).max() > 2e-5
    assert np.abs(gradient.score).max() == 0
    for each in {row, US, CHINA}:
        scale = np.abs(difference[each]).max() + 1e-6
        off = np.abs(gradient.pathwise[each] - difference[each]) / scale
        assert (off < 1e-4).mean() > 0.95, (each, np.sort(off)[-20:])


def test_worst_paths():
    """CVaR, and the mean, of one total: estimators against the difference of CVaRs on the same paths. Two paths of 512
    have a kink within the step: which input of a magnet is the scarcest changes."""
    p, direction, h, n = short(), entries("demand.Dy"), 1e-5, 512
    row, tail = unmet("Dy"), 1 / 16
    s = path_gradients(p, DOUBLE, SEED, range(n), direction)
    none = {key: 0 * step for key, step in direction.items()}
    up, down = (
        np.sort(path_gradients(moved(p, direction, x * h), DOUBLE, SEED, range(n), none).value[row]) for x in (1, -1)
    )
    worst = round(tail * n)
    for parts, one, other in (
        (mean_parts(s.value[row], s.pathwise[row], s.score), up.mean(), down.mean()),
        (cvar_parts(s.value[row], s.pathwise[row], s.score, tail), up[-worst:].mean(), down[-worst:].mean()),
    ):
        difference = (one - other) / (2 * h)
        assert abs(difference) > 0.01
        assert parts.mean() == pytest.approx(difference, rel=1e-3)


MEANS = [
    ("demand.Dy", unmet("Dy"), 0.05),
    ("capacity.cn_ionic", unmet("Dy"), 0.05),
    ("theta.policy_level", US, 0.2),
    ("theta.use_elasticity", unmet("Dy"), 0.2),
    ("stockpile.Dy", unmet("Dy"), 0.002),
    ("industry.multiplier", US, 0.1),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "row", "h"), MEANS)
def test_in_the_mean(name, row, h):
    """With events: pathwise part and score together, against a difference over eight times the paths by numba."""
    p = worlds.status_quo(WEEKS)
    p = worlds.change(p, "sectors", buffer=0 * p.sectors.buffer)
    p = worlds.change(p, "markets", cover=0.5 * p.markets.cover)  # else hardly a path runs short so soon
    stock = 0.5 + 0 * p.initial.stockpile  # off the kinks, as in `short`
    p = worlds.change(p, "initial", inventory=0.97 * p.initial.inventory, stockpile=stock)
    direction = entries(name)
    s = path_gradients(p, DOUBLE, SEED, range(4096), direction)
    parts = mean_parts(s.value[row], s.pathwise[row], s.score)
    up, down = (totals(moved(p, direction, x * h), row, 32_768) for x in (1, -1))
    difference = (up - down) / (2 * h)
    se, other_se = (x.std() / np.sqrt(len(x)) for x in (parts, difference))
    assert abs(difference.mean()) > 3 * other_se  # there is something to find
    curvature = 0.05 * abs(difference.mean())
    assert abs(parts.mean() - difference.mean()) < 5 * np.hypot(se, other_se) + curvature


def totals(params, row: int, paths: int) -> np.ndarray:
    """(n,) a total by numba, in float32."""
    outcomes = backends.get("numba")(params, Grid(), SEED, range(paths)).outcomes
    if row < 2:
        return worlds.outcome(params, outcomes, "loss_usd_bn")[row].sum(0).astype(float)
    return (
        worlds.outcome(params, outcomes, "unmet_weeks_of_use")
        .reshape(-1, paths)[row - row_of("unmet", 0, 0)]
        .astype(float)
    )
