"""Finds the law to draw paths from so that one statistic is known with a smaller error: a pilot, then a minimum.

A pilot simulates some thousand paths, and for each says how often every event of `tilt.HAZARDS` happened, how often
it was to be expected, how often every control list was hit, and where the normals of the uncertain parameters lay.
From these follows the weight of each path under any tilt, nearly, and so the variance of the statistic in a mixture
with it, which is minimised. Where the pilot saw too little of what is asked for, it aims at what it did see, and the
next pilot is drawn from there (the levels of the cross-entropy method: Rubinstein and Kroese, The cross-entropy
method, 2004).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from supplyshock_kernels.backends.array_program.random_inputs import draw_priors
from supplyshock_kernels.model.uncertain_parameters import NAMES
from supplyshock_kernels.params import QUARTERS, Array, Grid, Params
from supplyshock_kernels.rng.philox import key_of

from ...analysis.measures import KernelMeasure, kernel_measures
from ...analysis.measures.fitted_measure import COMPARE
from ...analysis.risk_measures import cvar_influence, quantile
from ...analysis.tail_risk import refuse_never
from ...common.errors import UsageError
from ...common.progress import Progress
from ...common.thread_pool import run_all
from ...store.manifest import read_manifest
from ...store.object_store.address import Address
from ...store.proposal import Proposal, recorded_proposal
from ..backend_selection import Backend
from ..plan import default_threads
from ..precision_targets import PrecisionTarget
from ..stopping_rule import stages_of
from .optimize import PilotSample, ProposalChoice, best_proposal
from .proposal import HAZARDS, log_density, proposal_params

if TYPE_CHECKING:
    from ...scenarios.scenario import Scenario

PATHS, CALL = 16_384, 2_048
"""Of a pilot, and of one kernel call in it."""
STAGES, ENOUGH = 5, 100
"""Pilots at most; paths that the statistic has to depend on before the last one."""
TWO, FOUR = 2.0, 4.0
STEP, BASE, LONGEST = 2.0**-9, 32, 520
"""Of how hits of lists are told: at most 31 of a list in a quarter, which no run of up to 124 weeks has more of. What
is more counts as one of the next quarter: the law gains less then, and no weight is wrong."""
OTHER_KEY = 0x5DEECE66D
"""Between the seed of a pilot and of the run: the run must not depend on what chose its law."""


def parse_statistic(text: str) -> PrecisionTarget:
    """From ``quote:Dy >10`` or ``loss:US cvar99``: a measure and a statistic. Raises `UsageError`."""
    if text.startswith("diff "):
        raise _refuse(text)
    try:
        return replace(PrecisionTarget.parse(f"{text} 1%"), text=text)
    except UsageError as error:
        raise _refuse(text) from error


def _refuse(text: str) -> UsageError:
    expected = "MEASURE STATISTIC, such as 'loss:US cvar99' or 'quote:Dy >10'"
    return UsageError("nothing to aim at", where="--importance-sample", expected=expected, got=repr(text))


@dataclass(frozen=True)
class Pilot:
    """What pilots are made with."""

    scenario: Scenario
    aim: PrecisionTarget
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

    @property
    def choices(self) -> tuple[ProposalChoice, ...]:
        """Of the parties that have several lists; none in a run that is too long to tell them."""
        p = self.scenario.params.policy
        if self.scenario.params.weeks > LONGEST:
            return ()
        width = np.diff(p.hit_cum)[..., 0] * (p.list_is_tariff == 0)
        mine = [np.flatnonzero((p.list_party == party) & (width[0] > 0)) for party in np.unique(p.list_party)]
        return tuple(
            ProposalChoice(q, tuple(map(int, i)), w[i]) for q, w in enumerate(width) for i in mine if len(i) > 1
        )

    def draw(self, tilt: Proposal, told: Progress, stop: threading.Event) -> PilotSample:
        """Paths drawn with the tilt. Raises `Stopped`."""
        found: dict[int, PilotSample] = {}

        def work(paths: range) -> None:
            found[paths.start] = self._piece(tilt, paths)
            told.advance(len(paths))

        spans = [range(a, min(a + CALL, self.paths)) for a in range(0, self.paths, CALL)]
        threads = self.threads or default_threads(self.backend.name, self.backend.devices)
        run_all(work, spans, threads=threads, stop=stop)
        parts = [found[a] for a in sorted(found)]
        whole = PilotSample(*(np.concatenate(x, axis=-1) for x in zip(*parts, strict=True)))
        weight = np.exp(whole.weight - whole.weight.max())
        return whole._replace(weight=weight / weight.mean())

    def _piece(self, tilt: Proposal, paths: range) -> PilotSample:
        params, grid, seed = self.scenario.params, Grid(self.precision, device=self.backend.kind), self._seed
        drawn = proposal_params(tilt, params)
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
        logs = plain.log_ratio.astype(np.float64) - log_density(tilt, paths, seed, grid, moved=True)
        hits = self._hits(drawn, grid, paths)
        return PilotSample(self._measure.of(plain), logs, np.stack(happened), np.stack(expected), normals, hits)

    def _hits(self, drawn: Params, grid: Grid, paths: range) -> Array:
        """How often each list was hit in each quarter: a policy under which a list is ``exp(2^-9 32^q)`` times as
        likely, and nothing else, says it by its log ratio, as digits to the base 32."""
        policy, digits = drawn.policy, {}
        for i in {i for c in self.choices for i in c.lists}:
            ends = np.array(policy.hit_cum, np.float64)
            ends[:, i, 1] = ends[:, i, 0] + (ends[:, i, 1] - ends[:, i, 0]) * np.exp(STEP * BASE ** np.arange(QUARTERS))
            ratio = self._ratio(drawn, grid, paths, policy._replace(hit_cum=ends))
            digits[i] = np.rint(ratio / STEP).astype(np.int64)
        found = [digits[i] // BASE**c.quarter % BASE for c in self.choices for i in c.lists]
        return np.array(found, np.float64).reshape(len(found), len(paths))

    def _ratio(self, params: object, grid: Grid, paths: range, policy: object) -> Array:
        found: Array = self.backend.simulate(params, grid, self._seed, paths, policy).log_ratio.astype(np.float64)
        return found

    @property
    def _seed(self) -> int:
        return self.seed ^ OTHER_KEY

    @property
    def _measure(self) -> KernelMeasure:
        (measure,) = kernel_measures([self.aim.measure], self.scenario)
        if measure.needs_series:
            fix = "a measure of the whole run, such as quote:Dy or loss:US"
            raise UsageError("a pilot has no weekly series", where=self.aim.text, got=self.aim.measure, fix=fix)
        return measure


def find_proposal(pilot: Pilot, told: Progress, stop: threading.Event) -> Proposal:
    """The tilt for what is aimed at; the same for the same pilot. Raises `Stopped` and `UsageError`."""
    tilt = Proposal()
    told.start(pilot.paths * STAGES, 0, "paths of pilots")
    for _ in range(STAGES):
        sample = pilot.draw(tilt, told, stop)
        y, enough = influence(pilot.aim, sample.values, sample.weight)
        if not y.any():
            fix = "run without --importance-sample"
            raise UsageError("on no path of the pilot is it other than on the rest", where=pilot.aim.text, fix=fix)
        tilt = best_proposal(sample, y, pilot.shifted, pilot.choices, len(pilot.scenario.params.policy.list_party))
        if enough:
            break
    else:
        told.say(f"{pilot.aim.text}: the pilots saw it on fewer than {ENOUGH} paths; the law is for what they saw")
    return replace(tilt, aim=pilot.aim.text)


def proposal_of_run(out: Path | Address, aim: PrecisionTarget) -> Proposal | None:
    """The tilt of a run with this aim that was begun in `out`, or in the stages beside it; None where there is none."""
    if isinstance(out, Address):
        from ...store.object_store.staging import manifest_at

        manifests = [manifest_at(out)]
    else:
        manifests = [read_manifest(place) for place in (out, *sorted(stages_of(out).glob("*")))]
    for manifest in manifests:
        if manifest and (tilt := recorded_proposal(manifest.identity)) and tilt.aim == aim.text:
            return tilt
    return None


def influence(aim: PrecisionTarget, x: Array, w: Array) -> tuple[Array, bool]:
    """((n,) what each path adds to the statistic, less its mean; whether enough paths add to it)."""
    if aim.threshold:
        return _beyond(*aim.threshold, x, w)
    x = refuse_never(x, aim.measure)
    if aim.statistic == "mean":
        return x - np.average(x, weights=w), True
    q = aim.level
    t = quantile(x, q, w).value
    tail = aim.statistic.startswith("cvar")
    y = np.asarray(cvar_influence(x, q, w) if tail else x > t, np.float64)
    return y - np.average(y, weights=w), bool(np.count_nonzero(x > t) >= ENOUGH)


def _beyond(comparison: str, level: float, x: Array, w: Array) -> tuple[Array, bool]:
    """`influence` of the share of paths beyond a level; of a nearer level where too few paths are beyond."""
    if comparison.startswith("<"):
        x, level, comparison = -x, -level, comparison.replace("<", ">")
    hits = COMPARE[comparison](x, level)
    enough = int(np.count_nonzero(hits)) >= ENOUGH
    if not enough:
        highest = np.sort(x[~np.isnan(x)])[-2 * ENOUGH :]
        hits = COMPARE[comparison](x, min(level, float(highest[0])) if highest.size else level)
    y = hits.astype(np.float64)
    return y - np.average(y, weights=w), enough
