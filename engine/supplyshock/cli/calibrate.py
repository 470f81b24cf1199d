"""`supplyshock calibrate`: one command for each part of the model that history can say something about."""

from __future__ import annotations

import click

from .lazy_group import LazyGroup


class CalibrateCommands(LazyGroup):
    """A module each, `calibrate_<part>`."""

    names = ("policy", "markets")
    prefix = "calibrate_"


@click.group(cls=CalibrateCommands, short_help="Fit a part of the model to history, with errors, rivals and checks.")
def calibrate() -> None:
    """Fit a part of the model to history, with errors, rivals and checks."""
