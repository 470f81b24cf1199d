"""Week after week of the array program in NumPy, and what of it no store keeps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ...model import negotiation
from ...model.uncertain_parameters import Theta
from ...params import Array, Grid, Params, cast
from ...rng.philox import key_of
from ..array_program import record
from ..array_program.random_inputs import Luck, draw_theta, draw_week
from ..array_program.start import begin
from ..array_program.state import State
from ..array_program.week import Week, advance


class Draws(NamedTuple):
    """What random numbers of some paths are made from."""

    paths: Array
    """(N,) uint64."""
    key: tuple[Any, Any]
    one: Any
    """1 in the precision."""
    inverse: bool
    """Normals by the inverse of their distribution, not by Box and Muller."""

    @classmethod
    def of(cls, grid: Grid, seed: int, paths: range) -> Draws:
        """Those of a range of paths."""
        index = np.arange(paths.start, paths.stop, dtype=np.uint64)
        return cls(index, key_of(seed), np.dtype(grid.precision).type(1), grid.normals == "inverse")

    def theta(self, params: Params) -> Theta:
        """The uncertain parameters."""
        return draw_theta(params, self.paths, self.key, self.one, self.inverse)


class Step(NamedTuple):
    """One week of every path."""

    t: int
    before: State
    luck: Luck
    state: State
    week: Week


def walk(params: Params, theta: Theta, draws: Draws) -> Iterator[Step]:
    """Every week with the states around it; `params` are cast to the precision."""
    rules, state = negotiation.rules(params.policy), begin(params, theta)
    markets = params.markets.group.shape[0]
    for t in range(params.weeks):
        luck = draw_week(draws.paths, t + 1, draws.key, markets, draws.one, draws.inverse)
        before = state
        state, week = advance(params, rules, theta, before, luck, t)
        yield Step(t, before, luck, state, week)


class Trace(NamedTuple):
    """One path with more than its stored series; T weeks, J sources, K sectors."""

    series: Array
    """(rows, T) of `observe.series_rows`, float32: to be held against those of another backend."""
    clock: Array
    """(T,) weeks that the running truce still has after the week; huge without one."""
    outage: Array
    """(T, J) share of a source's output that accidents take."""
    strait: Array
    """(T,) share of output that a crisis in the Taiwan Strait takes from the sources it stops."""
    stopped: Array
    """(T, 2, K) bool: whether a sector of a bloc stands still."""


def trace(params: Params, grid: Grid, seed: int, path: int) -> Trace:
    """One path alone. Other backends follow it up to rounding."""
    params, draws = cast(params, grid.precision), Draws.of(grid, seed, range(path, path + 1))
    weeks = []
    for _, _, _, state, week in walk(params, draws.theta(params), draws):
        series = record.series_of(record.rows_of(params, state, week), state)[:, 0].astype(np.float32)
        hidden = (state.clock, state.sources.outage, state.strait, week.stopped)
        weeks.append((series, *(np.asarray(x)[..., 0] for x in hidden)))
    series, *rest = (np.stack(x) for x in zip(*weeks, strict=True))
    return Trace(series.T, *rest)
