"""`supplyshock sweep`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..common.number_format import number
from .command_helpers import print_json
from .design_options import design_options, outcome_lines, saved
from .sizes import say_scenario_sizes
from .study_options import base_argument, parse_study_options, print_table, study_options

if TYPE_CHECKING:
    import xarray as xr

SHOWN = 40
"""Points in the table on a screen; files hold all."""


@click.command(short_help="Simulate a design over levers and parameters.")
@base_argument()
@click.option(
    "--design",
    type=click.Choice(["grid", "latin", "sobol"]),
    default="grid",
    show_default=True,
    help="Design of the points.",
)
@design_options()
@study_options()
def sweep(base: str, vary: tuple[str, ...], measure: tuple[str, ...], **options: Any) -> None:
    """Simulate BASE at every point of a design. Each point is a scenario with common random numbers.

    \b
    supplyshock sweep my.yaml --vary "levers.stockpile.0.initial=0,30,60,90 days" --out runs/stock
    supplyshock sweep status_quo --design latin --points 100 --vary priors.parts --out runs/parts

    The command prints the mean of every measure with its standard error, and the paired difference from BASE. It
    writes both to DIR/sweep.zarr and .csv, and draws DIR/sweep.png.
    """
    from ..studies.design import Design
    from ..studies.study_files import check_free
    from ..studies.sweep import plan_sweep, run_sweep

    chosen = {"kind": options.pop("design"), "points": options.pop("points"), "levels": options.pop("levels")}
    study = parse_study_options(options)
    design = Design(seed=study.settings.seed, **{name: value for name, value in chosen.items() if value is not None})
    plan = plan_sweep(base, vary, measures=measure, design=design, overrides=study.overrides or None)
    check_free(study.out, "sweep", overwrite=study.overwrite)
    warnings = say_scenario_sizes([plan.template.base], ends=plan.ends, quiet=study.silent)
    results = run_sweep(plan, study.settings, study.progress())
    files = _write(results, study.out)
    if study.as_json:
        print_json({**files, **_facts(results), "warnings": warnings})
    elif not study.quiet:
        _print(results, files)


def _write(results: xr.Dataset, out: Path) -> dict[str, str]:
    from ..reporting.plots.sweep import chart
    from ..store.atomic_files import store_errors

    files = saved(results, out, "sweep")
    with store_errors(out):
        picture = chart(results, out / "sweep.png")
    return {**files, "picture": str(picture)}


def _facts(results: xr.Dataset) -> dict[str, Any]:
    """Attributes, the base, and every point."""
    outcomes = [str(o) for o in results["outcome"].values]
    names = ("mean", "se", "difference", "difference_se")
    base = {o: {"mean": float(results["base"][i]), "se": float(results["base_se"][i])} for i, o in enumerate(outcomes)}
    points = [
        {
            "values": {str(f): float(results["value"][p, j]) for j, f in enumerate(results["factor"].values)},
            "outcomes": {o: {n: float(results[n][p, i]) for n in names} for i, o in enumerate(outcomes)},
        }
        for p in range(results.sizes["point"])
    ]
    about = {k: v for k, v in results.attrs.items() if k != "title"}
    return {**about, "base_outcomes": base, "points": points}


def _print(results: xr.Dataset, files: dict[str, str]) -> None:
    about, n = results.attrs, results.sizes["point"]
    size = f"{n} points x {about['paths']:,} paths of {about['weeks']} weeks, seed {about['seed']}"
    click.echo(f"{size}; base: {about['base_title']}")
    click.echo("base ± one standard error; then what each point changes, on the same paths")
    for line in outcome_lines(results):
        click.echo(line)
    click.echo()
    factors = [
        f"{f}{f' ({u})' if u else ''}"
        for f, u in zip(results["factor"].values, results["factor_unit"].values, strict=True)
    ]
    rows = [["base", *[""] * (len(factors) - 1), *_row(results["base"].values, results["base_se"].values)]]
    for p in range(min(n, SHOWN)):
        values = [f"{x:.4g}" for x in results["value"][p].values]
        rows.append([*values, *_row(results["difference"][p].values, results["difference_se"][p].values)])
    print_table([*factors, *map(str, results["outcome"].values)], rows)
    if n > SHOWN:
        click.echo(f"... and {n - SHOWN} more points in the files")
    click.echo()
    for name, path in files.items():
        click.echo(f"  {name:8} {path}")


def _row(values: Any, errors: Any) -> list[str]:
    return [number(float(x), float(se)) for x, se in zip(values, errors, strict=True)]
