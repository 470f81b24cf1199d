"""Which random numbers results depend on, and what mirrored paths and splitting would gain; none of it is built.

    python benchmarks/variance_sources.py              about fifteen minutes on two cores
    python benchmarks/variance_sources.py --only PART  shared, mirrored, strata, difference or splitting: the rest stays

It writes results/variance_sources.json.

A table names, for every week and kind of draw of a path, the path whose random words it takes, and whether they are
mirrored (a uniform u becomes 1 - u, a normal changes its sign). Nothing else of the kernels differs, so pairs of paths
can share a part of their random numbers:

* the correlation of a pair that shares some draws and no others is the share of the variance that these draws explain
  together (Sobol', 1993): the most that stratification, control variates, conditional expectations or quasi-random
  numbers on them can take away;
* the correlation of a pair that mirrors some draws and shares no others says what antithetic paths gain;
* a chain of paths that draws a part of its weeks anew, and goes on where the result stays beyond a level, is subset
  simulation (Au and Beck, 2001): splitting that needs no state in the middle of a path.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

os.environ["SUPPLYSHOCK_CACHE_DIR"] = tempfile.mkdtemp()  # other code than the folder's name would say

import numpy as np
import xarray as xr

from supplyshock.analysis.measures import kernel_measures
from supplyshock.analysis.risk_measures import paired
from supplyshock.execution.importance_sampling.pilot import influence
from supplyshock.execution.precision_targets import PrecisionTarget
from supplyshock.scenarios.scenario import Scenario, load_scenario
from supplyshock.store.provenance import machine
from supplyshock_kernels.ops import scalar, where
from supplyshock_kernels.outputs import outcome_rows
from supplyshock_kernels.params import Grid
from supplyshock_kernels.rng import philox, random_variates

RESULT = Path(__file__).resolve().parent / "results" / "variance_sources.json"
AIMS = (
    "loss:US mean", "loss:US cvar99", "stop:ev_auto >8", "quote:Dy >10", "quote:Dy >32", "quote:Dy >168",
    "quote:Dy >400",
)  # fmt: skip
NAMES = ["loss:US", "stop:ev_auto", "quote:Dy"]
SEED, CALL, PAIRS = 5, 2048, 131_072
KINDS = ("parameters", "moves", "regimes", "accidents", "common", "markets")
"""Draws: uncertain parameters; actions, replies, relaxations; regimes and clocks; accidents; normals that markets
share; normals of each market."""
OWN, SAME, MIRRORED = range(3)
SHARED = {
    "the uncertain parameters": ("parameters",),
    "actions, replies and relaxations": ("moves",),
    "regimes and clocks": ("regimes",),
    "accidents": ("accidents",),
    "all weekly normals": ("common", "markets"),
    "the whole negotiation": ("moves", "regimes"),
    "the negotiation and the parameters": ("moves", "regimes", "parameters"),
}
TURNED = {
    "all of it": KINDS,
    "all weekly normals": ("common", "markets"),
    "the uncertain parameters": ("parameters",),
    "all uniforms": ("moves", "regimes", "accidents"),
}
RARE = (("quote:Dy", 400.0, 0.1), ("loss:US", 1100.0, 0.15), ("loss:US", 1500.0, 0.15))
"""Measure, level, share of the weeks that a step of a chain draws anew."""
CHAINS, REPEATS, KEPT = 1000, 24, 0.1

_WORD, _SHIFT, _FLIP = np.uint64(0xFFFFFFFF), np.uint64(32), np.uint64(0x80000000)
_ENDS = [np.uint64(k) for k in (0x200, 0x203, 0x205, 0x300, 0x400)]
_NO, _G = np.uint64(0), [np.uint64(k) for k in range(6)]
_E0, _E1, _E2, _E3, _E4 = _ENDS
_G0, _G1, _G2, _G3, _G4, _G5 = _G


@scalar
def words(path: Any, step: Any, stream: Any, key: Any, table: Any) -> Any:
    """As `draws.words`, of the path that the table (kinds, weeks, paths) names; its highest bit mirrors."""
    early = where(stream < _E0, _G0, where(stream < _E1, _G1, _G2))
    kind = where(stream < _E2, early, where(stream < _E3, _G3, where(stream < _E4, _G4, _G5)))
    named = np.uint64(table[kind, step, path])
    at, flip = named & ~_FLIP, where(named >= _FLIP, _WORD, _NO)
    a, b, c, d = philox.philox4x32_10(at & _WORD, at >> _SHIFT, step, stream, key[0], key[1])
    return a ^ flip, b ^ flip, c ^ flip, d ^ flip


random_variates.words = words
from supplyshock_kernels.backends.numba_cpu import simulate as numba_cpu  # noqa: E402  (compiled with the words above)

_TABLES: dict[int, Any] = {}
numba_cpu.key_of = lambda handle: (philox.key_of(SEED), _TABLES[handle])


def observed(scenario: Scenario, table: Any, names: list[str]) -> Any:
    """(names, paths) of the measures, of as many paths as the table has."""

    def call(at: int) -> Any:
        piece = table[..., at : at + CALL]
        n = piece.shape[-1]
        _TABLES[at] = np.ascontiguousarray(np.pad(piece, ((0, 0), (0, 0), (0, -n % 128)), "edge"))
        seen = numba_cpu.simulate(scenario.params, Grid(normals="inverse"), at, range(n))
        return np.stack([m.of(seen) for m in kernel_measures(names, scenario)])

    with ThreadPoolExecutor(2) as pool:
        return np.concatenate(list(pool.map(call, range(0, table.shape[-1], CALL))), 1)


def outcomes_of(scenario: Scenario, outcomes: Any) -> xr.Dataset:
    """Outcomes (rows, n) by their names, as a store has them for one scenario."""
    table = {
        r.name: (("path", *r.axes), np.moveaxis(outcomes[r.start : r.stop].reshape(*r.shape, -1), -1, 0))
        for r in outcome_rows(scenario.params)
    }
    axes = {a for dims, _ in table.values() for a in dims if a != "path"}
    return xr.Dataset(table, {a: list(scenario.labels.of(a)) for a in axes})


def pairs(scenario: Scenario, how: dict[str, int], names: list[str]) -> Any:
    """(names, pairs, 2): every second path shares or mirrors some draws of the one before."""
    results = []
    for first in range(0, 2 * PAIRS, 8 * CALL):
        index = np.arange(first, first + 8 * CALL, dtype=np.uint32)
        before = index - (index & 1)
        by = [index, before, np.where(index & 1, before | np.uint32(_FLIP), index)]
        rows = np.stack([by[how.get(kind, OWN)] for kind in KINDS])
        table = np.broadcast_to(rows[:, None], (len(KINDS), scenario.params.weeks + 1, len(index)))
        results.append(observed(scenario, table, names))
    return np.concatenate(results, 1).reshape(len(names), -1, 2)


def correlations(x: Any, names: list[str]) -> dict[str, list[float]]:
    """By statistic: correlation of its influence over the pairs, and the correlation's standard error."""
    results = {}
    for aim in AIMS:
        goal = PrecisionTarget.parse(f"{aim} 1%")
        flat = x[names.index(goal.measure)].reshape(-1)
        y = influence(goal, flat, np.ones(len(flat)))[0].reshape(-1, 2)
        product = y[:, 0] * y[:, 1] / y.var()
        results[aim] = [float(product.mean()), float(product.std() / np.sqrt(len(product)))]
    return results


def shares(table: dict[str, tuple[str, ...]], act: int) -> dict[str, Any]:
    """What draws explain, or what mirroring them makes of pairs."""
    scenario, out = load_scenario("status_quo"), {}
    for what, kinds in table.items():
        out[what] = correlations(pairs(scenario, dict.fromkeys(kinds, act), NAMES), NAMES)
        print(what, json.dumps(out[what]), flush=True)
    return out


def strata() -> dict[str, dict[str, float]]:
    """Shares of the variance between strata of the first change of regime, and along the history of regimes."""
    scenario, first, results, values = load_scenario("status_quo"), [], [], []
    weeks = scenario.params.weeks
    for at in range(0, 2 * PAIRS, CALL):
        index = np.arange(at, at + CALL, dtype=np.uint32)
        _TABLES[0] = np.ascontiguousarray(np.broadcast_to(index, (len(KINDS), weeks + 1, CALL)))
        seen = numba_cpu.simulate(scenario.params, Grid(normals="inverse", keep=CALL), 0, range(CALL))
        data, regime = outcomes_of(scenario, seen.outcomes), seen.series[-1]
        changed = (regime != regime[0]) & (np.cumsum(regime != regime[0], 0) == 1)
        when = np.where(changed.any(0), changed.argmax(0), weeks)
        first.append(when * 6 + regime[np.minimum(when, weeks - 1), np.arange(CALL)].astype(int))
        results.append(history(data, weeks))
        values.append(np.stack([m.of(seen) for m in kernel_measures(NAMES, scenario)]))
    label, design, x = np.concatenate(first), np.concatenate(results), np.concatenate(values, 1)
    out: dict[str, dict[str, float]] = {"first": {}, "history": {}}
    for aim in AIMS:
        goal = PrecisionTarget.parse(f"{aim} 1%")
        flat = x[NAMES.index(goal.measure)]
        y = influence(goal, flat, np.ones(len(flat)))[0]
        y = y - y.mean()
        count = np.bincount(label)
        means = np.bincount(label, y) / np.maximum(count, 1)
        out["first"][aim] = adjusted(y, means[label], int((count > 0).sum()))
        fitted = design @ np.linalg.lstsq(design, y, rcond=None)[0]
        out["history"][aim] = adjusted(y, fitted, design.shape[1])
    return out


def history(data: Any, weeks: int) -> Any:
    """(paths, columns) a quadratic form of the weeks in each regime and of when deal and rift came, and the end."""
    columns = [*data["weeks_in_regime"].to_numpy().T[:5] / weeks]
    columns += [np.nan_to_num(data[name].to_numpy(), nan=weeks) / weeks for name in ("deal_week", "rift_week")]
    last = [(data["regime_end"].to_numpy() == k) * 1.0 for k in range(5)]
    products = [a * b for i, a in enumerate(columns) for b in columns[: i + 1]]
    return np.stack([np.ones(len(columns[0])), *columns, *last, *products], 1)


def adjusted(y: Any, fitted: Any, size: int) -> float:
    """Share explained, less what so many columns would explain of noise."""
    return 1 - float(((y - fitted) ** 2).sum() / (len(y) - size) / y.var())


def differences() -> dict[str, float]:
    """The mean difference of losses, a deal less none, on the same paths, on others, and on mirrored ones."""
    none, deal = (pairs(load_scenario(n), {}, ["loss:US"])[0] for n in ("status_quo", "swap_deal"))
    on_same = paired(none.reshape(-1), deal.reshape(-1))
    turned = dict.fromkeys(KINDS, MIRRORED)
    a, b = (pairs(load_scenario(n), turned, ["loss:US"])[0] for n in ("status_quo", "swap_deal"))
    d = b - a
    return {
        "value": on_same.value, "se": on_same.se, "gain_of_variance": on_same.gain**2,
        "correlation": float(np.corrcoef(none.reshape(-1), deal.reshape(-1))[0, 1]),
        "correlation_mirrored": float(np.corrcoef(d[:, 0], d[:, 1])[0, 1]),
    }  # fmt: skip


class Chains:
    """Subset simulation of the chance that a measure lies above a level."""

    def __init__(self, scenario: Scenario, measure: str, share: float, seed: int) -> None:
        self.scenario, self.measure, self.share = scenario, measure, share
        self.rng, self.drawn, self.cost = np.random.default_rng(seed), seed << 24, 0
        self.shape = (len(KINDS), scenario.params.weeks + 1)

    def run(self, level: float, most: int = 12) -> float:
        """The estimate; 0 where no chain comes so far."""
        table = np.broadcast_to(self._fresh(CHAINS), (*self.shape, CHAINS))
        y, chance = self._values(table), 1.0
        for _ in range(most):
            step = min(float(np.sort(y)[-int(CHAINS * KEPT) - 1]), level)
            chance *= float((y > step).mean())
            if step >= level or not (y > step).any():
                return chance
            table, y = self._grown(table[..., y > step], y[y > step], step)
        return 0.0

    def _grown(self, now: Any, y: Any, step: float) -> tuple[Any, Any]:
        """As many paths above the step as before, in chains from those that are."""
        tables, values = [now], [y]
        while sum(len(v) for v in values) < CHAINS:
            anew = self.rng.random((*self.shape, len(y))) < self.share
            tried = np.where(anew, self._fresh(len(y)), now)
            seen = self._values(tried)
            now, y = np.where(seen > step, tried, now), np.where(seen > step, seen, y)
            tables.append(now)
            values.append(y)
        return np.concatenate(tables, 2)[..., :CHAINS], np.concatenate(values)[:CHAINS]

    def _values(self, table: Any) -> Any:
        self.cost += table.shape[-1]
        return observed(self.scenario, table, [self.measure])[0]

    def _fresh(self, n: int) -> Any:
        self.drawn += n
        return np.arange(self.drawn - n, self.drawn, dtype=np.uint32)


def splitting() -> list[dict[str, float | str]]:
    """Subset simulation, repeated: its spread, its paths, and how many times fewer than plain ones."""
    scenario, results = load_scenario("status_quo"), []
    for measure, level, share in RARE:
        chains = [Chains(scenario, measure, share, k + 1) for k in range(REPEATS)]
        p = np.array([c.run(level) for c in chains])
        paths = float(np.mean([c.cost for c in chains]))
        mean, spread = float(p.mean()), float(p.std(ddof=1))
        results.append({
            "event": f"{measure} >{level:g}", "share_anew": share, "value": mean, "se": spread / REPEATS**0.5,
            "spread": spread / mean, "paths": paths, "gain_of_variance": mean * (1 - mean) / (spread**2 * paths),
        })  # fmt: skip
        print(json.dumps(results[-1]), flush=True)
    return results


PARTS: dict[str, Callable[[], Any]] = {
    "shared": lambda: shares(SHARED, SAME),
    "mirrored": lambda: shares(TURNED, MIRRORED),
    "strata": strata,
    "difference": differences,
    "splitting": splitting,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=[*PARTS], help="measure this part alone")
    only = parser.parse_args().only
    results = json.loads(RESULT.read_text(encoding="utf-8")) if only else {}
    results |= {"machine": machine(), "date": date.today().isoformat(), "pairs": PAIRS, "chains": CHAINS}
    results |= {"repeats": REPEATS} | {name: part() for name, part in PARTS.items() if only in (None, name)}
    RESULT.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {RESULT}")


if __name__ == "__main__":
    main()
