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
from supplyshock_kernels import backends, statistics
from supplyshock_kernels.backends.arrays import record
from supplyshock_kernels.backends.arrays.begin import begin
from supplyshock_kernels.backends.arrays.luck import draw_theta, draw_week
from supplyshock_kernels.backends.arrays.week import advance
from supplyshock_kernels.model import policy
from supplyshock_kernels.observe import FIXED_POINT, Observed, Stats
from supplyshock_kernels.params import REGIMES, Grid, Params, cast
from supplyshock_kernels.philox import key_of

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
        luck = draw_week(index, t + 1, self.key, len(self.host.markets.group), self.one, False)
        state, seen = advance(self.params, self.rules, theta, state, luck, t)
        rows = record.rows_of(self.host, state, seen)
        totals = record.add_totals(totals, record.increments(self.params, state, seen), state, seen, rows, t)
        return (state, totals, seen.output), self.sums(rows.tensor.float(), state.regime.tensor)

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
