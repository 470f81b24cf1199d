"""``supplyshock schema``."""

from __future__ import annotations

import json

import click


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of config files.

    Save it and name it in an editor, for YAML files as ``# yaml-language-server: $schema=FILE``.
    """
    from ..config import json_schema

    click.echo(json.dumps(json_schema(), indent=2))
