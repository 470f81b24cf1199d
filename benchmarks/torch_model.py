"""The whole model in PyTorch: the same physics, words and statistics as the other backends, for their comparison.

The physics is plain functions of arrays, so PyTorch gets a namespace of array functions (`Functions`) and Philox in
signed 64-bit numbers, which is all it lacks. A week is either run as it is (eager), or traced once with `make_fx` and
compiled by `torch.compile` (Inductor). `check` holds it against numba on the same paths before a rate counts.
"""

from __future__ import annotations

import argparse
import json
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch.fx.experimental.proxy_tensor import make_fx

from supplyshock.scenario import load_scenario
from supplyshock_kernels import backends, statistics
from supplyshock_kernels.backends.arrays import luck, record
from supplyshock_kernels.backends.arrays.begin import begin
from supplyshock_kernels.backends.arrays.week import advance
from supplyshock_kernels.backends.jax_xla.static import join, split
from supplyshock_kernels.model import policy
from supplyshock_kernels.observe import FIXED_POINT
from supplyshock_kernels.params import REGIMES, Grid, Params, cast

MASK = 0xFFFFFFFF
DTYPES = {np.dtype(k): v for k, v in (("float32", torch.float32), ("float64", torch.float64), ("int64", torch.int64))}


def dtype_of(kind: Any) -> torch.dtype:
    """Of a dtype or a type of NumPy, or of PyTorch."""
    return kind if isinstance(kind, torch.dtype) else DTYPES[np.dtype(kind)]


class Functions:
    """The array functions that the model uses, of tensors; `device` is where arrays of NumPy go."""

    device = torch.device("cpu")

    @classmethod
    def tensor(cls, x: Any, like: Any = None) -> Any:
        """Arrays of NumPy as tensors; numbers as numbers, or as a tensor like another."""
        if isinstance(x, np.ndarray):
            return torch.as_tensor(x, device=cls.device)
        if like is not None and not isinstance(x, torch.Tensor):
            return torch.as_tensor(x, dtype=like.dtype)
        return x.item() if isinstance(x, np.generic) else x

    @classmethod
    def where(cls, condition: Any, a: Any, b: Any) -> Any:
        return torch.where(cls.tensor(condition), cls.tensor(a), cls.tensor(b))

    @classmethod
    def minimum(cls, a: Any, b: Any) -> Any:
        return torch.minimum(cls.tensor(a, b), cls.tensor(b, a))

    @classmethod
    def maximum(cls, a: Any, b: Any) -> Any:
        return torch.maximum(cls.tensor(a, b), cls.tensor(b, a))

    @staticmethod
    def stack(parts: Any, axis: int = 0) -> Any:
        return torch.stack(list(parts), axis)

    @staticmethod
    def concatenate(parts: Any) -> Any:
        return torch.cat(list(parts))

    @classmethod
    def zeros(cls, shape: Any, dtype: Any) -> Any:
        return torch.zeros(shape, dtype=dtype, device=cls.device)

    @staticmethod
    def max(a: Any, axis: int) -> Any:
        return torch.amax(a, axis)

    @staticmethod
    def cumsum(a: Any) -> Any:
        return torch.cumsum(a, 0)

    @classmethod
    def asarray(cls, x: Any, dtype: Any = None) -> Any:
        return torch.as_tensor(cls.tensor(x), dtype=dtype)

    exp, log, sqrt, tanh, cos, sin = (
        staticmethod(f) for f in (torch.exp, torch.log, torch.sqrt, torch.tanh, torch.cos, torch.sin)
    )


class Timeline:
    """A schedule whose week may be a tensor: an ordinary index would wait for the device, and bind a traced week."""

    def __init__(self, values: Any) -> None:
        self.values, self.shape = values, tuple(values.shape)

    def __getitem__(self, key: Any) -> Any:
        t, *rest = key if isinstance(key, tuple) else (key,)
        row = self.values[t] if isinstance(t, int) else torch.index_select(self.values, 0, t.reshape(1))[0]
        return row[tuple(rest)] if rest else row


@contextmanager
def tensors(device: torch.device) -> Iterator[None]:
    """Lets the model run on tensors: they name their namespace, and uniforms are drawn as tensors."""
    drawn = luck.uniforms
    Functions.device = device
    torch.Tensor.__array_namespace__ = lambda self, **_: Functions  # type: ignore[attr-defined]
    torch.Tensor.astype = lambda self, to: self.to(dtype_of(to))  # type: ignore[attr-defined]
    luck.uniforms = uniforms
    try:
        yield
    finally:
        luck.uniforms = drawn
        del torch.Tensor.__array_namespace__, torch.Tensor.astype


def uniforms(paths: Any, step: Any, stream: int, key: tuple[int, int], one: Any) -> list[Any]:
    """Four uniforms of a stream; `one` is a tensor in the precision."""
    words = philox((paths & MASK, paths >> 32, step + 0 * paths, 0 * paths + int(stream)), key)
    return [(w >> 9).to(one.dtype) * 2.0**-23 + 2.0**-24 for w in words]


def philox(c: tuple[Any, ...], k: tuple[int, int]) -> tuple[Any, ...]:
    """Philox4x32-10 in signed 64-bit numbers, whose products wrap to the same bits."""
    for i in range(10):
        a, b = (k[0] + i * 0x9E3779B9) & MASK, (k[1] + i * 0xBB67AE85) & MASK
        p, q = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
        c = (((q >> 32) & MASK) ^ c[1] ^ a, q & MASK, ((p >> 32) & MASK) ^ c[3] ^ b, p & MASK)
    return c


def as_tensors(params: Params, precision: str, device: torch.device) -> Params:
    """The parameters with numbers as tensors; what is structure stays as it is."""
    structure, numbers = split(cast(params, precision))
    moved: dict[str, dict[str, Any]] = {
        group: {name: torch.as_tensor(np.asarray(value), device=device) for name, value in part.items()}
        for group, part in numbers.items()
    }
    moved["schedule"] = {name: Timeline(v) for name, v in moved["schedule"].items()}
    joined = join(structure, moved)
    chip_making = torch.as_tensor(joined.sectors.chip_making, device=device)  # a flag that is a factor
    return joined._replace(sectors=joined.sectors._replace(chip_making=chip_making))


class Model:
    """The program of one width of paths on a device."""

    def __init__(self, params: Params, width: int, device: str, precision: str = "float32", *, compiled: bool) -> None:
        self.device, self.width = torch.device(device), width
        self.weeks, self.markets = params.weeks, len(params.markets.group)
        self.table = statistics.bin_table(params)
        self.precision = precision
        with tensors(self.device):
            self.params = as_tensors(params, precision, self.device)
            self.rules = policy.rules(self.params.policy)
            self.one = torch.ones((), dtype=DTYPES[np.dtype(precision)], device=self.device)
            of = self.table
            self.bins = {
                "offset": torch.as_tensor(of.offset[:, None], device=self.device),
                "low": torch.as_tensor(of.low_bits[:, None], device=self.device),
                "shift": torch.as_tensor(of.shift[:, None], device=self.device),
                "first": torch.as_tensor(of.start[:-1, None], device=self.device),
                "last": torch.as_tensor(of.start[1:, None] - 1, device=self.device),
            }
        self.step = self._compiled() if compiled else self.week

    def start(self, paths: Any, key: tuple[int, int]) -> tuple[Any, Any, Any]:
        theta = luck.draw_theta(self.params, paths, key, self.one, False)
        return theta, begin(self.params, theta), record.no_totals(self.params, theta)

    def week(self, paths: Any, t: Any, theta: Any, state: Any, totals: Any) -> tuple[Any, ...]:
        """(state, totals, output of the sources, sums, sums of squares, paths in each regime, places of counts)."""
        drawn = luck.draw_week(paths, t + 1, self.key, self.markets, self.one, False)
        state, seen = advance(self.params, self.rules, theta, state, drawn, t)
        rows = record.rows_of(self.params, state, seen)
        totals = record.add_totals(totals, record.increments(self.params, state, seen), state, seen, rows, t)
        wide = rows.to(torch.float32)
        scaled = wide * FIXED_POINT
        total, square = (torch.round(x).to(torch.int64).sum(1) for x in (scaled, wide * scaled))
        regime = (state.regime == torch.arange(len(REGIMES), device=self.device)[:, None]).sum(1)
        b = self.bins
        bits = (((wide + b["offset"]).view(torch.int32) - b["low"]) >> b["shift"]).to(torch.int64)
        place = torch.minimum(torch.maximum(bits + b["first"], b["first"]), b["last"])
        return state, totals, seen.output, total, square, regime, place

    key = (1, 0)

    def _compiled(self) -> Any:
        """The week, traced and compiled."""
        with tensors(self.device):
            paths = torch.arange(self.width, device=self.device)
            t = torch.zeros((), dtype=torch.int64, device=self.device)
            theta, state, totals = self.start(paths, self.key)
            _, totals, *_ = self.week(paths, t, theta, state, totals)  # a week widens some totals
            traced = make_fx(lambda *a: self.week(*a))(paths, t, theta, state, totals)
        return torch.compile(traced)

    def simulate(self, first: int) -> dict[str, Any]:
        """Outcomes (rows, width) and statistics of the paths from `first` on; all as arrays of NumPy."""
        bins = int(self.table.start[-1])
        with tensors(self.device), torch.no_grad():
            paths = first + torch.arange(self.width, device=self.device)
            counts = torch.zeros((self.weeks, bins), dtype=torch.int32, device=self.device)
            theta, state, totals = self.start(paths, self.key)
            sums = []
            for t in range(self.weeks):
                now = torch.full((), t, dtype=torch.int64, device=self.device)
                if t == 0 and self.step is not self.week:  # the totals of the start have other types
                    state, totals, output, *found, place = self.week(paths, now, theta, state, totals)
                else:
                    state, totals, output, *found, place = self.step(paths, now, theta, state, totals)
                counts[t].scatter_add_(0, place.reshape(-1), torch.ones_like(place, dtype=torch.int32).reshape(-1))
                sums.append(found)
            outcomes = record.finish(self.params, totals, output)
            total, square, regime = (torch.stack(x) for x in zip(*sums, strict=True))
        found = {"outcomes": outcomes, "total": total, "square": square, "regime": regime, "histogram": counts}
        return {name: x.cpu().numpy() for name, x in found.items()}


def check(model: Model, params: Params) -> dict[str, float]:
    """How far the first paths are from those of numba in the same precision. Raises `ValueError` for too far."""
    found = model.simulate(0)
    n = min(model.width, 4096)
    other = backends.get("numba")(params, Grid(model.precision), 1, range(n))
    a, b = found["outcomes"][:, :n], other.outcomes
    off = np.where(np.isnan(a) & np.isnan(b), 0.0, np.abs(a - b) / (0.1 + np.abs(b)))
    apart = np.nan_to_num(off, nan=1.0).max(0) > 1e-3
    typical = float(np.quantile(np.nan_to_num(off, nan=1.0).max(0), 0.9))
    counted = int(found["histogram"].sum()), model.width * model.weeks * len(model.table.offset)
    if apart.mean() > 5e-3 or typical > 1e-4 or counted[0] != counted[1]:
        raise ValueError(
            f"another model: {apart.sum()} of {n} paths part, 90 in 100 within {typical}, counts {counted}"
        )
    return {"paths": n, "parted": int(apart.sum()), "difference_of_90_in_100": typical}


def rate(params: Params, width: int, device: str, *, compiled: bool, repeats: int = 3) -> dict[str, Any]:
    """Market-steps a second of one width, after compiling and the check."""
    began = time.perf_counter()
    model = Model(params, width, device, compiled=compiled)
    checked = check(model, params)
    first = time.perf_counter() - began
    seconds = min(timed(model, i + 1) for i in range(repeats))
    rate = width * model.weeks * model.markets / seconds
    return {"paths": width, "first_seconds": first, "seconds": seconds, "market_steps_per_second": rate} | checked


def timed(model: Model, i: int) -> float:
    began = time.perf_counter()
    model.simulate(i * model.width)
    return time.perf_counter() - began


def main() -> None:
    """Prints a line of JSON for each way of running: what is printed stays when the next takes too long."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--width", type=int, default=4096)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    params = load_scenario("status_quo").params
    for name, compiled in (("eager", False), ("compiled", True)):
        try:
            found = rate(params, given.width, given.device, compiled=compiled, repeats=given.repeats)
        except Exception as error:
            traceback.print_exc()
            found = {"failed": f"{type(error).__name__}: {error}"[:500]}
        print(json.dumps({"way": name, "version": torch.__version__} | found), flush=True)


if __name__ == "__main__":
    main()
