"""What eight scenarios that differ from week 19 on cost beside one: their first weeks are simulated once.

python benchmarks/common_weeks.py [--paths 32768] [--turns 3]     about four minutes; writes results/common_weeks.json

`computed` calls the backend as a run does, on one thread; `run` stores all of it in a folder, on two threads. `apart`
gives each scenario all of its weeks. Seconds are of processors, which other work on the machine changes little; ways
take turns, and ratios are medians of neighbours.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from main_job import machine

from supplyshock.execution.backend_selection import find_backend
from supplyshock.execution.plan import plan_run
from supplyshock.execution.run import run_scenarios
from supplyshock.execution.run_request import RunRequest
from supplyshock.execution.shared_weeks import SharedWeeks
from supplyshock.scenarios.scenario import Scenario, load_scenario
from supplyshock_kernels.backends import SPECS
from supplyshock_kernels.params import Grid

RESULTS = Path(__file__).resolve().parent / "results/common_weeks.json"
SCENARIOS, EVENT = 8, 19
NAMES = {"computed": "computed, one thread", "run": "run and stored, two threads"}


def scenarios() -> list[Scenario]:
    """Of which each has another demand for the first market from the week of the event on."""
    base, made = load_scenario("status_quo"), []
    for i in range(SCENARIOS):
        demand = base.params.schedule.demand.copy()
        demand[EVENT:, 0] *= 1 + 0.02 * i
        params = base.params._replace(schedule=base.params.schedule._replace(demand=demand))
        made.append(replace(base, name=f"s{i}", params=params, digest=str(i)))
    return made


def compute(some: list[Scenario], paths: int) -> None:
    """As a run of these scenarios computes a block."""
    backend = find_backend("numba")
    plan = plan_run(RunRequest(some, paths, backend="numba", threads=1), backend)
    shared = SharedWeeks(plan, some, backend) if plan.common else None
    for i, scenario in enumerate(some):
        if shared:
            shared.observe(i, range(paths), Grid())
        else:
            backend.simulate(scenario.params, Grid(), plan.seed, range(paths))


def store(some: list[Scenario], paths: int, *, apart: bool = False) -> None:
    """A whole run. A backend that is given as a function cannot share weeks."""
    backend = SPECS["numba"].load() if apart else "numba"
    with tempfile.TemporaryDirectory() as folder:
        run_scenarios(some, Path(folder) / "run", paths=paths, backend=backend, threads=2, progress="quiet")


def seconds(work: Callable[[], None]) -> float:
    """Processor seconds of this process."""
    began = resource.getrusage(resource.RUSAGE_SELF)
    work()
    ended = resource.getrusage(resource.RUSAGE_SELF)
    return ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime


def measure(one: Callable[[], None], eight: Callable[[], None], turns: int) -> dict[str, Any]:
    """Ratios of eight to the mean of the ones before and after."""
    one()
    ones, eights = [seconds(one)], []
    for _ in range(turns):
        eights.append(seconds(eight))
        ones.append(seconds(one))
    ratios = [e / (a + b) * 2 for e, a, b in zip(eights, ones[:-1], ones[1:], strict=True)]
    return {"one": ones, "eight": eights, "ratios": ratios, "ratio": median(ratios)}


def table(results: dict[str, Any]) -> str:
    """Markdown."""
    rows = [
        f"| {name} | {median(results[key]['one']):.1f} s | {median(results[key]['eight']):.1f} s "
        f"| {results[key]['ratio']:.2f} | {results[f'{key}_apart']['ratio']:.2f} |"
        for key, name in NAMES.items()
    ]
    head = f"{results['machine']}, {results['date']}; {results['paths']:,} paths, processor seconds.\n\n"
    return head + "\n".join(
        ["| | one | eight | ratio | ratio, each apart |", "|---|---|---|---|---|", *rows, "", f"Ideal: {ideal():.2f}."]
    )


def ideal(weeks: int = 104) -> float:
    """Of the weeks alone."""
    return (EVENT + SCENARIOS * (weeks - EVENT)) / weeks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--paths", type=int, default=32_768)
    parser.add_argument("--turns", type=int, default=3)
    asked = parser.parse_args()
    every, paths, turns = scenarios(), asked.paths, asked.turns
    plain = SPECS["numba"].load()

    def apart() -> None:
        for scenario in every:
            plain(scenario.params, Grid(), 1, range(paths))

    results: dict[str, Any] = {"machine": machine(), "date": date.today().isoformat(), "paths": paths}
    ways: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {
        "computed": (lambda: compute(every[:1], paths), lambda: compute(every, paths)),
        "computed_apart": (lambda: compute(every[:1], paths), apart),
        "run": (lambda: store(every[:1], paths), lambda: store(every, paths)),
        "run_apart": (lambda: store(every[:1], paths, apart=True), lambda: store(every, paths, apart=True)),
    }
    for name, (one, eight) in ways.items():
        results[name] = measure(one, eight, turns if not name.endswith("apart") else 1)
        print(name, [round(r, 2) for r in results[name]["ratios"]], flush=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(table(results))


if __name__ == "__main__":
    main()
