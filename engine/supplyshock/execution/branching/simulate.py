"""Simulates paths of a branch: the parents once more until the day, then the new scenario from their states."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from supplyshock_kernels.backends import Simulate
from supplyshock_kernels.outputs import Observed
from supplyshock_kernels.params import Array, Grid, Params
from supplyshock_kernels.path_numbers import count_kept

from ...store.branch import Branch

PIECE = 8_192
"""Paths whose states are in memory at a time: 33 MB, and as much again while they are handed over."""


class BranchCall(NamedTuple):
    """The inputs that all kernel calls of a scenario of a branch share."""

    simulate: Simulate
    params: Params
    """Of the weeks from the day on."""
    grid: Grid
    seed: int
    branch: Branch


def simulate_branch(call: BranchCall, paths: range) -> list[Observed]:
    """The paths of a branch, piece by piece. Of these that number below `grid.keep` return their series."""
    return [_simulate(call, range(a, min(a + PIECE, paths.stop))) for a in range(paths.start, paths.stop, PIECE)]


def _simulate(call: BranchCall, paths: range) -> Observed:
    grid = call.grid._replace(keep=count_kept(call.grid.keep, paths))
    return call.simulate(going_on(call, paths), grid, call.seed, call.branch.numbers_of(paths))


def going_on(call: BranchCall, paths: range) -> Params:
    """The parameters in which the i-th of the paths starts in the state of its parent."""
    branch, grid = call.branch, call.grid._replace(keep=0, state=True)
    state = call.simulate(branch.parent.params, grid, branch.seed, branch.parents_of(paths)).state
    return started_from(call.params, state)


def started_from(params: Params, state: Array) -> Params:
    """Paths then start in (R, N) states. They are filled up to `PIECE`: compiled programs are made for a size."""
    members = np.empty((PIECE, state.shape[0]), state.dtype)
    members[: state.shape[1]] = state.T
    members[state.shape[1] :] = state[:, -1]
    return params._replace(initial=params.initial._replace(members=members, drawn=np.float64(0)))
