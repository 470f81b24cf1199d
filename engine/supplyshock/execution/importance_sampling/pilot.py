"""Finds the proposal under which one statistic has the smallest error: a pilot, then a minimum.

A pilot simulates some thousand paths. For each it says how often every event of `proposal.HAZARDS` happened, how often
it was to be expected, how often every control list was hit, and where the normals of the uncertain parameters lay.
From these follows, nearly, the weight of each path under any proposal, and so the variance of the statistic in a
mixture with it, which is minimised. Where too few paths of a pilot have the event, it minimises for the most extreme
ones that it has, and the next pilot is drawn from that proposal (the levels of the cross-entropy method: Rubinstein
and Kroese, The cross-entropy method, 2004). A firm that rarely stands has no such level: of paths on which it does not,
those come near on which it loses most value added, and then those on which it pays most.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from supplyshock_kernels.backends.array_program.random_inputs import draw_priors
from supplyshock_kernels.model.uncertain_parameters import NAMES
from supplyshock_kernels.outputs import Observed
from supplyshock_kernels.params import QUARTERS, Array, Grid, Params
from supplyshock_kernels.rng.philox import key_of

from ...analysis.measures import KernelMeasure, kernel_measures, scenario_vocabulary
from ...analysis.measures.expression import ThresholdText
from ...analysis.measures.firm_rows import FIRM_AXES, nearer
from ...analysis.measures.fitted_measure import COMPARE
from ...analysis.risk_measures import cvar_influence, quantile
from ...analysis.tail_risk import refuse_never
from ...common.errors import UsageError
from ...common.progress import Progress
from ...common.thread_pool import run_all
from ...store.object_store.address import Address
from ...store.proposal import Proposal, recorded_proposal
from ..attached_firm import AttachedFirm
from ..backend_selection import Backend
from ..precision_targets import PrecisionTarget
from ..run_request import RunRequest, book_of
from ..session import manifest_in
from ..stopping_rule import stages_of
from .optimize import PilotSample, ProposalChoice, best_proposal
from .proposal import HAZARDS, log_density, proposal_params

if TYPE_CHECKING:
    from ...scenarios.exposure.book import Book
    from ...scenarios.scenario import Scenario

PATHS, CALL = 16_384, 2_048
"""Of a pilot, and of one kernel call in it."""
STAGES, ENOUGH = 5, 100
"""Largest number of pilots; number of paths with the event after which a pilot is the last one."""
TWO, FOUR = 2.0, 4.0
STEP, BASE, LONGEST = 2.0**-9, 32, 520
"""How hits of lists are encoded: at most 31 of a list in a quarter, which no run of up to 124 weeks exceeds. A further
hit counts as one of the next quarter: the proposal gains less then, and no weight is wrong."""
_NOTHING = np.empty((0, 0))
OTHER_KEY = 0x5DEECE66D
"""Distance of the pilot's seed from the run's: the run must not depend on the paths that chose its proposal."""


def parse_statistic(text: str) -> PrecisionTarget:
    """From ``quote:Dy >10`` or ``loss:US cvar99``: a measure and a statistic. Raises `UsageError`."""
    if text.startswith("diff "):
        raise _refuse(text)
    try:
        return replace(PrecisionTarget.parse(f"{text} 1%"), text=text)
    except UsageError as error:
        raise _refuse(text) from error


def _refuse(text: str) -> UsageError:
    expected = "MEASURE STATISTIC, such as 'loss:US cvar99', 'quote:Dy >10', or 'stands' in a run with a book"
    return UsageError("not a statistic", where="--importance-sample", expected=expected, got=repr(text))


@dataclass(frozen=True)
class Pilot:
    """What pilots are made with."""

    request: RunRequest
    """Of the run that the proposal is for."""
    target: PrecisionTarget
    """The statistic."""
    backend: Backend
    paths: int = PATHS
    """Of one pilot."""

    @property
    def scenario(self) -> Scenario:
        """Of the run: there is one."""
        return self.request.scenarios[0]

    @property
    def book(self) -> Book | None:
        """Of the firm on the paths."""
        return book_of(self.request)

    @cached_property
    def firm(self) -> AttachedFirm | None:
        """The firm, where the measure is one of its own; None where it is one of the world."""
        if self.book is None or self._measure.measure.parts[0].variable not in FIRM_AXES:
            return None
        return AttachedFirm.of_book(self.book, [self.scenario], self.paths)

    @property
    def is_probability(self) -> bool:
        """The statistic is how likely an event is, which has no threshold: ``stands``."""
        return self._measure.measure.is_event and self.target.statistic == "mean"

    @property
    def shifted(self) -> tuple[int, ...]:
        """The normals that uncertain parameters depend on."""
        p = self.scenario.params.priors
        return tuple(k for k in range(len(NAMES)) if (p.factor == k).any() or p.loading[k] < 1)

    @property
    def choices(self) -> tuple[ProposalChoice, ...]:
        """One entry per party with several lists; none if the run is too long to encode their hits."""
        p = self.scenario.params.policy
        if self.scenario.params.weeks > LONGEST:
            return ()
        width = np.diff(p.hit_cum)[..., 0] * (p.list_is_tariff == 0)
        own_lists = [np.flatnonzero((p.list_party == party) & (width[0] > 0)) for party in np.unique(p.list_party)]
        return tuple(
            ProposalChoice(q, tuple(map(int, i)), w[i]) for q, w in enumerate(width) for i in own_lists if len(i) > 1
        )

    def draw(self, proposal: Proposal, progress: Progress, stop: threading.Event) -> PilotSample:
        """Paths drawn from the proposal. Raises `Stopped`."""
        pieces: dict[int, PilotSample] = {}

        def work(paths: range) -> None:
            pieces[paths.start] = self._piece(proposal, paths)
            progress.advance(len(paths))

        spans = [range(a, min(a + CALL, self.paths)) for a in range(0, self.paths, CALL)]
        run_all(work, spans, threads=self.request.threads or self.backend.threads, stop=stop)
        parts = [pieces[a] for a in sorted(pieces)]
        whole = PilotSample(*(np.concatenate(x, axis=-1) for x in zip(*parts, strict=True)))
        weight = np.exp(whole.weight - whole.weight.max())
        return whole._replace(weight=weight / weight.mean())

    def _piece(self, proposal: Proposal, paths: range) -> PilotSample:
        params, grid, seed = self.scenario.params, Grid(self.request.precision, device=self.backend.kind), self._seed
        drawn = proposal_params(proposal, params)
        plain = self._observe(drawn, grid, paths)
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
        z = draw_priors(index, key_of(seed), np.dtype(self.request.precision).type(1), False)
        moved = dict(proposal.shifts)
        normals = np.stack([z[k].astype(np.float64) + moved.get(NAMES[k], 0.0) for k in self.shifted])
        logs = plain.log_ratio.astype(np.float64) - log_density(proposal, paths, seed, grid, moved=True)
        hits = self._hits(drawn, grid, paths)
        nearness = np.array([m.of(plain) for m in self._nearer]).reshape(len(self._nearer), len(paths))
        values = self._measure.of(plain)
        return PilotSample(values, logs, np.stack(happened), np.stack(expected), normals, hits, nearness)

    def _observe(self, drawn: Params, grid: Grid, paths: range) -> Observed:
        """The paths, with the outcomes of the firm where the measure is one of its own."""
        grid = self.firm.alone(grid) if self.firm else grid
        observed = self.backend.simulate(drawn, grid, self._seed, paths, self.scenario.params.policy)
        return self.firm.observe(0, observed, grid)[0] if self.firm else observed

    def _hits(self, drawn: Params, grid: Grid, paths: range) -> Array:
        """How often each list was hit in each quarter: a policy under which a list is ``exp(2^-9 32^q)`` times as
        likely, and nothing else, says it by its log ratio, as digits to the base 32."""
        policy, digits = drawn.policy, {}
        for i in {i for c in self.choices for i in c.lists}:
            ends = np.array(policy.hit_cum, np.float64)
            ends[:, i, 1] = ends[:, i, 0] + (ends[:, i, 1] - ends[:, i, 0]) * np.exp(STEP * BASE ** np.arange(QUARTERS))
            ratio = self._ratio(drawn, grid, paths, policy._replace(hit_cum=ends))
            digits[i] = np.rint(ratio / STEP).astype(np.int64)
        hits = [digits[i] // BASE**c.quarter % BASE for c in self.choices for i in c.lists]
        return np.array(hits, np.float64).reshape(len(hits), len(paths))

    def _ratio(self, params: object, grid: Grid, paths: range, policy: object) -> Array:
        ratio: Array = self.backend.simulate(params, grid, self._seed, paths, policy).log_ratio.astype(np.float64)
        return ratio

    @property
    def _seed(self) -> int:
        return self.request.seed ^ OTHER_KEY

    @cached_property
    def _nearer(self) -> list[KernelMeasure]:
        """What says how near a path of a rare event of the firm comes to it."""
        return kernel_measures(nearer(self._measure.measure), self.scenario, self.book) if self.firm else []

    @cached_property
    def _measure(self) -> KernelMeasure:
        (measure,) = kernel_measures([self.target.measure], self.scenario, self.book)
        if measure.needs_series:
            fix = "a measure of the whole run, such as quote:Dy or loss:US"
            raise UsageError(
                "importance sampling cannot use a weekly value",
                where=self.target.text,
                got=self.target.measure,
                fix=fix,
            )
        return measure


def find_proposal(pilot: Pilot, progress: Progress, stop: threading.Event) -> Proposal:
    """The best proposal for the pilot's statistic; the same for the same pilot. Raises `Stopped` and `UsageError`."""
    target = pilot.target.fitted(scenario_vocabulary(pilot.scenario, pilot.book))
    pilot = replace(pilot, target=target)
    if pilot.is_probability:
        target = replace(target, statistic="", threshold=ThresholdText(">", 0.0))
    proposal = Proposal()
    for number in range(1, STAGES + 1):
        progress.start(pilot.paths, 0, f"paths of pilot {number} (of {STAGES} at most)")
        sample = pilot.draw(proposal, progress, stop)
        y, enough = influence(target, sample.values, sample.weight, sample.nearness)
        if not y.any():
            raise UsageError(
                "the statistic has the same value on every pilot path, so importance sampling cannot help",
                where=pilot.target.text,
                fix="run without --importance-sample",
            )
        proposal = best_proposal(sample, y, pilot.shifted, pilot.choices, len(pilot.scenario.params.policy.list_party))
        if enough:
            break
    else:
        progress.say(
            f"{pilot.target.text}: fewer than {ENOUGH} pilot paths have the event; "
            "the proposal is for the most extreme paths of the pilots"
        )
    return replace(proposal, aim=pilot.target.text)


def proposal_of_run(out: Path | Address, target: PrecisionTarget) -> Proposal | None:
    """The proposal for this statistic of a run that has begun in `out`, or in its stages; None without one."""
    places = [out] if isinstance(out, Address) else [out, *sorted(stages_of(out).glob("*"))]
    for manifest in map(manifest_in, places):
        proposal = recorded_proposal(manifest.identity) if manifest else None
        if proposal and proposal.aim == target.text:
            return proposal
    return None


def influence(target: PrecisionTarget, x: Array, w: Array, nearness: Array = _NOTHING) -> tuple[Array, bool]:
    """((n,) what each path adds to the statistic, less its mean; whether enough paths add to it)."""
    if target.threshold:
        return _beyond(target.threshold, x, w, nearness)
    x = refuse_never(x, target.measure)
    if target.statistic == "mean":
        return x - np.average(x, weights=w), True
    q = target.level
    t = quantile(x, q, w).value
    tail = target.statistic.startswith("cvar")
    y = np.asarray(cvar_influence(x, q, w) if tail else x > t, np.float64)
    return y - np.average(y, weights=w), bool(np.count_nonzero(x > t) >= ENOUGH)


def _beyond(threshold: ThresholdText, x: Array, w: Array, nearness: Array) -> tuple[Array, bool]:
    """`influence` of the share of paths beyond a level; of a nearer level where too few paths are beyond."""
    comparison, level = threshold.operator, threshold.number
    if comparison.startswith("<"):
        x, level, comparison, nearness = -x, -level, comparison.replace("<", ">"), -nearness
    hits = COMPARE[comparison](x, level)
    enough = int(np.count_nonzero(hits)) >= ENOUGH
    if not enough and len(nearness):
        order = _in_order(x, nearness)
        hits = hits | (order > np.sort(order)[-2 * ENOUGH :][0])
    elif not enough:
        highest = np.sort(x[~np.isnan(x)])[-2 * ENOUGH :]
        hits = COMPARE[comparison](x, min(level, float(highest[0])) if highest.size else level)
    y = hits.astype(np.float64)
    return y - np.average(y, weights=w), enough


def _in_order(x: Array, nearness: Array) -> Array:
    """(n,) places of the paths from the lowest value to the highest; of the same value, from the least near one on."""
    keys = np.concatenate([x[None], nearness])
    order = np.lexsort(keys[::-1])
    rises = (np.diff(keys[:, order], axis=1) != 0).any(0)
    places = np.empty(len(x), np.int64)
    places[order] = np.concatenate([[0], np.cumsum(rises)])
    return places
