"""``supplyshock plan``."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from .options import load, run_options, settings

if TYPE_CHECKING:
    from ..scenario import Scenario


@click.command("plan")
@run_options
def command(
    configs: tuple[str, ...],
    paths: int | None,
    weeks: int | None,
    seed: int | None,
    keep_paths: int | None,
    backend: str,
    device: str,
    precision: str | None,
    threads: int | None,
    changes: tuple[str, ...],
    as_json: bool,
) -> None:
    """Say what a run would compute, store and need, without running it."""
    scenarios = load(configs, changes, weeks)
    chosen = settings(
        scenarios, device, backend, paths=paths, seed=seed, keep_paths=keep_paths, precision=precision
    )
    print_plan(scenarios, chosen | {"threads": threads}, as_json)


def print_plan(scenarios: list[Scenario], chosen: dict[str, Any], as_json: bool) -> None:
    """Print the plan of a run."""
    from ..plan import plan_run

    plan = plan_run(scenarios, **chosen)
    if as_json:
        click.echo(json.dumps(asdict(plan) | {"blocks": plan.blocks, "path_weeks": plan.path_weeks}))
        return
    steps = plan.path_weeks * plan.markets
    click.echo(f"scenarios   {', '.join(plan.scenarios)}")
    click.echo(f"paths       {plan.paths:,} each, seed {plan.seed}, {plan.keep_paths:,} kept week by week")
    click.echo(f"weeks       {plan.weeks}")
    click.echo(f"work        {plan.path_weeks:,} path-weeks, {steps:,} market-steps")
    click.echo(f"blocks      {plan.blocks:,} of {plan.layout.unit:,} paths, {plan.threads} threads")
    click.echo(f"backend     {plan.backend}, {plan.precision}")
    click.echo(f"disk        {plan.disk_bytes / 1e6:,.0f} MB, up to {plan.disk_bytes_while_running / 1e6:,.0f} MB")
    click.echo(f"memory      {plan.memory_bytes / 1e6:,.0f} MB at the peak")
