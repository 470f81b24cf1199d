"""`supplyshock calibrate markets`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from supplyshock_kernels.backends import DEFAULT, NAMES

from .command_helpers import Count, debug_option, json_option, print_json
from .run_options import PATHS

if TYPE_CHECKING:
    from ..calibration.markets.calibrate import Calibration


@click.command(short_help="Fit market parameters to the targets of the back-test.")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="State and results.")
@click.option("--observed", type=click.Path(path_type=Path), metavar="CSV", help="Observed points. Default: shipped.")
@click.option(
    "--free", multiple=True, metavar="NAME", help="A parameter to fit; repeatable. Default: all with a range."
)
@click.option(
    "--from", "begin", type=click.Path(path_type=Path), metavar="CSV", help="Start at another's parameters.csv."
)
@click.option("--generations", type=Count(0, 10_000), default=60, show_default=True, metavar="N", help="Of the search.")
@click.option("--paths", type=PATHS, default=256, show_default=True, metavar="N", help="Paths a scenario and trial.")
@click.option("--seed", type=Count(1, 2**31), default=1, show_default=True, metavar="S", help="Paths and search.")
@click.option("--backend", type=click.Choice(["auto", *NAMES]), default=DEFAULT, help="Computes.")
@click.option("--threads", "--workers", type=Count(1, 4096), metavar="N", help="Default: all cores.")
@click.option("--no-profile", is_flag=True, help="Leave out which parameters are identified.")
@click.option("--page", type=click.Path(path_type=Path), metavar="MD", help="Write a page with both tables.")
@click.option("--quiet", is_flag=True, help="No progress and no tables.")
@json_option
@debug_option
def markets(
    out: Path,
    observed: Path | None,
    free: tuple[str, ...],
    begin: Path | None,
    page: Path | None,
    quiet: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Fit market parameters to the targets T1 to T7 by the simulated method of moments.

    All trials share their random numbers; the fit is judged on others. The search (CMA-ES) keeps its state in DIR after
    every generation: the same command goes on, and ends as if it had not stopped. Writes the targets before and after,
    what is known of each parameter, and a config fragment.
    """
    from ..calibration.backtest.observations import shipped_points
    from ..calibration.backtest.run import known_points
    from ..calibration.markets.calibrate import calibrate
    from ..calibration.markets.market_report import read_best
    from ..common.progress import make_progress
    from ..execution.simulation_settings import SimulationSettings

    how = SimulationSettings(options["paths"], options["seed"], backend=options["backend"], threads=options["threads"])
    found = calibrate(
        known_points(observed or shipped_points()),
        names=free,
        how=how,
        generations=options["generations"],
        folder=out,
        told=make_progress("quiet" if quiet else "auto"),
        profile=not options["no_profile"],
        begin=read_best(begin) if begin else None,
    )
    if page is not None:
        _write(page, found, how.paths, how.seed)
    if as_json:
        print_json(_facts(found))
    elif not quiet:
        _print(found)


def _write(file: Path, found: Calibration, paths: int, seed: int) -> None:
    from ..calibration.markets import market_report
    from ..store.atomic_files import file_errors

    said = f"{found.search.generation} generations, {paths:,} paths a scenario and trial, seed {seed}."
    fits, known = (Path(found.files[name]).read_text(encoding="utf-8") for name in ("fits", "parameters"))
    with file_errors(file):
        file.write_text(market_report.page(fits, known, said), encoding="utf-8")


def _facts(found: Calibration) -> dict[str, Any]:
    return {
        "files": found.files,
        "generations": found.search.generation,
        "targets_before": found.before.target_loss(),
        "targets_after": found.after.target_loss(),
        "better_on_fresh_paths": found.better,
        "values": found.search.best.values,
        "fits": [f._asdict() for f in found.fits],
        "parameters": [k._asdict() for k in found.known],
    }


def _print(found: Calibration) -> None:
    from .study_options import print_table

    rows = [
        [f.what, "" if f.value is None else f"{f.value:.4g}", f"{f.before:.4g}", f"{f.after:.4g}",
         f"{f.residual_before:+.1f}", f"{f.residual_after:+.1f}"] for f in found.fits
    ]  # fmt: skip
    print_table(["target", "wanted", "before", "after", "sd off before", "after"], rows)
    click.echo()
    if found.known:
        lines = [
            [k.name, f"{k.start:.4g}", f"{k.best:.4g}", f"{k.se:.2g}", f"{k.low:.4g} to {k.high:.4g}",
             f"{k.shrink:.2f}", k.verdict] for k in found.known
        ]  # fmt: skip
        print_table(["parameter", "before", "best", "se", "range", "posterior/prior sd", ""], lines)
        click.echo()
    before, after = found.before.target_loss(), found.after.target_loss()
    click.echo(f"sum of squares of the targets on fresh paths: {before:.1f} before, {after:.1f} after")
    for name, path in found.files.items():
        click.echo(f"  {name:10} {path}")
