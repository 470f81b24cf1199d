"""Finds the law to draw paths from so that one statistic is known with a smaller error: a pilot, then a minimum.

A pilot simulates some thousand paths, and for each says how often every event of `tilt.HAZARDS` happened, how often
it was to be expected, and where the normals of the uncertain parameters lay. From these follows the weight of each
path under any tilt, nearly, and so the variance of the statistic in a mixture with it, which is minimised. Where the
pilot saw too little of what is asked for, it aims at what it did see, and the next pilot is drawn from there (the
levels of the cross-entropy method: Rubinstein and Kroese, The cross-entropy method, 2004).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import xarray as xr
from scipy.optimize import minimize

from supplyshock_kernels.backends.arrays.luck import draw_priors
from supplyshock_kernels.observe import outcome_rows
from supplyshock_kernels.params import Array, Grid
from supplyshock_kernels.philox import key_of
from supplyshock_kernels.theta import NAMES

from .errors import UsageError
from .goals import Goal
from .plan import default_threads
from .progress import Progress
from .reading.measures import find_measure
from .reading.tails import refuse_never
from .remote.address import Address
from .request import Backend
from .risk import cvar_influence, quantile
from .store.manifest import read_manifest
from .tilt import HAZARDS, SHARE, Tilt, tilt_of
from .until import stages_of
from .workers import run_all

if TYPE_CHECKING:
    from .scenario import Scenario

PATHS, CALL = 16_384, 2_048
"""Of a pilot, and of one kernel call in it."""
STAGES, ENOUGH = 5, 100
"""Pilots at most; paths that the statistic has to depend on before the last one."""
TWO, FOUR = 2.0, 4.0
RIDGE = 3e-3
"""Weight of the squares of a tilt beside the variance: what gains nothing stays."""
MOST_LOG, MOST_SHIFT = 3.9, 2.0
OTHER_KEY = 0x5DEECE66D
"""Between the seed of a pilot and of the run: the run must not depend on what chose its law."""


def parse_aim(text: str) -> Goal:
    """From ``quote:Dy >10`` or ``loss:US cvar99``: a measure and a statistic. Raises `UsageError`."""
    if len(text.split()) != 2 or text.startswith("diff "):
        raise _refuse(text)
    try:
        return replace(Goal.parse(f"{text} 1%"), text=text)
    except UsageError as error:
        raise _refuse(text) from error


def _refuse(text: str) -> UsageError:
    expected = "MEASURE STATISTIC, such as 'loss:US cvar99' or 'quote:Dy >10'"
    return UsageError("nothing to aim at", where="--aim", expected=expected, got=repr(text))


class Sample(NamedTuple):
    """A pilot: n paths, K events, H normals."""

    values: Array
    """(n,) of the measure."""
    weight: Array
    """(n,) density of the law asked for over that drawn from, with a mean of 1."""
    happened: Array
    """(K, n) events, as a number that need not be whole: weeks are steps."""
    expected: Array
    """(K, n)."""
    normals: Array
    """(H, n)."""


@dataclass(frozen=True)
class Pilot:
    """What pilots are made with."""

    scenario: Scenario
    aim: Goal
    backend: Backend
    precision: str
    seed: int
    threads: int | None = None
    paths: int = PATHS

    @property
    def shifted(self) -> tuple[int, ...]:
        """The normals that uncertain parameters lean on."""
        p = self.scenario.params.priors
        return tuple(k for k in range(len(NAMES)) if (p.factor == k).any() or p.loading[k] < 1)

    def draw(self, tilt: Tilt, told: Progress, stop: threading.Event) -> Sample:
        """Paths drawn with the tilt. Raises `Stopped`."""
        found: dict[int, Sample] = {}

        def work(paths: range) -> None:
            found[paths.start] = self._piece(tilt, paths)
            told.advance(len(paths))

        spans = [range(a, min(a + CALL, self.paths)) for a in range(0, self.paths, CALL)]
        threads = self.threads or default_threads(self.backend.name, self.backend.devices)
        run_all(work, spans, threads=threads, stop=stop)
        parts = [found[a] for a in sorted(found)]
        whole = Sample(*(np.concatenate(x, axis=-1) for x in zip(*parts, strict=True)))
        weight = np.exp(whole.weight - whole.weight.max())
        return whole._replace(weight=weight / weight.mean())

    def _piece(self, tilt: Tilt, paths: range) -> Sample:
        params, grid, seed = self.scenario.params, Grid(self.precision, device=self.backend.kind), self._seed
        drawn = tilt.params(params)
        plain = self.backend.simulate(drawn, grid, seed, paths, params.policy)
        happened, expected = [], []
        for change in HAZARDS.values():
            two, four = (
                self._ratio(drawn, grid, paths, params.policy._replace(**change(params.policy, factor)))
                - plain.log_ratio.astype(np.float64)
                for factor in (TWO, FOUR)
            )  # log q / p = N log f - (f - 1) E, nearly
            expected.append(TWO * two - four)
            happened.append((two + expected[-1]) / np.log(TWO))
        index = np.arange(paths.start, paths.stop, dtype=np.uint64)
        z = draw_priors(index, key_of(seed), np.dtype(self.precision).type(1), False)
        moved = dict(tilt.shifts)
        normals = np.stack([z[k].astype(np.float64) + moved.get(NAMES[k], 0.0) for k in self.shifted])
        logs = plain.log_ratio.astype(np.float64) - tilt.log_density(paths, seed, grid, moved=True)
        return Sample(self._values(plain.outcomes), logs, np.stack(happened), np.stack(expected), normals)

    def _ratio(self, params: object, grid: Grid, paths: range, policy: object) -> Array:
        found: Array = self.backend.simulate(params, grid, self._seed, paths, policy).log_ratio.astype(np.float64)
        return found

    @property
    def _seed(self) -> int:
        return self.seed ^ OTHER_KEY

    def _values(self, outcomes: Array) -> Array:
        data = outcomes_of(self.scenario, outcomes)
        return find_measure(data, self.aim.measure).read(data).astype(np.float64)


def outcomes_of(scenario: Scenario, outcomes: Array) -> xr.Dataset:
    """Outcomes (rows, n) by their names, as a store has them for one scenario."""
    table = {
        r.name: (("path", *r.axes), np.moveaxis(outcomes[r.start : r.stop].reshape(*r.shape, -1), -1, 0))
        for r in outcome_rows(scenario.params)
    }
    axes = {a for dims, _ in table.values() for a in dims if a != "path"}
    return xr.Dataset(table, {a: list(scenario.labels.of(a)) for a in axes})


def find_tilt(pilot: Pilot, told: Progress, stop: threading.Event) -> Tilt:
    """The tilt for what is aimed at; the same for the same pilot. Raises `Stopped` and `UsageError`."""
    tilt = Tilt()
    told.start(pilot.paths * STAGES, 0, "paths of pilots")
    for _ in range(STAGES):
        sample = pilot.draw(tilt, told, stop)
        y, enough = influence(pilot.aim, sample.values, sample.weight)
        if not y.any():
            fix = "run without --aim"
            raise UsageError("on no path of the pilot is it other than on the rest", where=pilot.aim.text, fix=fix)
        tilt = best_tilt(sample, y, pilot.shifted)
        if enough:
            break
    else:
        told.say(f"{pilot.aim.text}: the pilots saw it on fewer than {ENOUGH} paths; the law is for what they saw")
    return replace(tilt, aim=pilot.aim.text)


def known_tilt(out: Path | Address, aim: Goal) -> Tilt | None:
    """The tilt of a run with this aim that was begun in `out`, or in the stages beside it; None where there is none."""
    if isinstance(out, Address):
        from .remote.mirror import manifest_at

        manifests = [manifest_at(out)]
    else:
        manifests = [read_manifest(place) for place in (out, *sorted(stages_of(out).glob("*")))]
    for manifest in manifests:
        if manifest and (tilt := tilt_of(manifest.identity)) and tilt.aim == aim.text:
            return tilt
    return None


def influence(aim: Goal, x: Array, w: Array) -> tuple[Array, bool]:
    """((n,) what each path adds to the statistic, less its mean; whether enough paths add to it)."""
    if aim.statistic.startswith(">"):
        level = float(aim.statistic[1:])
        seen = int(np.count_nonzero(x > level))
        if seen < ENOUGH:
            highest = np.sort(x[~np.isnan(x)])[-2 * ENOUGH :]
            level = min(level, float(highest[0])) if highest.size else level
        y = (x > level).astype(np.float64)
        return y - np.average(y, weights=w), seen >= ENOUGH
    x = refuse_never(x, aim.measure)
    if aim.statistic == "mean":
        return x - np.average(x, weights=w), True
    q = aim.level
    t = quantile(x, q, w).value
    tail = aim.statistic.startswith("cvar")
    y = np.asarray(cvar_influence(x, q, w) if tail else x > t, np.float64)
    return y - np.average(y, weights=w), bool(np.count_nonzero(x > t) >= ENOUGH)


def best_tilt(sample: Sample, y: Array, shifted: tuple[int, ...]) -> Tilt:
    """The tilt whose mixture knows the mean of ``y`` best."""
    k, size = len(sample.happened), len(sample.happened) + len(sample.normals)
    yy = sample.weight * y * y
    yy = yy / yy.mean()

    def cost(x: Array) -> tuple[float, Array]:
        """Second moment over that of a plain run, and its derivative."""
        f, mu = np.exp(x[:k]), x[k:]
        logs = x[:k] @ sample.happened - (f - 1) @ sample.expected + mu @ sample.normals - (mu @ mu) / 2
        ratio = np.exp(np.minimum(logs, 50.0))
        w = 1 / (SHARE + (1 - SHARE) * ratio)
        slope = -yy * w * (1 - SHARE * w)
        along = [sample.happened - f[:, None] * sample.expected, sample.normals - mu[:, None]]
        gradient = np.concatenate([a @ slope for a in along]) / len(y)
        return float((yy * w).mean() + RIDGE * (x @ x)), gradient + 2 * RIDGE * x

    bounds = [(-MOST_LOG, MOST_LOG)] * k + [(-MOST_SHIFT, MOST_SHIFT)] * (size - k)
    x = minimize(cost, np.zeros(size), jac=True, method="L-BFGS-B", bounds=bounds).x
    factors = {name: round_to(float(np.exp(v))) for name, v in zip(HAZARDS, x[:k], strict=True)}
    shifts = {NAMES[h]: round(float(v), 2) for h, v in zip(shifted, x[k:], strict=True)}
    return Tilt.of(
        {"factors": {n: f for n, f in factors.items() if f != 1}, "shifts": {n: s for n, s in shifts.items() if s}}
    )


def round_to(x: float) -> float:
    """To three digits: more would say that a pilot knows more."""
    return float(f"{x:.3g}")
