"""`supplyshock losses`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .command_helpers import debug_option, json_option, print_json, say
from .places import OutputFile, Picture
from .run_options import ConfigName, simulation_options
from .sizes import say_scenario_sizes

PATHS = 2048


@click.command(short_help="Compute lost output by elasticity of substitution.")
@click.argument("configs", nargs=-1, type=ConfigName(), metavar="[CONFIG...]")
@click.option("--at", "sigmas", metavar="A,B,...", default="", help="Elasticities. Default: nine from 0.03 to 0.5.")
@click.option("--figure", type=Picture(), metavar="F", help="Draw the curve: .png, .pdf or .svg.")
@click.option("--page", type=OutputFile(), metavar="MD", help="Write a Markdown page with the table and the picture.")
@click.option("--quiet", is_flag=True, help="Print no progress and no table.")
@json_option
@debug_option
@simulation_options
def losses(
    configs: tuple[str, ...],
    sigmas: str,
    figure: Path | None,
    page: Path | None,
    quiet: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Compute lost output as a function of the elasticity of substitution, which no data identify.

    CONFIGs are scenarios. By default they are a year without Chinese rare earths and a year without Chinese gallium.

    \b
    supplyshock losses --at 0.05,0.1,0.3 --figure losses.png
    """
    from ..calibration.backtest.loss_curve import EXPERIMENTS, SIGMAS, loss_curve, titles
    from ..common.progress import make_progress
    from ..reporting.page.loss_curve import publish
    from ..reporting.plots.loss_curve import draw
    from ..scenarios.scenario import load_scenario
    from ..store.atomic_files import file_errors
    from .study_options import parse_settings

    settings, overrides = parse_settings(options, PATHS)
    names = configs or EXPERIMENTS
    at = _numbers(sigmas) or SIGMAS
    scenarios = [load_scenario(name, overrides or None) for name in names]
    warnings = say_scenario_sizes(scenarios, quiet=quiet or as_json)
    rows = loss_curve(names, at, settings, make_progress("quiet" if quiet else "auto"), overrides or None)
    files = publish(rows, titles(names), page, settings.paths, settings.seed) if page else []
    if figure is not None:
        with file_errors(figure):
            files.append(draw(rows, titles(names), figure))
    if as_json:
        figures = [r._asdict() for r in rows]
        print_json({"paths": settings.paths, "seed": settings.seed, "rows": figures, "warnings": warnings})
    elif not quiet:
        _print(rows)
    for path in files:
        say(f"wrote {path}")


def _numbers(text: str) -> tuple[float, ...]:
    from ..common.errors import UsageError

    try:
        elasticities = tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError:
        elasticities = (-1.0,)
    if any(not 0.0 < x < 1.0 for x in elasticities):
        raise UsageError(
            "invalid elasticities",
            where="--at",
            expected="numbers between 0 and 1, such as 0.03,0.1,0.3",
            got=repr(text),
        )
    return elasticities


def _print(rows: Any) -> None:
    from .study_options import print_table

    header = ["scenario", "elasticity", "party", "mean, bn USD", "se", "5 %", "median", "95 %", "% of GDP"]
    lines = []
    for r in rows:
        numbers = (r.mean, r.se, r.low, r.median, r.high, r.percent_of_gdp)
        lines.append([r.scenario, f"{r.sigma:g}", r.party, *(f"{x:.3g}" for x in numbers)])
    print_table(header, lines)
