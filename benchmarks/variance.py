"""What importance sampling gains over plain Monte Carlo, for the same work in the same run.

    python benchmarks/variance.py            about ten minutes on two cores; writes results/variance.json
    python benchmarks/variance.py --page     writes docs/variance.md from that file

For each statistic a pilot finds a law (`supplyshock run --aim`), then plain and aimed runs of as many paths are made in
turn, each stored as a user's would be. The gain is the variance of the plain estimate times its seconds over the same
of the aimed one: how many times less time it takes to the same error. Pilots are stated apart: they cost the same
however many paths follow. Both estimates are held against one long plain run.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import threading
import time
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from supplyshock import load_scenario, open_run, run_scenarios
from supplyshock.aim import PATHS, Pilot, find_tilt, parse_aim
from supplyshock.estimates import Estimate
from supplyshock.goals import Goal
from supplyshock.progress import Progress
from supplyshock.reading.tails import values_of
from supplyshock.request import find_backend
from supplyshock.store.provenance import machine
from supplyshock.tilt import Tilt, whole
from supplyshock_kernels.backends.arrays.luck import draw_priors
from supplyshock_kernels.philox import key_of

HERE = Path(__file__).resolve().parent
RESULT, PAGE = HERE / "results" / "variance.json", HERE.parent / "docs" / "variance.md"
AIMS = (
    "loss:US mean", "loss:US cvar99", "stop:ev_auto >8", "quote:Dy >10", "quote:Dy >32", "quote:Dy >168",
    "quote:Dy >400",
)  # fmt: skip
SEED, REPEATS, LONG = 5, 2, 32
"""Of the runs; runs of each kind; how many times longer the plain run is that both are held against."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--page", action="store_true", help="write docs/variance.md from the last results")
    parser.add_argument("--paths", type=int, default=whole(100_000))
    given = parser.parse_args()
    if not given.page:
        RESULT.write_text(json.dumps(measured(given.paths), indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(render(json.loads(RESULT.read_text(encoding="utf-8"))), encoding="utf-8")
    print(f"wrote {PAGE}")


def measured(paths: int) -> dict[str, Any]:
    """Everything that the page says."""
    goals = {aim: Goal.parse(f"{aim} 1%") for aim in AIMS}
    long = run(whole(LONG * paths // 4), 999, None, goals)
    found = []
    for aim, goal in goals.items():
        tilt, pilot = law(aim)
        plain, tilted = [], []
        for k in range(REPEATS):
            plain.append(run(paths, SEED + k, None, {aim: goal}))
            tilted.append(run(paths, SEED + k, tilt, {aim: goal}))
        found.append(compare(aim, long["estimates"][aim], plain, tilted) | {"pilot_seconds": pilot} | tilt.as_dict())
        print(json.dumps(found[-1]), flush=True)
    about = {"machine": machine(), "date": date.today().isoformat(), "paths": paths, "pilot_paths": PATHS}
    return about | {"long_paths": whole(LONG * paths // 4), "aims": found, "explained": explained(paths)}


def law(aim: str) -> tuple[Tilt, float]:
    """The law that a pilot finds, and the pilot's seconds."""
    began = time.perf_counter()
    pilot = Pilot(load_scenario("status_quo"), parse_aim(aim), find_backend("numba"), "float32", SEED)
    return find_tilt(pilot, Progress(), threading.Event()), time.perf_counter() - began


def run(paths: int, seed: int, tilt: Tilt | None, goals: dict[str, Goal]) -> dict[str, Any]:
    """Estimates of the goals from one stored run, and its seconds without loading the kernels."""
    folder = Path(tempfile.mkdtemp())
    try:
        made = run_scenarios(
            [load_scenario("status_quo")], folder / "run", paths=paths, seed=seed, tilt=tilt, progress="quiet"
        )
        tree = open_run(folder / "run")
        estimates = {}
        for name, goal in goals.items():
            ((x, w),) = values_of(tree, goal.measure).values()
            estimates[name] = goal.estimate(x, w)
        return {"seconds": made.seconds, "estimates": estimates}
    finally:
        shutil.rmtree(folder)


def compare(aim: str, long: Estimate, plain: list[dict[str, Any]], tilted: list[dict[str, Any]]) -> dict[str, Any]:
    """Variances, work, and how far both are from the long run in standard errors."""

    def pooled(runs: list[dict[str, Any]]) -> tuple[float, float, float]:
        seen = [r["estimates"][aim] for r in runs]
        variance = float(np.mean([e.se**2 for e in seen]))
        return float(np.mean([e.value for e in seen])), variance, float(np.min([r["seconds"] for r in runs]))

    (a, va, ta), (b, vb, tb) = pooled(plain), pooled(tilted)

    def off(value: float, variance: float) -> float:
        return (value - long.value) / float(np.sqrt(variance / len(plain) + long.se**2))

    return {
        "aim": aim, "long": long.value, "long_se": long.se, "plain": a, "aimed": b, "plain_se": va**0.5,
        "aimed_se": vb**0.5, "plain_seconds": ta, "aimed_seconds": tb, "plain_off": off(a, va), "aimed_off": off(b, vb),
        "gain_of_variance": va / vb, "gain": va * ta / (vb * tb),
    }  # fmt: skip


def explained(paths: int) -> dict[str, float]:
    """Share of the variance that a quadratic form of the normals of the uncertain parameters explains.

    It bounds what control variates, stratification or quasi-random numbers on these dimensions could gain:
    one over one less that share.
    """
    folder, found = Path(tempfile.mkdtemp()), {}
    try:
        run_scenarios([load_scenario("status_quo")], folder / "run", paths=paths, seed=SEED, progress="quiet")
        z = np.stack(draw_priors(np.arange(paths, dtype=np.uint64), key_of(SEED), np.float32(1), False)).astype(float)
        pairs = [z[i] * z[j] for i in range(len(z)) for j in range(i + 1)]
        design = np.vstack([np.ones(paths), z, *pairs]).T
        for aim in AIMS:
            goal = Goal.parse(f"{aim} 1%")
            ((x, _),) = values_of(open_run(folder / "run"), goal.measure).values()
            y = x > float(goal.statistic[1:]) if goal.statistic.startswith(">") else x
            y = np.maximum(y - np.quantile(y, 0.99), 0) if goal.statistic == "cvar99" else y
            y = np.asarray(y, np.float64)
            rest = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
            found[aim] = 1 - float(rest.var() / y.var())
    finally:
        shutil.rmtree(folder)
    return found


def render(found: dict[str, Any]) -> str:
    """The page."""
    rows = [
        f"| `{r['aim']}` | {r['long']:.4g} ± {r['long_se']:.1g} | {r['plain_off']:+.1f}, {r['aimed_off']:+.1f} "
        f"| {r['gain_of_variance']:.1f} | **{r['gain']:.1f}** | {r['pilot_seconds']:.0f} s |"
        for r in found["aims"]
    ]
    shares = [f"| `{aim}` | {100 * s:.1f} % | {1 / (1 - s):.2f} |" for aim, s in found["explained"].items()]
    return HEAD.format(**found) + "\n".join(rows) + EXPLAINED + "\n".join(shares) + "\n"


HEAD = """# What importance sampling gains

Made by `benchmarks/variance.py` from `benchmarks/results/variance.json`; nothing on it is written by hand but its
text. {machine}, {date}, with other work on its host: seconds vary by a fifth, and the gain with them, the gain of
variance does not. Scenario `status_quo`, 104 weeks, plain and aimed runs of {paths:,} paths each, stored, in turn; the
long run has {long_paths:,} plain paths.

*Gain* is how many times less time a run with `--aim` takes to the same standard error: variance times seconds of the
plain run over those of the aimed one. The pilot that finds the law comes on top, once, however many paths follow. *Off*
says how many standard errors the estimates (plain, aimed) are from the long run: both should be within about three.

**Goals that are missed.** Hoped for were 30 times for the tail mean, 100 times for an event of probability 1e-4, 10
times for the mean. What makes a path costly here is the luck of many weeks, not one rare event or a few parameters:
only where one thing, a rift, is behind the event does another law gain much. Differences between scenarios are taken on
the same paths and gain nothing here: a run with `--aim` has one scenario.

| statistic | long run | off | gain of variance | gain | pilot |
|---|---|---|---|---|---|
"""
EXPLAINED = """

## What else could gain, and would not

Control variates, stratification and quasi-random numbers need a part of the result that few dimensions explain. The
15 normals behind the uncertain parameters are those dimensions here. A quadratic form of them explains so little of the
variance that none of the three was built: it would gain about what the last column says. Antithetic paths and splitting
have not been tried.

| statistic | explained | most gain |
|---|---|---|
"""


if __name__ == "__main__":
    main()
