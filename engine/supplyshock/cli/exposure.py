"""`supplyshock exposure`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..common.errors import UsageError
from ..store.object_store.address import FORMS, Address, folder_of
from .carry_out import carry_out, check_run, engine_options
from .command_helpers import debug_option, json_option, say
from .places import Folder, LocalPath, OutputFile, Place
from .print_run import print_targets, run_summary
from .run_options import HOW, SAVE_SERIES, ConfigName, make_request
from .sizes import say_sizes

if TYPE_CHECKING:
    from ..execution.path_reuse import EarlierRun
    from ..execution.run_request import RunRequest

SIMULATED = ("paths", "seed", "weeks", "precision", "backend", "device", "save_series", "mantissa_bits", "first_path",
             "extend", "from_run", "target_se", "importance_sample")  # fmt: skip
"""Options that a finished run leaves no choice of."""


def _options(command: Any) -> Any:
    mine = (
        click.option("--run", type=Folder(), metavar="RUN",
                     help="Use the scenarios, paths and seed of this complete run, and check its outcomes bit by bit."),
        click.option("--init", type=OutputFile(), metavar="FILE", help="Write a commented example, then exit."),
        click.option("--quiet", is_flag=True, help="Print no progress and no tables."),
        json_option,
        debug_option,
    )  # fmt: skip
    for option in reversed(mine):
        command = option(command)
    command = engine_options(command)
    out = click.option("--out", type=Place(), metavar="DIR", help=f"Folder of the run, or {FORMS}.")
    for option in reversed((*HOW, SAVE_SERIES, out)):
        command = option(command)
    return command


@click.command(short_help="Estimate the stops, costs and best stock of one firm.")
@click.argument("book", required=False, type=LocalPath(), metavar="BOOK.yaml")
@click.argument("configs", nargs=-1, type=ConfigName(), metavar="CONFIG...")
@_options
def exposure(
    book: Path | None, configs: tuple[str, ...], init: Path | None, out: Path | Address | None, **options: Any
) -> None:
    """Simulate one firm, or a stockpile agency, on the paths of scenarios.

    \b
    supplyshock exposure --init plant.yaml
    supplyshock exposure plant.yaml status_quo swap_deal breakdown --out runs/plant
    supplyshock exposure runs/plant

    BOOK lists the inputs of the firm, its stocks and the options that it considers. CONFIGs are scenarios, as in
    `run`. The firm takes prices and shortages as given and moves no market. The command compares the options on the
    same paths.

    DIR is a run with a book and works like any run: the same command resumes it, and shards, Slurm, Dask, object
    storage, --target-se, --importance-sample, --from-run and `verify` are available. The group `exposure` of
    DIR/results.zarr has the outcomes of the firm. The command also writes exposure.csv and exposure.png. If the
    argument is the folder of such a run instead of a book, the command prints its answer again.
    """
    if init is not None:
        _write_example(init)
        return
    if book is None:
        raise UsageError(
            "missing BOOK.yaml", expected="a file", fix="`supplyshock exposure --init plant.yaml` writes one"
        )
    if book.is_dir():
        _again(book, configs, options)
        return
    if configs:
        _refuse_scenario(book)
    if out is None:
        raise UsageError("missing option --out DIR", expected="the folder of the run")
    targets = check_run(out, options)
    run, request = _request(book, configs, options)
    options["warnings"] = say_sizes(request, quiet=options["quiet"] or options["as_json"])
    result = carry_out(request, out, targets, options)
    if not result.report.complete:
        click.echo(run_summary(result.report))
        return
    if run is not None:
        from ..execution.path_reuse import check_same_outcomes

        check_same_outcomes(run, folder_of(out, "--run"))
    _show(out, options, checked=run is not None)
    if result.targets is not None and not options["quiet"] and not options["as_json"]:
        print_targets(result.targets, options, options["warnings"])
    if result.exit_code:
        sys.exit(result.exit_code)


def _refuse_scenario(book: Path) -> None:
    """Raises `UsageError` for the name of a shipped scenario in place of the book."""
    from ..scenarios.shipped import shipped_names

    if not book.exists() and str(book) in shipped_names():
        fix = "supplyshock exposure BOOK.yaml CONFIG..."
        raise UsageError("this is a scenario", where=str(book), expected="the book first, then scenarios", fix=fix)


def _again(run: Path, configs: tuple[str, ...], options: Mapping[str, Any]) -> None:
    """Prints what a finished run with a book says."""
    if configs:
        fix = "give the book itself to run these"
        raise UsageError("a run has its scenarios", where=str(run), expected="no CONFIG", got=configs[0], fix=fix)
    _show(run, options, checked=False)


def _show(out: Path | Address, options: Mapping[str, Any], checked: bool) -> None:
    from .open_results import open_for_command
    from .print_exposure import print_exposure

    with open_for_command(out) as tree:
        print_exposure(tree, out, options, checked=checked)


def _write_example(path: Path) -> None:
    from ..scenarios.exposure.example import EXAMPLE
    from ..store.atomic_files import file_errors, write_text

    if path.exists():
        raise UsageError("the file exists already, and was not touched", where=str(path), fix="choose another name")
    with file_errors(path):
        write_text(path, EXAMPLE)
    say(f"wrote {path}; next: supplyshock exposure {path} status_quo --out runs/plant")


def _refuse_config(book: Path) -> None:
    """Raises an error where a config stands in the place of the book, or no file."""
    from ..scenarios.exposure.load import read_book, refuse_config
    from ..scenarios.shipped import optional_names, shipped_names
    from ..scenarios.yaml_files.yaml_reader import parse_document

    if not book.is_file() and str(book) in (*shipped_names(), *optional_names()):
        fix = f"supplyshock exposure BOOK.yaml {book}; `supplyshock exposure --init BOOK.yaml` writes an example"
        raise UsageError("missing BOOK.yaml", expected="a book before the configs", got=f"the config {book}", fix=fix)
    text, path = read_book(book)
    refuse_config(parse_document(text, path), path)


def _request(book: Path, configs: tuple[str, ...], options: dict[str, Any]) -> tuple[EarlierRun | None, RunRequest]:
    """What is simulated, and the run that it is checked against."""
    options["book"] = book
    if options["run"] is None:
        if not configs:
            _refuse_config(book)
            raise UsageError("missing CONFIG", expected="scenarios such as status_quo, or --run RUN")
        return None, make_request(configs, options)
    given = [n for n in SIMULATED if options[n]]
    if configs or given or options["changes"]:
        got = ", ".join(
            [*configs, *(f"--{n.replace('_', '-')}" for n in given), *(["--set"] if options["changes"] else [])]
        )
        raise UsageError("a run says itself what is simulated", where="--run", expected="no CONFIG and no option "
                         "of the simulation beside it", got=got)  # fmt: skip
    from ..execution.path_reuse import EarlierRun
    from ..execution.run_request import request_of_run

    run = EarlierRun.of(options["run"])
    request = request_of_run(run.out, run.manifest, threads=options["threads"])
    return run, replace(request, book=book)
