"""`supplyshock calibrate markets`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from supplyshock_kernels.backends import DEFAULT, NAMES

from .command_helpers import Count, debug_option, json_option, print_json
from .places import Folder, InputFile, OutputFile
from .run_options import PATHS

if TYPE_CHECKING:
    from ..calibration.markets.calibrate import Calibration


@click.command(short_help="Fit market parameters to the targets of the back-test.")
@click.option("--out", type=Folder(), required=True, metavar="DIR", help="Folder of the state and the results.")
@click.option("--observed", type=InputFile(), metavar="CSV", help="Observations. Default: the shipped file.")
@click.option(
    "--free",
    multiple=True,
    metavar="NAME",
    help="Parameter to fit; repeatable. Default: all parameters that have a range.",
)
@click.option(
    "--from",
    "begin",
    type=InputFile(),
    metavar="CSV",
    help="Start from the parameters.csv of another fit.",
)
@click.option(
    "--generations",
    type=Count(0, 10_000),
    default=60,
    show_default=True,
    metavar="N",
    help="Number of generations of the search.",
)
@click.option("--paths", type=PATHS, default=256, show_default=True, metavar="N", help="Paths per scenario and trial.")
@click.option(
    "--seed",
    type=Count(1, 2**31),
    default=1,
    show_default=True,
    metavar="S",
    help="Seed of the paths and of the search.",
)
@click.option(
    "--backend",
    type=click.Choice(["auto", *NAMES]),
    default=DEFAULT,
    help="Backend that simulates.",
)
@click.option("--threads", "--workers", type=Count(1, 4096), metavar="N", help="Number of threads. Default: all cores.")
@click.option("--no-profile", is_flag=True, help="Skip the profile that shows which parameters are identified.")
@click.option("--page", type=OutputFile(), metavar="MD", help="Write a Markdown page with both tables.")
@click.option("--quiet", is_flag=True, help="Print no progress and no tables.")
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

    All trials use common random numbers. New random numbers test the result. The search (CMA-ES) saves its
    state in DIR after every generation, so the same command resumes it and ends with the same result. The command
    writes the targets before and after the fit, the range of each parameter, and a config fragment.

    \b
    supplyshock calibrate markets --out runs/fit --generations 60
    """
    from ..calibration.backtest.observations import shipped_points
    from ..calibration.backtest.run import known_points
    from ..calibration.markets.calibrate import CalibrationPlan, calibrate
    from ..calibration.markets.market_report import read_best
    from ..common.progress import make_progress
    from ..execution.simulation_settings import SimulationSettings

    settings = SimulationSettings(
        options["paths"], options["seed"], backend=options["backend"], threads=options["threads"]
    )
    calibration = calibrate(
        known_points(observed or shipped_points()),
        CalibrationPlan(
            names=free,
            generations=options["generations"],
            folder=out,
            profile=not options["no_profile"],
            start_values=read_best(begin) if begin else None,
        ),
        settings,
        make_progress("quiet" if quiet else "auto"),
    )
    if page is not None:
        _write(page, calibration, settings.paths, settings.seed)
    if as_json:
        print_json(_as_dict(calibration))
    elif not quiet:
        _print(calibration)


def _write(file: Path, calibration: Calibration, paths: int, seed: int) -> None:
    from ..calibration.markets import market_report
    from ..store.atomic_files import file_errors, write_text

    note = f"{calibration.search.generation} generations, {paths:,} paths per scenario and trial, seed {seed}."
    fits, known = (Path(calibration.files[name]).read_text(encoding="utf-8") for name in ("fits", "parameters"))
    with file_errors(file):
        write_text(file, market_report.page(fits, known, note))


def _as_dict(calibration: Calibration) -> dict[str, Any]:
    return {
        "files": calibration.files,
        "generations": calibration.search.generation,
        "targets_before": calibration.before.target_loss(),
        "targets_after": calibration.after.target_loss(),
        "better_on_fresh_paths": calibration.improved,
        "values": calibration.search.best.values,
        "fits": [f._asdict() for f in calibration.fits],
        "parameters": [k._asdict() for k in calibration.parameters],
    }


def _print(calibration: Calibration) -> None:
    from .study_options import print_table

    rows = [
        [f.what, "" if f.value is None else f"{f.value:.4g}", f"{f.before:.4g}", f"{f.after:.4g}",
         f"{f.residual_before:+.1f}", f"{f.residual_after:+.1f}"] for f in calibration.fits
    ]  # fmt: skip
    print_table(["target", "observed", "before", "after", "sd off before", "after"], rows)
    click.echo()
    if calibration.parameters:
        lines = [
            [k.name, f"{k.start:.4g}", f"{k.best:.4g}", f"{k.se:.2g}", f"{k.low:.4g} to {k.high:.4g}",
             f"{k.sd_ratio:.2f}", k.verdict] for k in calibration.parameters
        ]  # fmt: skip
        print_table(["parameter", "before", "best", "se", "range", "posterior/prior sd", ""], lines)
        click.echo()
    before, after = calibration.before.target_loss(), calibration.after.target_loss()
    click.echo(f"sum of squared residuals of the targets on fresh paths: {before:.1f} before, {after:.1f} after")
    for name, path in calibration.files.items():
        click.echo(f"  {name:10} {path}")
