"""What eight scenarios that differ from week 19 on cost beside one: their first weeks are simulated once.

python benchmarks/common_weeks.py [--paths 32768] [--turns 2]     about two minutes; writes results/common_weeks.json

It calls the backend as a run does, on one thread. Between any two scenarios one is simulated alone, so that other work
on the machine slows both. Seconds are of the processor.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import mean, median
from typing import Any

from main_job import machine

from supplyshock.execution.backend_selection import find_backend
from supplyshock.execution.plan import plan_run
from supplyshock.execution.run_request import RunRequest
from supplyshock.execution.shared_weeks import SharedWeeks
from supplyshock.scenarios.scenario import Scenario, load_scenario
from supplyshock_kernels.params import Grid

RESULTS = Path(__file__).resolve().parent / "results/common_weeks.json"
SCENARIOS, EVENT = 8, 19


def scenarios() -> list[Scenario]:
    """Of which each has another demand for the first market from the week of the event on."""
    base, made = load_scenario("status_quo"), []
    for i in range(SCENARIOS):
        demand = base.params.schedule.demand.copy()
        demand[EVENT:, 0] *= 1 + 0.02 * i
        params = base.params._replace(schedule=base.params.schedule._replace(demand=demand))
        made.append(replace(base, name=f"s{i}", params=params, digest=str(i)))
    return made


def measure(some: list[Scenario], paths: int) -> dict[str, list[float]]:
    """Seconds of each scenario with common weeks, and of one alone before each."""
    backend = find_backend("numba")
    plan = plan_run(RunRequest(some, paths, backend="numba", threads=1), backend)
    shared, took = SharedWeeks(plan, some, backend), {"shared": [], "alone": []}
    for i in range(len(some)):
        took["alone"].append(seconds(lambda: backend.simulate(some[0].params, Grid(), plan.seed, range(paths))))
        took["shared"].append(seconds(lambda i=i: shared.observe(i, range(paths), Grid())))
    return took


def seconds(work: Callable[[], object]) -> float:
    """Of the processor, on this thread."""
    began = time.thread_time()
    work()
    return time.thread_time() - began


def table(results: dict[str, Any]) -> str:
    """Markdown."""
    turns = results["turns"]
    one, eight = (median(x) for x in ([mean(t["alone"]) for t in turns], [sum(t["shared"]) for t in turns]))
    return (
        f"{results['machine']}, {results['date']}; {results['paths']:,} paths on one thread, processor seconds.\n\n"
        "| one | eight | ratio | weeks alone |\n|---|---|---|---|\n"
        f"| {one:.2f} s | {eight:.2f} s | {results['ratio']:.2f} | {ideal():.2f} |"
    )


def ideal(weeks: int = 104) -> float:
    """The ratio of simulated weeks."""
    return (EVENT + SCENARIOS * (weeks - EVENT)) / weeks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--paths", type=int, default=32_768)
    parser.add_argument("--turns", type=int, default=2)
    asked = parser.parse_args()
    some, turns = scenarios(), []
    measure(some, 1024)
    for _ in range(asked.turns):
        turns.append(measure(some, asked.paths))
        print(round(sum(turns[-1]["shared"]) / mean(turns[-1]["alone"]), 3), flush=True)
    ratio = median(sum(t["shared"]) / mean(t["alone"]) for t in turns)
    results = {"machine": machine(), "date": date.today().isoformat(), "paths": asked.paths, "turns": turns}
    RESULTS.write_text(json.dumps(results | {"ratio": ratio}, indent=1) + "\n", encoding="utf-8")
    print(table(results | {"ratio": ratio}))


if __name__ == "__main__":
    main()
