"""`supplyshock cite`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..common.errors import UsageError
from ..common.safe_text import harmless
from .command_helpers import debug_option, json_option, print_json
from .places import Place

if TYPE_CHECKING:
    from ..store.object_store.address import Address


@click.command(short_help="Print how to cite the tool, its data set or a run.")
@click.argument("run", type=Place(), required=False, metavar="[RUN]")
@click.option("--bibtex", is_flag=True, help="Print BibTeX entries.")
@json_option
@debug_option
def cite(run: Path | Address | None, bibtex: bool, as_json: bool) -> None:
    """Print how to cite supplyshock and its data set: version, digests, licence.

    RUN is the folder that `run --out` wrote. With RUN the command prints the version that made the run, its data
    set, the digests of model and scenarios, the number of paths and the seed. Versions without a DOI are cited without
    one.
    """
    from ..reporting.citation import as_bibtex, as_text

    if bibtex and as_json:
        raise UsageError("two formats on stdout", where="--bibtex", expected="one of --bibtex and --json")
    cited = _cited(run)
    if as_json:
        print_json(cited)
    else:
        click.echo(harmless(as_bibtex(cited) if bibtex else as_text(cited)))


def _cited(run: Path | Address | None) -> dict[str, Any]:
    from ..reporting.citation import cite as collect
    from .open_results import open_for_command

    if run is None:
        return collect()
    with open_for_command(run) as tree:
        return collect(tree)
