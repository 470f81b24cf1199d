"""`supplyshock schema`."""

from __future__ import annotations

import click

from .command_helpers import debug_option, print_json


@click.command(short_help="Print the JSON schema of configs or books, for editors.")
@click.option("--book", is_flag=True, help="Print the schema of the book of a firm (`exposure`) instead of a config.")
@debug_option
def schema(book: bool) -> None:
    """Print the JSON schema of config files, or of books.

    Editors use it to complete and check keys: supplyshock schema > supplyshock.schema.json
    """
    if book:
        from ..scenarios.exposure.schema import json_schema as of_book

        print_json(of_book())
        return
    from ..scenarios.config import json_schema

    print_json(json_schema())
