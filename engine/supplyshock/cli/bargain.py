"""`supplyshock bargain`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..common.errors import UsageError
from ..common.number_format import number
from ..common.sentence_lines import sentence_lines
from .command_helpers import Count, print_json
from .run_options import ConfigName
from .sizes import say_scenario_sizes
from .study_options import base_argument, parse_study_options, print_table, study_options

if TYPE_CHECKING:
    import xarray as xr

MOST_YEARS = 20


@click.command(short_help="Find the trades of access from which both sides gain.")
@base_argument("status_quo")
@click.option(
    "--grid", type=Count(2, 101), default=11, show_default=True, metavar="N", help="Number of concessions per side."
)
@click.option(
    "--swap-config", "deal", type=ConfigName(), metavar="CONFIG", help="Config that contains the swaps. Default: BASE."
)
@click.option(
    "--china-lists", metavar="A,B", default="", help="Control lists that China opens. Default: all lists on materials."
)
@click.option(
    "--us-lists",
    metavar="A,B",
    default="",
    help="Control lists that the US opens. Default: all lists that gate a market.",
)
@click.option(
    "--horizons",
    metavar="YEARS",
    default="",
    help="Additional horizons, such as 5,10: leverage erodes as others build capacity.",
)
@study_options()
def bargain(
    base: str, grid: int, deal: str | None, china_lists: str, us_lists: str, horizons: str, **options: Any
) -> None:
    """Compute what each side gains from every pair of concessions, against no deal.

    BASE (default: status_quo) is the scenario without a deal. A concession is the share of the trade on a side's
    control lists that the side exempts, whatever the negotiation does. Gains leave out the value of what a side gives
    up. Therefore the command also prints the value of a point of China's compute, and of China's hold on materials, at
    which the United States would refuse. It writes DIR/bargain.zarr, .csv, .png and reservation.png, and
    DIR/YEARS_years/bargain.zarr for each of --horizons.

    \b
    supplyshock bargain --grid 11 --out runs/bargain
    """
    from ..scenarios.scenario import load_scenario
    from ..studies.bargain import plan_bargain, run_bargain
    from ..studies.study_files import check_free

    study = parse_study_options(options)
    overrides = study.overrides
    china, us = _names(china_lists), _names(us_lists)
    plans = []
    for weeks in (None, *_weeks(horizons)):
        own = overrides | ({} if weeks is None else {"weeks": weeks})
        scenarios = load_scenario(base, own or None), load_scenario(deal, own or None) if deal else None
        plans.append(plan_bargain(*scenarios, grid=grid, china=china, us=us))
    check_free(study.out, "bargain", overwrite=study.overwrite)
    compared = {id(s): s for s in (plans[0].base, plans[0].deal)}
    warnings = say_scenario_sizes([*compared.values()], quiet=study.silent)
    all_results = [run_bargain(plan, study.settings, study.progress()) for plan in plans]
    results, files = all_results[0], _write(all_results, study.out)
    if study.as_json:
        reservation = [_reservation(x) for x in all_results]
        print_json(_as_dict(results, files) | {"reservation": reservation, "warnings": warnings})
    elif not study.quiet:
        _print(all_results, files)


def _weeks(text: str) -> list[int]:
    """Weeks of horizons in years. Raises `UsageError`."""
    try:
        years = [float(part) for part in text.split(",") if part.strip()]
        if not all(1 <= y <= MOST_YEARS for y in years):
            raise ValueError
    except ValueError:
        expected = f"years from 1 to {MOST_YEARS}, such as 5,10"
        raise UsageError("invalid list of horizons", where="--horizons", expected=expected, got=text) from None
    return [round(52 * y) for y in years]


def _reservation(results: xr.Dataset) -> dict[str, Any]:
    from ..studies.reservation import find_reservation, reservation_rows, reservation_sentences

    said, rows = reservation_sentences(results), reservation_rows(find_reservation(results))
    return {"weeks": int(results.attrs["weeks"]), "sentences": said, "beliefs": rows}


LEFT = "swaps left: both concede and both mean gains are above 0, less what leverage is worth; no errors are asked for"


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _write(all_results: list[xr.Dataset], out: Path) -> dict[str, str]:
    from ..reporting.plots.heatmap import heat_map
    from ..reporting.plots.reservation import reservation_map
    from ..store.atomic_files import store_errors
    from ..studies.bargain_summary import cells
    from ..studies.study_files import save, save_csv

    results, others = all_results[0], all_results[1:]
    header, rows = cells(results)
    files = {"results": save(results, out, "bargain"), "table": save_csv(out / "bargain.csv", header, rows)}
    with store_errors(out):
        files["picture"] = heat_map(results, out / "bargain.png")
        files["leverage"] = reservation_map(all_results, out / "reservation.png")
    for other in others:
        years = f"{other.attrs['weeks'] / 52:.3g}_years"
        files[years] = save(other, out / years, "bargain")
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


def _print(all_results: list[xr.Dataset], files: dict[str, str]) -> None:
    from ..studies.bargain_summary import bargain_headline, bargain_rows

    results = all_results[0]
    click.echo(bargain_headline(results))
    about = results.attrs
    click.echo(f"base: {about['base_title']}; {about['paths']:,} paths of {about['weeks']} weeks, seed {about['seed']}")
    click.echo("gains in bn USD over the horizon ± one Monte Carlo standard error")
    click.echo()
    print_table(*_table(list(bargain_rows(results))))
    for one in all_results:
        _print_reservation(one)
    click.echo()
    for name, path in files.items():
        click.echo(f"  {name:8} {path}")


def _print_reservation(results: xr.Dataset) -> None:
    reservation = _reservation(results)
    click.echo()
    for sentence in reservation["sentences"]:
        click.echo(sentence_lines(sentence, 100))
    lines = [
        [
            f"{row['compute_value']:.3g}",
            f"{row['swaps']:.0f}",
            f"{100 * row['china']:.0f} %, {100 * row['us']:.0f} %" if "china" in row else "none",
        ]
        for row in reservation["beliefs"]
    ]
    print_table(["a point of compute is worth, bn USD", "swaps left", "best: China, United States exempt"], lines)
    click.echo(LEFT)


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
