"""`supplyshock calibrate`: one command for each part of the model that has data."""

from __future__ import annotations

import click

from .lazy_group import LazyGroup


class CalibrateCommands(LazyGroup):
    """The command `calibrate PART` is the function PART of the module `calibrate_PART`."""

    names = ("policy", "markets")
    prefix = "calibrate_"


@click.group(cls=CalibrateCommands, short_help="Fit a part of the model to history.")
def calibrate() -> None:
    """Fit a part of the model to history, with standard errors, rival models and predictive checks."""
