"""`supplyshock uncertainty`."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..common.errors import DataError, UsageError
from ..common.number_format import number
from ..common.safe_text import command_line
from ..common.sentence_lines import sentence_lines
from .command_helpers import Count, print_json
from .completion import measure_option
from .design_options import outcome_lines
from .places import Folder
from .run_options import ConfigName
from .sizes import say_scenario_sizes
from .study_options import parse_study_options, print_table, study_options

if TYPE_CHECKING:
    import xarray as xr

    from ..studies.figure_spread import FigureSpread

NAME = "uncertainty"


@click.command(short_help="Estimate the error from uncertain market parameters.")
@click.argument("configs", nargs=-1, type=ConfigName(), metavar="CONFIG...")
@click.option(
    "--run", "run", type=Folder(), metavar="RUN", help="Use the scenarios of this run, without CONFIG and --out."
)
@click.option(
    "--draws", type=Count(2, 1000), metavar="N", help="Number of draws in addition to the best parameters. Default: 32."
)
@measure_option("Mean of this measure; repeatable.", multiple=True)
@study_options("CONFIG")
def uncertainty(
    configs: tuple[str, ...], run: Path | None, draws: int | None, measure: tuple[str, ...], **options: Any
) -> None:
    """Simulate every CONFIG under N draws of the calibrated market parameters with common random numbers.

    \b
    supplyshock uncertainty status_quo swap_deal breakdown --out runs/sure
    supplyshock uncertainty status_quo my_stock.yaml --measure quote:Dy --draws 100 --out runs/dy

    The calibration to history leaves some parameters uncertain. Other commands use the best values. This command
    prints how far means, and differences from the first CONFIG, vary under other likely values, and whether a
    difference keeps its sign. Parameters that a config or --set names are not drawn. The form of the equations does
    not vary: the back-test (supplyshock hindcast) shows its errors. Writes DIR/uncertainty.zarr, .csv and .png.

    --run computes every figure that `show` prints of that run under each draw, and writes the standard deviations to
    RUN/parameter_spread.csv: for a run with a book those of the firm too, and of every --measure. After that, the
    errors in `show`, `show --measure`, `exposure` and `report` cover both paths and parameters.
    """
    if run is not None:
        _spread(run, configs, measure, draws, options)
        return
    if not configs:
        fix = "such as supplyshock uncertainty status_quo swap_deal --out runs/sure"
        raise UsageError("missing CONFIG", where="uncertainty", expected="a CONFIG, or --run RUN", fix=fix)
    if options["out"] is None:
        raise UsageError("missing option --out DIR", expected="the folder of the results")
    from ..calibration.parameter_posterior import DRAWS
    from ..studies.study_files import check_free
    from ..studies.uncertainty import plan_uncertainty, run_uncertainty

    study = parse_study_options(options)
    plan = plan_uncertainty(
        configs, measures=measure, draws=draws or DRAWS, seed=study.settings.seed, overrides=study.overrides or None
    )
    check_free(study.out, NAME, overwrite=study.overwrite)
    warnings = say_scenario_sizes(plan.scenarios, quiet=study.silent)
    results = run_uncertainty(plan, study.settings, study.progress())
    files = _write(results, study.out)
    if study.as_json:
        print_json({**_facts(results, files), "warnings": warnings})
    elif not study.quiet:
        _print(results, files)


def _spread(
    run: Path, configs: tuple[str, ...], measures: tuple[str, ...], draws: int | None, options: dict[str, Any]
) -> None:
    """Carries out ``--run``: the spread of a finished run's figures over draws of the parameters."""
    from ..calibration.parameter_posterior import DRAWS
    from ..studies.figure_spread import spread_of_run

    given = {"CONFIG": configs, "--out": options["out"], "--set": options["changes"], "--weeks": options["weeks"]}
    for name, value in given.items():
        if value:
            raise UsageError("the run already fixes this", where="--run", expected=f"no {name}", got=str(value)[:60])
    study = parse_study_options(options)
    run, seed = _folder(run), study.settings.seed
    spread = spread_of_run(run, draws or DRAWS, seed, study.settings, study.progress(), measures)
    files = write_spread(run, spread)
    if study.as_json:
        print_json({"run": str(run), "draws": spread.draws, "figures": len(spread.sds), "files": files})
    elif not study.quiet:
        click.echo(f"{len(spread.sds)} figures under {spread.draws} draws, {study.settings.paths:,} paths each\n")
        more = [word for text in measures for word in ("--measure", text)]
        nexts = [command_line("supplyshock", "show", run, *more)]
        nexts += [command_line("supplyshock", "exposure", run)] if spread.has_firm else []
        for name, text in [*files.items(), *(("next", command) for command in nexts)]:
            click.echo(f"  {name:8} {text}")


def _folder(run: Path) -> Path:
    """The folder of a run, which may be named by its results. Raises `StoreError` where there is none."""
    from ..analysis.open_run import open_run

    open_run(run)
    return run.parent if run.name == "results.zarr" else run


def write_spread(run: Path, spread: FigureSpread) -> dict[str, str]:
    """Writes the spread beside the run, where figures of earlier measures stay; returns the files by what they are.

    A file that is no table of spreads is replaced: the error of its readers says that this command does so.
    """
    from ..analysis.exposure.parameter_errors import BEST_FILE, best_as_csv
    from ..analysis.summary_tables.parameter_errors import FILE, as_csv, read_spread
    from ..store.atomic_files import store_errors, write_text

    files, earlier = {"spread": run / FILE}, {}
    with suppress(DataError):
        earlier = read_spread(run / FILE)
    with store_errors(run):
        write_text(run / FILE, as_csv(earlier | spread.sds))
        if spread.best.wins:
            files["stocks"] = run / BEST_FILE
            write_text(run / BEST_FILE, best_as_csv(spread.best))
    return {name: str(path) for name, path in files.items()}


def _write(results: xr.Dataset, out: Path) -> dict[str, str]:
    from ..reporting.plots.uncertainty import chart
    from ..store.atomic_files import store_errors
    from ..studies.study_files import save, save_csv
    from ..studies.uncertainty_summary import rows

    table = list(rows(results))
    lines = [["" if x is None else x for x in row.values()] for row in table]
    files = {"results": save(results, out, NAME), "table": save_csv(out / f"{NAME}.csv", list(table[0]), lines)}
    with store_errors(out):
        files["picture"] = chart(results, out / f"{NAME}.png")
    return {name: str(path) for name, path in files.items()}


def _facts(results: xr.Dataset, files: dict[str, str]) -> dict[str, Any]:
    from ..studies.uncertainty_summary import rows

    kept_parameters = {
        str(s): [str(p) for p in results["parameter"].values[row]]
        for s, row in zip(results["scenario"].values, results["kept"].values, strict=True)
    }
    about = {k: v for k, v in results.attrs.items() if k != "title"}
    return {**files, **about, "draws": results.sizes["draw"], "kept": kept_parameters, "rows": list(rows(results))}


def _print(results: xr.Dataset, files: dict[str, str]) -> None:
    from ..studies.uncertainty_summary import IN_IT, headline, keepers, rows, size

    click.echo(headline(results))
    click.echo(size(results))
    for line in keepers(results):
        click.echo(line)
    table = list(rows(results))
    for name, line in zip(results["outcome"].values, outcome_lines(results), strict=True):
        click.echo(f"\n{line.strip()}")
        print_table(*_table([row for row in table if row["outcome"] == name], results.sizes["draw"]))
    click.echo(f"\n{LEGEND}\n{sentence_lines(IN_IT, 118)}\n")
    for name, path in files.items():
        click.echo(f"  {name:8} {path}")


LEGEND = """today: under the best values, ± one standard error of the Monte Carlo. The other columns are over the draws:
sd: without the noise of the Monte Carlo, which stands beside it as an sd. Differences: on the same paths, under the
same draw; (open): within two errors of none today. Draws are clipped to the ranges: where a best value is at an
end of its range, all draws lie to one side of it."""
HEADER = ["", "today", "mean", "sd", "noise", "5 %", "median", "95 %", "sign as today"]


def _table(rows: list[dict[str, Any]], draws: int) -> tuple[list[str], list[list[str]]]:
    base = rows[0]["scenario"]
    lines = [[row["scenario"], *_cells(row, ""), ""] for row in rows]
    for row in rows[1:]:
        lines.append([f"{row['scenario']} - {base}", *_cells(row, "difference_"), _sign(row, draws)])
    return HEADER, lines


def _cells(row: dict[str, Any], before: str) -> list[str]:
    today, error = (row[f"{before}{name}"] for name in ("today", "today_se"))
    rest = [row[f"{before}{name}"] for name in ("draws_mean", "parameter_sd", "noise", "q05", "q50", "q95")]
    return [number(today, error), *(number(x, float("nan")) for x in rest)]


def _sign(row: dict[str, Any], draws: int) -> str:
    from ..studies.uncertainty_summary import is_open

    if row["difference_today"] == 0:
        return "no difference"
    return f"{row['same_sign']} of {draws}{' (open)' if is_open(row) else ''}"
