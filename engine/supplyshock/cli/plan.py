"""`supplyshock plan`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..common.number_format import counted, size_text
from ..store.object_store.address import Address
from .command_helpers import debug_option, duration, json_option, print_json, say
from .places import Place
from .run_options import make_request, request_backend, run_options
from .sizes import request_lines

if TYPE_CHECKING:
    from ..execution.backend_selection import Backend
    from ..execution.run_request import RunRequest
    from ..store.partition import Plan


@click.command(short_help="Estimate the disk, memory and time that a run takes.")
@run_options
@click.option("--out", type=Place(), metavar="DIR", help="Folder or address of the run.")
@click.option(
    "--benchmark", is_flag=True, help="Measure the time of a few paths on this machine instead of estimating it."
)
@click.option("--check", is_flag=True, help="Exit with 73 if the run does not fit on the disk or in memory.")
@json_option
@debug_option
def plan(out: Path | Address | None, benchmark: bool, check: bool, as_json: bool, **options: Any) -> None:
    """Print the size of a run, and estimate its disk, memory and time. Writes nothing."""
    from ..execution.capacity import refuse_shortages

    request = make_request(options["configs"], options)
    shortages = print_plan(request, out, as_json=as_json, benchmark=benchmark)
    if check:
        refuse_shortages(shortages, out or "here")


def print_plan(request: RunRequest, out: Path | Address | None, *, as_json: bool, benchmark: bool = False) -> list[str]:
    """Prints the plan of a request; returns what it needs and does not have."""
    from ..execution.capacity import Capacity
    from ..execution.plan import plan_run
    from ..execution.request_sizes import request_warnings
    from ..scenarios.lever_text import lever_lines

    backend = request_backend(request)
    plan = plan_run(request, backend)
    rate = _measured(request, backend) if benchmark else _guessed(plan, backend)
    capacity = Capacity.at(out)
    shortages = capacity.shortages(plan)
    sizes, warnings = request_lines(request), request_warnings(request)
    facts = _facts(plan, out, rate) | {
        "disk_free_mb": _mb(capacity.disk),
        "memory_free_mb": _mb(capacity.memory),
        "fits": not shortages,
        "shortages": shortages,
        "levers": {s.name: lever_lines(s) for s in request.scenarios},
        "sizes": [text for _, text in sizes],
        "warnings": warnings,
    }
    if as_json:
        print_json(facts)
    else:
        click.echo("\n".join([_text(plan, facts, benchmark), *(f"{kind:10} {text}" for kind, text in sizes)]))
    for text in warnings:
        say(f"Warning: {text}")
    return shortages


def _guessed(plan: Plan, backend: Backend) -> float | None:
    """Path-weeks a second over all threads; None for a device that nobody has timed."""
    return backend.spec.path_weeks_per_second * plan.threads if plan.device == "cpu" else None


def _facts(plan: Plan, out: Path | Address | None, rate: float | None) -> dict[str, Any]:
    names = ("paths", "weeks", "markets", "save_series", "seed", "backend", "device", "precision", "threads")
    return {
        "run": str(out) if out else None,
        "scenarios": plan.scenarios,
        **{name: getattr(plan, name) for name in names},
        "blocks": plan.blocks,
        "paths_per_block": min(plan.layout.unit, plan.paths),
        "path_weeks": plan.path_weeks,
        "path_weeks_shared": len(plan.scenarios) * plan.paths * plan.weeks - plan.path_weeks,
        "disk_mb": plan.disk_bytes / 2**20,
        "disk_mb_while_running": plan.disk_bytes_while_running / 2**20,
        "memory_mb": plan.memory_bytes / 2**20,
        "seconds": plan.path_weeks / rate if rate else None,
    }


def _mb(size: int | None) -> float | None:
    return None if size is None else size / 2**20


def _room(free: float | None, verb: str, unknown: str) -> str:
    return unknown if free is None else f"{size_text(free * 2**20)} {verb}"


def _measured(request: RunRequest, backend: Backend) -> float:
    """Path-weeks a second over all threads, from some paths of the first scenario."""
    from time import perf_counter

    from supplyshock_kernels.params import Grid

    scenario, grid = request.scenarios[0], Grid(precision=request.precision, device=backend.kind)
    width = backend.width(request.precision)
    paths = max(backend.spec.timing_paths, width)
    backend.simulate(scenario.params, grid, request.seed, range(paths if width else 1))  # loads, compiles
    began = perf_counter()
    backend.simulate(scenario.params, grid, request.seed, range(paths))
    seconds = perf_counter() - began
    return paths * scenario.weeks / seconds * (request.threads or backend.threads)


def _text(plan: Plan, facts: dict[str, Any], measured: bool) -> str:
    how = "measured here" if measured else "a guess; --benchmark times a few paths here"
    duration_text = "not known for this device; --benchmark times a few paths here"
    if facts["seconds"] is not None:
        duration_text = f"about {duration(facts['seconds'])} ({how})"
    blocks, threads = counted(plan.blocks, "block"), counted(plan.threads, "thread")
    lines = {
        "scenarios": ", ".join(plan.scenarios),
        "size": f"{plan.paths:,} paths x {plan.weeks} weeks x {plan.markets} markets, seed {plan.seed}",
        "kept": f"weekly series of {plan.save_series:,} paths",
        "work": f"{blocks} of {'up to ' * bool(plan.layout.least)}{facts['paths_per_block']:,} paths on {threads}, "
        f"{plan.backend} on {plan.device}, {plan.precision}",
        "disk": f"about {size_text(plan.disk_bytes)}, {size_text(plan.disk_bytes_while_running)} while running; "
        f"{_room(facts['disk_free_mb'], 'are free', 'how much is free there is not known')}",
        "memory": f"about {size_text(plan.memory_bytes)}; "
        f"{_room(facts['memory_free_mb'], 'may be used', 'how much is free is not known')}",
        "time": duration_text,
    }
    if spared := facts["path_weeks_shared"]:
        every = plan.path_weeks + spared
        lines["work"] += f"; scenarios begin alike, which spares {100 * spared / every:.0f} % of the weeks"
    if facts["shortages"]:
        lines["fits"] = f"no: it needs {'; and '.join(facts['shortages'])}"
    levers = [f"{name}: {line}" for name, texts in facts["levers"].items() for line in texts]
    return "\n".join([*(f"{key:10} {value}" for key, value in lines.items()), *(f"{'lever':10} {x}" for x in levers)])
