"""`supplyshock sensitivity`: one command, a method each in a module of its own."""

from __future__ import annotations

from typing import Any

import click

from ..common.errors import UsageError
from .design_options import design_options
from .places import Picture
from .study_options import base_argument, study_options

GRADIENT = ("parameter", "tail", "figure")
SOBOL = ("vary", "points", "out", "overwrite", "quiet", "backend", "precision", "threads", "changes")
"""Options that only one method has."""


@click.command(short_help="Find the factors that drive losses: gradients or Sobol.")
@base_argument()
@click.option(
    "--method",
    type=click.Choice(["gradient", "sobol"]),
    help="Method. Default: sobol with --vary, otherwise gradient.",
)
@click.option(
    "--parameter", multiple=True, metavar="NAME", help="With gradient: parameter, such as theta.parts; repeatable."
)
@click.option(
    "--tail", type=click.FloatRange(0.001, 0.5), help="With gradient: share of the worst paths. Default: 0.05."
)
@click.option("--figure", type=Picture(), metavar="FILE.png", help="With gradient: draw a tornado chart to this file.")
@design_options(only="sobol")
@study_options(only="sobol")
def sensitivity(base: str, method: str | None, **options: Any) -> None:
    """Compute which parameters and levers drive the losses, by one of two methods.

    \b
    supplyshock sensitivity status_quo --parameter theta.parts --figure tornado.png
    supplyshock sensitivity status_quo --vary priors.substitution --vary priors.parts \\
        --vary parameters.material.eta --measure loss:US --points 64 --out runs/what_drives

    gradient: the effect of a small step on the mean of a total (loss, bill, cost, unmet) and on its worst paths. The
    gradient is the sum of two derivatives: within each path's own history of events, and of the probability of that
    history. The compilation takes about a minute.

    sobol: the share of a measure's variance from each factor over its whole range, alone and with other factors, and
    the swing of each factor alone. The design has points x (factors + 2) scenarios with common random numbers. Writes
    DIR/sensitivity.zarr, .csv and .png.
    """
    method = method or ("sobol" if options["vary"] else "gradient")
    _refuse_strangers(method, options)
    if method == "sobol":
        from .sensitivity_sobol import by_sobol

        by_sobol(base, method, **{k: v for k, v in options.items() if k not in GRADIENT})
    else:
        from .sensitivity_gradient import by_gradient

        by_gradient(base, **{k: v for k, v in options.items() if k not in (*SOBOL, "levels")})


def _refuse_strangers(method: str, options: dict[str, Any]) -> None:
    """Raises `UsageError` for an option of the other method, and where sobol lacks what it needs."""
    for name in GRADIENT if method == "sobol" else SOBOL:
        if options[name] not in (None, (), False):
            other = "gradient" if method == "sobol" else "sobol"
            option = "--set" if name == "changes" else f"--{name}"
            raise UsageError(f"{option} is an option of --method {other}", where=f"--method {method}")
    if method == "sobol" and options["out"] is None:
        raise UsageError("missing option --out DIR", where="--method sobol", expected="a folder for the results")
