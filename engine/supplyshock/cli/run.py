"""``supplyshock run``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from .options import load, run_options, settings


@click.command("run")
@run_options
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder of the run.")
@click.option("--overwrite", is_flag=True, help="Replace a run of another config in that folder.")
@click.option("--dry-run", is_flag=True, help="Only say what would be computed.")
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
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
    out: Path,
    overwrite: bool,
    dry_run: bool,
    quiet: bool,
) -> None:
    """Simulate scenarios on the same random numbers into a folder.

    CONFIG is a file or the name of a shipped scenario (status_quo, swap_deal, breakdown, ...); the first
    is the one the others are compared with. Killed or interrupted, the same command resumes and ends
    with the same bytes.
    """
    scenarios = load(configs, changes, weeks)
    chosen = settings(
        scenarios, device, backend, paths=paths, seed=seed, keep_paths=keep_paths, precision=precision
    )
    if dry_run:
        from .plan import print_plan

        return print_plan(scenarios, chosen | {"threads": threads}, as_json)
    from ..execute import run_scenarios

    mode = "quiet" if quiet else "auto"
    report = run_scenarios(scenarios, out, threads=threads, overwrite=overwrite, progress=mode, **chosen)
    if as_json:
        click.echo(json.dumps(report.as_dict()))
        return None
    click.echo(
        f"{report.run}: {', '.join(report.scenarios)}; {report.paths:,} paths x {report.weeks} weeks each, "
        f"{report.seconds:.1f} s, {report.market_steps_per_second / 1e6:.1f} M market-steps/s "
        f"({report.path_weeks_per_second / 1e6:.2f} M path-weeks/s), peak {report.peak_memory_mb:.0f} MB"
    )
    click.echo(f"next: supplyshock show {report.run}    or in Python: supplyshock.open_run({report.run!r})")
    return None
