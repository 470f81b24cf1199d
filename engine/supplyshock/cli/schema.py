"""`supplyshock schema`."""

from __future__ import annotations

import click

from .command_helpers import debug_option, print_json


@click.command(short_help="Print the JSON schema of config files, for editors.")
@debug_option
def schema() -> None:
    """Print the JSON schema of config files.

    Editors use it to complete and check keys: supplyshock schema > supplyshock.schema.json
    """
    from ..scenarios.config import json_schema

    print_json(json_schema())
