"""`supplyshock data add-market`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..common.safe_text import harmless
from .command_helpers import debug_option, json_option, print_json, say
from .places import Folder, InputFile

if TYPE_CHECKING:
    from ..scenarios.new_market.with_market import Added


@click.command("add-market", short_help="Write a data folder with additional markets.")
@click.argument("markets", metavar="MARKET.yaml...", type=InputFile(), nargs=-1, required=True)
@click.option("--data", "folder", type=Folder(), help="Data folder to start from. Default: the shipped one.")
@click.option("--out", type=Folder(), required=True, help="New data folder.")
@json_option
@debug_option
def add_market(markets: tuple[Path, ...], folder: Path | None, out: Path, as_json: bool) -> None:
    """Write a data folder that adds the markets of MARKET.yaml files to those of another folder.

    A figure that a file leaves out is taken from a similar market and marked as expert judgement. The command writes
    nothing unless the whole data set is valid. docs/extending.md explains the file.
    """
    from ..scenarios.new_market.add_market import add_markets
    from ..scenarios.shipped import default_data
    from ..store.atomic_files import store_errors

    with store_errors(out):
        added = add_markets(markets, folder or default_data(), out)
    for text in _warnings(added.markets):
        say(f"Warning: {text}")
    if as_json:
        rows = [
            {"market": m.market, "sources": list(m.sources), "lists": list(m.lists), "figures": len(m.figures),
             "borrowed": m.borrowed}
            for m in added.markets
        ]  # fmt: skip
        print_json({"folder": str(added.folder), "markets": rows})
        return
    for m in added.markets:
        new = (("new sources", m.sources), ("new lists", m.lists))
        words = "".join(f"; {what}: {', '.join(ids)}" for what, ids in new if ids)
        click.echo(f"{m.market} added: {len(m.figures)} figures, {m.borrowed} of them borrowed{words}")
    click.echo(harmless(f"a config uses the folder with `data: {_as_yaml(str(added.folder))}`"))


def _warnings(markets: Sequence[Added]) -> Iterator[str]:
    """Of markets that turn over more than any does: a unit is mistaken."""
    from ..scenarios.sizes import turnover_warnings

    for market in markets:
        figures = {f.key[1]: f.value for f in market.figures if f.table == "market_figures"}
        yield from turnover_warnings(market.market, figures["world_value"], is_chip="price" not in figures)


def _as_yaml(text: str) -> str:
    """The text as a value of YAML: in quotes unless all its characters are plain."""
    return text if re.fullmatch(r"[\w/.-]+", text) else json.dumps(text, ensure_ascii=False)
