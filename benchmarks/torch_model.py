"""The whole model in PyTorch: a peer of the backends on the same paths, with the same statistics.

    python benchmarks/torch_model.py [cpu | cuda]      checks it against numba, then times it

The physics is the project's own (`backends.arrays`), run on tensors through `torch_arrays`: NumPy's part of it (the
parameters) is worked out on the host, all that depends on a path on the device. Compiled, a week is traced once into
plain PyTorch operations, which `torch.compile` gets in one piece. A rate is given only for paths that are numba's.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from agreement import CLOSE, PARTED, TOLERANCE, apart
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils import _pytree as pytree
from torch_arrays import Array, constant

from supplyshock.scenario import load_scenario
from supplyshock_kernels import backends, draws, statistics
from supplyshock_kernels.backends.arrays import lift, record, sectors, supply
from supplyshock_kernels.backends.arrays.begin import begin
from supplyshock_kernels.backends.arrays.luck import Luck, draw_theta
from supplyshock_kernels.backends.arrays.week import advance
from supplyshock_kernels.model import policy
from supplyshock_kernels.observe import FIXED_POINT, Observed, Stats
from supplyshock_kernels.params import REGIMES, Grid, Params, cast
from supplyshock_kernels.philox import key_of

TABLE = (draws.ACT, draws.REPLY, draws.RELAX, draws.REGIME, draws.CLOCK)
"""Streams of four uniforms, in the order of `policy.Uniforms`; the last has two more that lists are eased by."""


def weighted(weights: np.ndarray, rows: Any) -> Any:
    """`lift.weighted` of tensors as a matrix product, not row by row: sums may round otherwise."""
    if not isinstance(rows, Array):
        return lift.weighted(weights, rows)
    return Array(constant(np.ascontiguousarray(weights.T), rows.tensor.device) @ rows.tensor)


for module in (record, sectors, supply):
    module.weighted = weighted  # type: ignore[attr-defined]

Week = Callable[[Any, Any, Any, Any], Any]
"""(paths, theta, t, carry) -> (carry, sums of the week)."""


@dataclass
class Model:
    """The model of some parameters on a device."""

    params: Params
    precision: str
    device: torch.device
    seed: int = 1

    def __post_init__(self) -> None:
        params = cast(self.params, self.precision)
        dated = (Array(torch.tensor(x, device=self.device)) for x in params.schedule)
        self.host, self.params = params, params._replace(schedule=type(params.schedule)(*dated))
        self.rules, self.key, self.one = policy.rules(params.policy), key_of(self.seed), np.dtype(self.precision).type(1)
        self.table = statistics.bin_table(params)

    def start(self, first: int, paths: int) -> tuple[Array, Any, Any]:
        """(paths, theta, what is carried from week to week)."""
        index = Array(torch.arange(first, first + paths, device=self.device))
        theta = draw_theta(self.host, index, self.key, self.one, False)
        sources = len(self.host.sources.lead)
        output = Array(torch.zeros(sources, paths, dtype=theta.parts.tensor.dtype, device=self.device))
        return index, theta, (begin(self.host, theta), record.no_totals(self.host, theta), output)

    def week(self, index: Array, theta: Any, t: Any, carry: Any) -> tuple[Any, Any]:
        """One week of every path, and its sums."""
        state, totals, _ = carry
        luck = self.draw(index, t + 1)
        state, seen = advance(self.params, self.rules, theta, state, luck, t)
        rows = record.rows_of(self.host, state, seen)
        totals = record.add_totals(totals, record.increments(self.params, state, seen), state, seen, rows, t)
        return (state, totals, seen.output), self.sums(rows.tensor.float(), state.regime.tensor)

    def draw(self, index: Array, step: Any) -> Luck:
        """`luck.draw_week` with the words of all streams side by side: one operation where that takes one a stream."""
        markets = len(self.host.markets.group)
        nodes = [draws.NODE + q for q in range((markets + 1) // 2)]
        streams = np.array([*TABLE, draws.ACCIDENT, draws.COMMON, *nodes])[:, None]
        words = draws.words(index[None], step, streams, *self.key)
        u = [draws.uniform(w, self.one) for w in words]
        table = [v[i] for i in range(len(TABLE)) for v in u]
        ahead = len(TABLE) + 1
        z = [*draws.box_muller(u[0][ahead:], u[1][ahead:]), *draws.box_muller(u[2][ahead:], u[3][ahead:])]
        normals = lift.stack(z, 1)[1:].reshape(4 * len(nodes), -1)[: 2 * markets].reshape(markets, 2, -1)
        uniforms = policy.Uniforms(*table[: len(policy.Uniforms._fields)])
        accident = tuple(v[len(TABLE)] for v in u[:3])
        return Luck(uniforms, (table[17], table[18]), accident, normals, [v[0] for v in z])

    def sums(self, rows: torch.Tensor, regime: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """(sums, sums of squares, paths in each regime, counts in each bin) of a week."""
        scaled = rows * FIXED_POINT
        total, square = (torch.round(x).long().sum(1) for x in (scaled, rows * scaled))
        codes = torch.arange(len(REGIMES), device=regime.device)
        return total, square, (regime == codes[:, None]).sum(1), self.counts(rows)

    def counts(self, rows: torch.Tensor) -> torch.Tensor:
        """(B,) paths in each bin of every row (`statistics.bin_index`); neighbours count different rows."""
        low, shift, offset = (constant(x[:, None], rows.device) for x in self.table[:3])
        first, last = (constant(x[:, None], rows.device) for x in (self.table.start[:-1], self.table.start[1:] - 1))
        bits = (rows + offset).view(torch.int32)
        index = torch.clamp(((bits - low) >> shift) + first, first, last)
        none = torch.zeros(int(self.table.start[-1]), dtype=torch.int32, device=rows.device)
        flat = index.T.reshape(-1)
        return none.scatter_add(0, flat, torch.ones_like(flat, dtype=torch.int32))

    @torch.no_grad()
    def simulate(self, paths: range, week: Week | None = None) -> Observed:
        """Every week of a range of paths."""
        index, theta, carry = self.start(paths.start, len(paths))
        sums = []
        for t in range(self.host.weeks):
            carry, found = (week or self.week)(index, theta, t, carry)
            sums.append(found)
        _, totals, output = carry
        outcomes = record.finish(self.params, totals, output).tensor.cpu().numpy()
        total, square, regime, histogram = (torch.stack(x).cpu().numpy() for x in zip(*sums, strict=True))
        stats = Stats(len(paths), total, square, regime, histogram)
        return Observed(outcomes, np.empty(0, np.float32), stats, statistics.clipped(histogram, self.host))
