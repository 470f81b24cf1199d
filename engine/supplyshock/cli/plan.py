"""`supplyshock plan`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..store.object_store.address import Address
from .command_helpers import debug_option, duration, json_option, print_json
from .completion import Place
from .run_options import Request, make_request, run_options

if TYPE_CHECKING:
    from ..store.partition import Plan

RATES = {"numba": 1e6, "jax": 8e4, "reference": 1e5}
"""Path-weeks a second and thread on 24 markets, to a factor of two, measured on cores of two AMD EPYC (2026)."""


@click.command(short_help="Say what a run would compute, and what it would take.")
@run_options
@click.option("--out", type=Place(), metavar="DIR", help="Folder or address the run would go to.")
@click.option("--measure", is_flag=True, help="Time a few paths here, instead of guessing the time.")
@json_option
@debug_option
def plan(out: Path | Address | None, measure: bool, as_json: bool, **options: Any) -> None:
    """Say what a run would compute, and what disk, memory and time it would take. Writes nothing."""
    print_plan(make_request(**options), out, as_json=as_json, measure=measure)


def print_plan(request: Request, out: Path | Address | None, *, as_json: bool, measure: bool = False) -> None:
    """Prints the plan of a request."""
    from ..execution.plan import plan_run

    made = plan_run(request.scenarios, **request.as_dict() | _where(request))
    rate = _measured(request) if measure else _guessed(made)
    facts = _facts(made, out, rate)
    if as_json:
        print_json(facts)
    else:
        click.echo(_text(made, facts, measure))


def _where(request: Request) -> dict[str, Any]:
    """The devices that JAX would use; the other backends need not be loaded for a plan."""
    from ..execution.backend_selection import find_backend

    if request.backend != "jax":
        return {}
    found = find_backend(request.backend, request.device)
    return {"device": found.device, "devices": found.devices}


def _guessed(made: Plan) -> float | None:
    """Path-weeks a second over all threads; None for a device that nobody has timed."""
    return RATES.get(made.backend, 1e4) * made.threads if made.device == "cpu" else None


def _facts(made: Plan, out: Path | Address | None, rate: float | None) -> dict[str, Any]:
    names = ("paths", "weeks", "markets", "save_series", "seed", "backend", "device", "precision", "threads")
    return {
        "run": str(out) if out else None,
        "scenarios": made.scenarios,
        **{name: getattr(made, name) for name in names},
        "blocks": made.blocks,
        "paths_per_block": min(made.layout.unit, made.paths),
        "path_weeks": made.path_weeks,
        "disk_mb": made.disk_bytes / 2**20,
        "disk_mb_while_running": made.disk_bytes_while_running / 2**20,
        "disk_free_mb": None if isinstance(out, Address) else _free(out) / 2**20,
        "memory_mb": made.memory_bytes / 2**20,
        "seconds": made.path_weeks / rate if rate else None,
    }


def _free(out: Path | None) -> int:
    """Free bytes where the run would go: its folder, or the nearest one above that exists."""
    import shutil

    here = (out or Path()).absolute()
    return shutil.disk_usage(next(p for p in (here, *here.parents) if p.exists())).free


def _room(free: float | None) -> str:
    return "in object storage" if free is None else f"{free:,.0f} MB are free"


def _measured(request: Request) -> float:
    """Path-weeks a second over all threads, from two thousand paths of the first scenario."""
    from time import perf_counter

    from supplyshock_kernels import backends
    from supplyshock_kernels.params import Grid

    from ..execution.backend_selection import find_backend
    from ..execution.plan import default_threads

    found = find_backend(request.backend, request.device)
    scenario, grid = request.scenarios[0], Grid(precision=request.precision, device=found.kind)
    paths = 64 if found.name == "reference" else max(2048, backends.width(found.name, found.kind, request.precision))
    found.simulate(scenario.params, grid, request.seed, range(paths if found.name == "jax" else 1))
    began = perf_counter()
    found.simulate(scenario.params, grid, request.seed, range(paths))
    seconds = perf_counter() - began
    return paths * scenario.weeks / seconds * (request.threads or default_threads(found.name, found.devices))


def _text(made: Plan, facts: dict[str, Any], measured: bool) -> str:
    how = "measured here" if measured else "a guess; --measure times a few paths here"
    told = "not known for this device; --measure times a few paths here"
    if facts["seconds"] is not None:
        told = f"about {duration(facts['seconds'])} ({how})"
    lines = {
        "scenarios": ", ".join(made.scenarios),
        "size": f"{made.paths:,} paths x {made.weeks} weeks x {made.markets} markets, seed {made.seed}",
        "kept": f"weekly series of {made.save_series:,} paths",
        "work": f"{made.blocks} blocks of {facts['paths_per_block']:,} paths on {made.threads} threads, "
        f"{made.backend} on {made.device}, {made.precision}",
        "disk": f"about {facts['disk_mb']:,.0f} MB, {facts['disk_mb_while_running']:,.0f} MB while running; "
        f"{_room(facts['disk_free_mb'])}",
        "memory": f"about {facts['memory_mb']:,.0f} MB",
        "time": told,
    }
    return "\n".join(f"{key:10} {value}" for key, value in lines.items())
