"""What importance sampling gains over plain Monte Carlo, for the same work in the same run.

    python benchmarks/variance.py            about twenty minutes on two cores; writes results/variance.json
    python benchmarks/variance.py --page     writes docs/variance.md from that file
    python benchmarks/variance.py --book plant.yaml --aim stands     prints the gain of one statistic, also of a firm

For each statistic a pilot finds a proposal (`supplyshock run --importance-sample`). Then plain runs and weighted
runs of as many paths are made in turn, each stored as a user's would be. The gain is the variance of the plain
estimate times its seconds over the same of the aimed one: how many times less time it takes to the same error.
Pilots are stated apart: they cost the same however many paths follow. Both estimates are compared with one long plain
run.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from supplyshock.analysis.estimators import Estimate
from supplyshock.analysis.measures import values_of
from supplyshock.analysis.measures.firm_rows import is_event
from supplyshock.analysis.open_run import open_run
from supplyshock.common.progress import Progress
from supplyshock.execution.backend_selection import find_backend
from supplyshock.execution.importance_sampling.pilot import PATHS, Pilot, find_proposal, parse_statistic
from supplyshock.execution.precision_targets import PrecisionTarget
from supplyshock.execution.run import run_scenarios
from supplyshock.execution.run_request import RunRequest
from supplyshock.scenarios.scenario import load_scenario
from supplyshock.store.proposal import Proposal, round_up_to_period
from supplyshock.store.provenance import machine

HERE = Path(__file__).resolve().parent
RESULT, PAGE = HERE / "results" / "variance.json", HERE.parent / "docs" / "variance.md"
SOURCES = HERE / "results" / "variance_sources.json"
"""Written by `variance_sources.py`."""
AIMS = (
    "loss:US mean", "loss:US cvar99", "stop:ev_auto >8", "quote:Dy >10", "quote:Dy >32", "quote:Dy >168",
    "quote:Dy >400", "stop:ev_auto >52", "loss:US >1500",
)  # fmt: skip
SEED, REPEATS, LONG = 5, 2, 32
"""Of the runs; runs of each kind; how many times longer the plain run is that both are held against."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--page", action="store_true", help="write docs/variance.md from the last results")
    parser.add_argument("--paths", type=int, default=round_up_to_period(100_000))
    parser.add_argument("--aim", help="measure this statistic alone, and print what was found")
    parser.add_argument("--book", type=Path, help="book of a firm, for --aim")
    arguments = parser.parse_args()
    if arguments.aim:
        aims = {arguments.aim: parse_statistic(arguments.aim)}
        measured(arguments.paths, aims, arguments.book)
        return
    if not arguments.page:
        aims = {aim: parse_statistic(aim) for aim in AIMS}
        RESULT.write_text(json.dumps(measured(arguments.paths, aims), indent=1) + "\n", encoding="utf-8")
    results, sources = (json.loads(path.read_text(encoding="utf-8")) for path in (RESULT, SOURCES))
    PAGE.write_text(render(results, sources), encoding="utf-8")
    print(f"wrote {PAGE}")


def measured(paths: int, goals: dict[str, PrecisionTarget], book: Path | None = None) -> dict[str, Any]:
    """Everything that the page says."""
    long = run(round_up_to_period(LONG * paths // 4), 999, None, goals, book)
    results = []
    for aim, goal in goals.items():
        proposal, seconds = run_pilot(goal, book)
        plain, weighted = [], []
        for k in range(REPEATS):
            plain.append(run(paths, SEED + k, None, {aim: goal}, book))
            weighted.append(run(paths, SEED + k, proposal, {aim: goal}, book))
        gain = compare(goal, long["estimates"][aim], plain, weighted, paths)
        results.append(gain | {"pilot_seconds": seconds} | proposal.as_dict())
        print(json.dumps(results[-1]), flush=True)
    about = {"machine": machine(), "date": date.today().isoformat(), "paths": paths, "pilot_paths": PATHS}
    return about | {"long_paths": round_up_to_period(LONG * paths // 4), "aims": results}


def run_pilot(goal: PrecisionTarget, book: Path | None) -> tuple[Proposal, float]:
    """The proposal that a pilot finds, and the pilot's seconds."""
    began = time.perf_counter()
    request = RunRequest([load_scenario("status_quo")], PATHS, seed=SEED, save_series=0, backend="numba", book=book)
    pilot = Pilot(request, goal, find_backend("numba"))
    return find_proposal(pilot, Progress(), threading.Event()), time.perf_counter() - began


def run(
    paths: int, seed: int, proposal: Proposal | None, goals: dict[str, PrecisionTarget], book: Path | None
) -> dict[str, Any]:
    """Estimates of the goals from one stored run, and its seconds without loading the kernels."""
    folder = Path(tempfile.mkdtemp())
    try:
        options: dict[str, Any] = {"paths": paths, "seed": seed, "proposal": proposal, "book": book}
        report = run_scenarios([load_scenario("status_quo")], folder / "run", progress="quiet", **options)
        tree = open_run(folder / "run")
        estimates = {}
        for name, goal in goals.items():
            ((x, w),) = values_of(tree, goal.measure).values()
            value, se = goal.estimate(x, w)
            unit = 0.01 if is_probability(goal) else 1.0  # a probability is in %, the table has shares of 1
            estimates[name] = Estimate(value * unit, se * unit)
        return {"seconds": report.seconds, "estimates": estimates}
    finally:
        shutil.rmtree(folder)


def is_probability(goal: PrecisionTarget) -> bool:
    """Whether the statistic is how likely an event is."""
    return goal.threshold is not None or is_event(goal.measure.partition(":")[0])


def compare(
    goal: PrecisionTarget, long: Estimate, plain: list[dict[str, Any]], weighted: list[dict[str, Any]], paths: int
) -> dict[str, Any]:
    """Variances, work, and how far both are from the long run in standard errors."""

    def pooled(runs: list[dict[str, Any]]) -> tuple[float, float, float]:
        seen = [r["estimates"][goal.text] for r in runs]
        variance = float(np.mean([e.se**2 for e in seen]))
        return float(np.mean([e.value for e in seen])), variance, float(np.min([r["seconds"] for r in runs]))

    (a, va, ta), (b, vb, tb) = pooled(plain), pooled(weighted)
    if is_probability(goal):  # a plain run may see none of it: the variance of a share is known from the share
        va = b * (1 - b) / paths

    def off(value: float, variance: float) -> float:
        return (value - long.value) / float(np.sqrt(variance / len(plain) + long.se**2))

    return {
        "aim": goal.text, "long": long.value, "long_se": long.se, "plain": a, "aimed": b, "plain_se": va**0.5,
        "aimed_se": vb**0.5, "plain_seconds": ta, "aimed_seconds": tb, "plain_off": off(a, va), "aimed_off": off(b, vb),
        "gain_of_variance": va / vb, "gain": va * ta / (vb * tb),
    }  # fmt: skip


def render(results: dict[str, Any], sources: dict[str, Any]) -> str:
    """The page."""
    rows = [
        f"| `{r['aim']}` | {r['long']:.4g} ± {r['long_se']:.1g} | {r['plain_off']:+.1f}, {r['aimed_off']:+.1f} "
        f"| {r['gain_of_variance']:.1f} | **{r['gain']:.1f}** | {r['pilot_seconds']:.0f} s |"
        for r in results["aims"]
    ]
    return HEAD.format(**results) + "\n".join(rows) + "\n" + other_ways(sources)


def other_ways(sources: dict[str, Any]) -> str:
    """The rest of the page: what else was measured."""

    def table(results: dict[str, dict[str, list[float]]], show: Callable[[float], str]) -> str:
        aims = [*next(iter(results.values()))]
        head = f"| | {' | '.join(f'`{a}`' for a in aims)} |\n|---|{'---|' * len(aims)}\n"
        return head + "\n".join(
            f"| {what} | {' | '.join(show(by[a][0]) for a in aims)} |" for what, by in results.items()
        )

    rare = "\n".join(
        f"| `{r['event']}` | {r['value']:.2g} ± {r['se']:.1g} | {r['paths']:,.0f} | {r['spread']:.2g} "
        f"| {r['gain_of_variance']:.1f} |"
        for r in sources["splitting"]
    )
    shared = table(sources["shared"], lambda x: f"{100 * max(x, 0.0):.0f} %")
    mirrored = table(sources["mirrored"], lambda x: f"{1 / (1 + x):.2f}")
    titles = {"first": "the first change of regime", "history": "the history of regimes"}
    strata = {titles[what]: {a: [x] for a, x in by.items()} for what, by in sources["strata"].items()}
    tables = {
        "shared_table": shared,
        "mirrored_table": mirrored,
        "strata_table": table(strata, lambda x: f"{100 * x:.0f} %"),
        "rare_table": rare,
    }
    return OTHERS.format(**sources, **tables, of=sources["difference"])


HEAD = """# What importance sampling gains

`benchmarks/variance.py` makes this page from `benchmarks/results/variance.json`; only the text is
written by hand. It was measured on {machine}, on {date}, with
other work on the host. So seconds vary by a fifth, and the gain with them; the gain of variance
does not. The equations are those of that day; the [decisions](decisions/README.md) say what changed
since. Probabilities have moved: the quote of dysprosium above 168 times its base is on 3 % of paths
today. The scenario is `status_quo`, 104 weeks. Plain and weighted runs of {paths:,} paths each are
made in turn and stored. The long run has {long_paths:,} plain paths.

*Gain* is how many times less time a run with `--importance-sample` takes to the same standard
error: variance times seconds of the plain run over those of the weighted one. For an event, the
variance of the plain run is computed from the weighted estimate of its probability, since a plain
run may see no such event. The pilot that finds the proposal costs extra, once, however many paths
follow. *Off* is the distance of the estimates (plain, weighted) from the long run, in standard
errors. Both should be within about three.

**Goals that are missed.** The goals were 30 times for the tail mean, 100 times for an event of
probability 1e-4, and 10 times for the mean. No single rare event makes a path costly here. The
cause is the negotiation of many weeks, on parameters that make it matter. Another proposal gains
much only where something rare is behind the statistic. Behind the highest prices it is a rift.
Behind the greatest losses it is extreme parameters and an early hit on one list (the proposals
are in the file). Differences between scenarios are taken on the same paths and gain nothing here:
a run with `--importance-sample` has one scenario.

| statistic | long run | off | gain of variance | gain | pilot |
|---|---|---|---|---|---|
"""
OTHERS = """
## What else could gain, and is not built

`benchmarks/variance_sources.py` measured this ({machine}, {date};
`benchmarks/results/variance_sources.json`) on pairs of paths, {pairs:,} for each line. Standard
errors are mostly below .01 (.02 to .06 in the last two lines for the tail mean and the rarest
events).

**What the results depend on.** The two paths of a pair have some of their draws in common and no
others. Their correlation is the share of the variance that these draws explain together. No
stratification, control variate, conditional expectation or quasi-random numbers on these draws
can take away more.

{shared_table}

* *Control variates of the weekly normals* (a linear twin on the same noise, with known moments)
  cannot help: the normals alone explain next to nothing.
* *Stratification, or conditional expectations, along regimes* gain little, except for high
  prices. The table has the share of the variance of the same results that lies between strata. In
  the first row the strata are when and into what the regime first changes. In the second row they
  lie along a quadratic form of the whole history of regimes (weeks in each, when deal and rift
  came, the end):

{strata_table}

  The probabilities of such strata are not known and cannot be computed cheaply. Pain in the
  markets moves the negotiators, so the negotiation cannot be simulated without the markets.
* *The negotiation together with the uncertain parameters makes losses,* and neither does alone:
  which lists are hit, how hard and when, on a path whose parameters make that matter. These are
  some hundred draws, too many for quasi-random numbers. But a proposal can change them.

**Antithetic paths.** The second path of a pair mirrors draws of the first. The table has the gain
of variance per path, `1 / (1 + correlation)`. None would pay.

{mirrored_table}

**Differences between scenarios.** A deal changes the mean loss of the United States by
{of[value]:.1f} bn USD. The same paths in both scenarios give {of[gain_of_variance]:.2f} times
less variance than independent ones (correlation {of[correlation]:.2f}): the deal changes what
happens, not only what it costs. Mirrored paths add nothing (correlation of the differences
{of[correlation_mirrored]:+.3f}).

**Splitting.** Subset simulation (Au and Beck, 2001) needs no state in the middle of a path.
Chains of paths draw a part of their weeks anew and continue where the result stays beyond a
level. The level rises until a tenth of the paths lie beyond it. There are {repeats} repetitions
of {chains:,} paths a level; *spread* is the standard deviation of one estimate over its value.

| event | estimate | paths | spread | gain of variance over plain paths |
|---|---|---|---|---|
{rare_table}

Splitting gains less than `--importance-sample` does on the same events. The estimate of one run
says little about its own error.
"""


if __name__ == "__main__":
    main()
