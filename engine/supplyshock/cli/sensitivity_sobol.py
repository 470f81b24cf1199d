"""The method `sobol` of `supplyshock sensitivity`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..common.number_format import MISSING, number
from .command_helpers import print_json
from .design_options import outcome_lines, saved
from .sizes import say_scenario_sizes
from .study_options import parse_study_options, print_table

if TYPE_CHECKING:
    import xarray as xr


def by_sobol(base: str, method: str, vary: tuple[str, ...], measure: tuple[str, ...], **options: Any) -> None:
    """Simulates the design and prints indices and swings."""
    from ..studies import sobol as of
    from ..studies.design import Design
    from ..studies.study_files import check_free
    from ..studies.sweep import plan_sweep

    run = of.method(method)
    points = options.pop("points") or 64
    study = parse_study_options(options)
    design = Design(of.DESIGN[method], points=points, seed=study.settings.seed)
    plan = plan_sweep(base, vary, measures=measure, design=design, overrides=study.overrides or None)
    check_free(study.out, "sensitivity", overwrite=study.overwrite)
    warnings = say_scenario_sizes([plan.template.base], ends=plan.ends, quiet=study.silent)
    results = run(plan, study.settings, study.progress())
    files = saved(results, study.out, "sensitivity") | _drawn(results, study.out)
    if study.as_json:
        print_json({**files, **_facts(results, method), "warnings": warnings})
    elif not study.quiet:
        _print(results, files)


def _drawn(results: xr.Dataset, out: Path) -> dict[str, str]:
    from ..reporting.plots.sobol_tornado import tornado
    from ..store.atomic_files import store_errors

    with store_errors(out):
        return {"picture": str(tornado(results, out / "sensitivity.png"))}


_COLUMNS = ("first", "first_ci", "total", "total_ci", "low", "low_se", "high", "high_se")


def _facts(results: xr.Dataset, method: str) -> dict[str, Any]:
    rows = [
        {"outcome": str(o), "factor": str(f), **{c: float(results[c][j, i]) for c in _COLUMNS}}
        for i, o in enumerate(results["outcome"].values)
        for j, f in enumerate(results["factor"].values)
    ]
    about = {k: v for k, v in results.attrs.items() if k != "title"}
    return {"method": method, **about, "points": results.sizes["point"], "rows": rows}


def _print(results: xr.Dataset, files: dict[str, str]) -> None:
    from ..reporting.plots.sobol_tornado import ranked

    about = results.attrs
    click.echo(
        f"{results.sizes['point']} scenarios x {about['paths']:,} paths of {about['weeks']} weeks, "
        f"seed {about['seed']}; base: {about['base_title']}"
    )
    for name, line in zip(results["outcome"].values, outcome_lines(results), strict=True):
        one = ranked(results.sel(outcome=name), results.sizes["factor"])
        click.echo(f"\n{line.strip()}; base {number(float(one['base']), float(one['base_se']))}")
        print_table(*_table(one))
    click.echo(
        "\nindices: share of the variance over the design ± half the 95 % interval; swings ± one standard error\n"
    )
    for name, path in files.items():
        click.echo(f"  {name:8} {path}")


def _table(one: xr.Dataset) -> tuple[list[str], list[list[str]]]:
    rows = []
    for j, factor in enumerate(one["factor"].values):
        at = one.isel(factor=j)
        low, high = (f"{x:.3g}" for x in at["end"].values)
        unit = str(at["factor_unit"].item())
        swings = [number(float(at[s]), float(at[f"{s}_se"])) for s in ("low", "high")]
        rows.append(
            [str(factor), *(_index(at, name) for name in ("first", "total")), f"{low} … {high} {unit}".strip(), *swings]
        )
    return ["factor", "alone, %", "with others, %", "swing", "low end", "high end"], rows


def _index(at: xr.Dataset, name: str) -> str:
    value, ci = 100 * float(at[name]), 100 * float(at[f"{name}_ci"])
    return f"{value:.0f} ±{ci:.0f}" if value == value else MISSING
