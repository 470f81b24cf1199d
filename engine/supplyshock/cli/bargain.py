"""`supplyshock bargain`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..common.number_format import number
from .command_helpers import Count, print_json
from .run_options import ConfigName
from .study_options import base_argument, parse_study_options, print_table, study_options

if TYPE_CHECKING:
    import xarray as xr


@click.command(short_help="Trade rare-earth access for chip access, and show where both sides gain.")
@base_argument("status_quo")
@click.option(
    "--grid", type=Count(2, 101), default=11, show_default=True, metavar="N", help="Number of concessions per side."
)
@click.option(
    "--swap-config", "deal", type=ConfigName(), metavar="CONFIG", help="Config with the swaps in it. Default: BASE."
)
@click.option(
    "--china-lists", metavar="A,B", default="", help="Control lists that China opens. Default: all on materials."
)
@click.option(
    "--us-lists", metavar="A,B", default="", help="Control lists that the US opens. Default: all that gate a market."
)
@study_options()
def bargain(base: str, grid: int, deal: str | None, china_lists: str, us_lists: str, **options: Any) -> None:
    """Compute what each side gains from every pair of concessions, against no deal.

    BASE (default: status_quo) is the scenario without a deal. A concession is the share of the trade on a side's
    control lists that the side exempts, whatever the negotiation does. The command writes DIR/bargain.zarr, .csv
    and .png.

    \b
    supplyshock bargain --grid 11 --out runs/bargain
    """
    from ..scenarios.scenario import load_scenario
    from ..studies.bargain import plan_bargain, run_bargain
    from ..studies.study_files import check_free

    study = parse_study_options(options)
    overrides = study.overrides or None
    scenarios = load_scenario(base, overrides), load_scenario(deal, overrides) if deal else None
    plan = plan_bargain(*scenarios, grid=grid, china=_names(china_lists), us=_names(us_lists))
    check_free(study.out, "bargain", overwrite=study.overwrite)
    results = run_bargain(plan, study.settings, study.progress())
    files = _write(results, study.out)
    if study.as_json:
        print_json(_as_dict(results, files))
    elif not study.quiet:
        _print(results, files)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _write(results: xr.Dataset, out: Any) -> dict[str, str]:
    from ..reporting.plots.heatmap import heat_map
    from ..store.atomic_files import store_errors
    from ..studies.bargain_summary import cells
    from ..studies.study_files import save, save_csv

    header, rows = cells(results)
    files = {"results": save(results, out, "bargain"), "table": save_csv(out / "bargain.csv", header, rows)}
    with store_errors(out):
        files["picture"] = heat_map(results, out / "bargain.png")
    return {name: str(path) for name, path in files.items()}


def _as_dict(results: xr.Dataset, files: dict[str, str]) -> dict[str, Any]:
    from ..studies.bargain_summary import bargain_rows

    return {
        **files,
        **{k: v for k, v in results.attrs.items() if k != "title"},
        "cells": results.sizes["china"] * results.sizes["us"],
        "cells_both_gain": int((results["both_gain"] == 1).sum()),
        "frontier": [
            [float(results["china"][i]), float(results["us"][j])]
            for i, j in zip(*results["frontier"].values.nonzero(), strict=True)
        ],
        "places": list(bargain_rows(results)),
    }


def _print(results: xr.Dataset, files: dict[str, str]) -> None:
    from ..studies.bargain_summary import bargain_headline, bargain_rows

    click.echo(bargain_headline(results))
    about = results.attrs
    click.echo(f"base: {about['base_title']}; {about['paths']:,} paths of {about['weeks']} weeks, seed {about['seed']}")
    click.echo("gains in bn USD over the horizon ± one Monte Carlo standard error")
    click.echo()
    print_table(*_table(list(bargain_rows(results))))
    click.echo()
    for name, path in files.items():
        click.echo(f"  {name:8} {path}")


def _table(rows: list[dict[str, Any]]) -> tuple[list[str], list[list[str]]]:
    holds = [key for key in rows[0] if key.startswith("hold_change:") and not key.endswith(":se")]
    lines = {
        "China exempts": [f"{100 * row['china']:.0f} %" for row in rows],
        "United States exempts": [f"{100 * row['us']:.0f} %" for row in rows],
        **{f"gain, {name}": _cells(rows, f"gain:{p}") for p, name in (("US", "United States"), ("CN", "China"))},
        **{
            f"  of which output, {name}": _cells(rows, f"loss_gain:{p}")
            for p, name in (("US", "United States"), ("CN", "China"))
        },
        "China's compute, % points": _cells(rows, "compute_change", 100),
        "China's hold on materials, % points": _cells(rows, "hold_change", 100),
        **{f"  on {key.partition(':')[2]}": _cells(rows, key, 100) for key in holds},
        "both gain": [{1: "yes", 0: "unclear", -1: "no"}[row["both_gain"]] for row in rows],
        "Nash point, share of resamples": [f"{100 * row['nash_share']:.0f} %" for row in rows],
    }
    return ["", *(row["place"] for row in rows)], [[label, *cells] for label, cells in lines.items()]


def _cells(rows: list[dict[str, Any]], key: str, scale: float = 1.0) -> list[str]:
    return [number(scale * row[key], scale * row[f"{key}:se"]) for row in rows]
