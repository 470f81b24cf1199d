"""`supplyshock data`: commands for data folders."""

from __future__ import annotations

import click

from .lazy_group import LazyGroup


class DataCommands(LazyGroup):
    """A module each, `data_<command>`."""

    names = ("add-market",)
    prefix = "data_"


@click.group(cls=DataCommands, short_help="Work on a data folder: add a market.")
def data() -> None:
    """Work on a data folder."""
