"""`supplyshock data add-market`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click

from ..common.safe_text import harmless
from .command_helpers import debug_option, json_option, print_json
from .places import Folder, InputFile


@click.command("add-market", short_help="Write a data folder that has one market more.")
@click.argument("market", metavar="MARKET.yaml", type=InputFile())
@click.option("--data", "folder", type=Folder(), help="Data folder to start from; default: shipped.")
@click.option("--out", type=Folder(), required=True, help="New data folder.")
@json_option
@debug_option
def add_market(market: Path, folder: Path | None, out: Path, as_json: bool) -> None:
    """Write a data folder that has the market described in MARKET.yaml, next to all those of another folder.

    Figures that the file leaves out are those of a similar market, marked as expert judgement. Nothing is written
    unless the whole data set can be used. docs/extending.md explains the file.
    """
    from ..scenarios.new_market.add_market import add_market as add
    from ..scenarios.shipped import default_data
    from ..store.atomic_files import store_errors

    with store_errors(out):
        added = add(market, folder or default_data(), out)
    if as_json:
        result = {"folder": str(added.folder), "market": added.market, "sources": list(added.sources)}
        print_json({**result, "figures": len(added.figures), "borrowed": added.borrowed})
        return
    click.echo(f"{added.market} added: {len(added.figures)} figures, {added.borrowed} of them borrowed; "
               f"new sources: {', '.join(added.sources) or 'none'}")  # fmt: skip
    click.echo(harmless(f"a config uses the folder with `data: {_as_yaml(str(added.folder))}`"))


def _as_yaml(text: str) -> str:
    """The text as a value of YAML: in quotes unless all its characters are plain."""
    return text if re.fullmatch(r"[\w/.-]+", text) else json.dumps(text, ensure_ascii=False)
