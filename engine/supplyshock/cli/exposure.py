"""`supplyshock exposure`."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import click

from .command_helpers import debug_option, json_option, print_json, say
from .places import Folder, InputFile, OutputFile
from .run_options import HOW, ConfigName
from .study_options import print_table

if TYPE_CHECKING:
    import xarray as xr

    from ..execution.path_reuse import EarlierRun
    from ..execution.simulation_settings import SimulationSettings
    from ..scenarios.scenario import Scenario

WIDTH = 80


def _options(command: Any) -> Any:
    mine = (
        click.option("--out", type=Folder(), metavar="DIR", help="Folder of the results."),
        click.option("--run", type=Folder(), metavar="RUN",
                     help="Take scenarios, paths and seed from a complete run, and check its outcomes bit by bit."),
        click.option("--init", type=OutputFile(), metavar="FILE", help="Write a commented example and end."),
        click.option("--overwrite", is_flag=True, help="Replace results that are there."),
        click.option("--quiet", is_flag=True, help="No progress and no tables."),
        json_option,
        debug_option,
    )  # fmt: skip
    for option in reversed((*HOW, *mine)):
        command = option(command)
    return command


@click.command(short_help="Say how likely one firm stops, what it pays, and how much it should hold.")
@click.argument("book", required=False, type=InputFile(), metavar="BOOK.yaml")
@click.argument("configs", nargs=-1, type=ConfigName(), metavar="CONFIG...")
@_options
def exposure(book: Path | None, configs: tuple[str, ...], init: Path | None, **options: Any) -> None:
    """Put the book of one firm, or of a stockpile agency, on the paths of scenarios.

    \b
    supplyshock exposure --init plant.yaml
    supplyshock exposure plant.yaml status_quo swap_deal breakdown --out runs/plant

    BOOK says what the firm uses, holds and would try. CONFIGs are scenarios, as in `run`; paths and seed are by
    default those of the first. The firm takes prices and shortages as they are and moves no market. Options are
    compared on the same paths. Writes DIR/exposure.zarr, .csv and .png.
    """
    if init is not None:
        _write_example(init)
        return
    from ..common.errors import UsageError
    from ..common.progress import make_progress
    from ..scenarios.exposure.load import load_exposure
    from ..studies.exposure.firm_params import large_inputs
    from ..studies.exposure.run import plan_exposure
    from ..studies.exposure.study import run_exposure

    if book is None:
        raise UsageError(
            "missing BOOK.yaml", expected="a file", fix="`supplyshock exposure --init plant.yaml` writes one"
        )
    if options["out"] is None:
        raise UsageError("missing option --out DIR", expected="the folder of the results")
    scenarios, settings, run = _simulated(configs, options)
    loaded = load_exposure(book, scenarios[0])
    plan = plan_exposure(loaded, scenarios)
    for market, share in large_inputs(loaded, scenarios[0]):
        say(f"the firm uses {share:.1%} of the world's {market}: prices may follow; `levers.stockpile` moves a market")
    progress = make_progress("quiet" if options["quiet"] else "auto")
    results = run_exposure(plan, settings, options["out"], progress, run=run, overwrite=options["overwrite"])
    files = _write(results, options["out"])
    if options["as_json"]:
        print_json(_facts(results, files))
    elif not options["quiet"]:
        _print(results, files, checked=run is not None)


def _write_example(path: Path) -> None:
    from ..common.errors import UsageError
    from ..scenarios.exposure.example import EXAMPLE
    from ..store.atomic_files import file_errors, write_text

    if path.exists():
        raise UsageError("the file exists already, and was not touched", where=str(path), fix="choose another name")
    with file_errors(path):
        write_text(path, EXAMPLE)
    say(f"wrote {path}; next: supplyshock exposure {path} status_quo --out runs/plant")


def _simulated(
    configs: tuple[str, ...], options: dict[str, Any]
) -> tuple[list[Scenario], SimulationSettings, EarlierRun | None]:
    """What is simulated, and the run that it is checked against."""
    from ..common.errors import UsageError
    from ..execution.simulation_settings import SimulationSettings
    from .run_options import make_request

    run: EarlierRun | None = None
    if options["run"] is not None:
        given = [n for n in ("paths", "seed", "weeks", "precision", "backend", "device") if options[n] is not None]
        if configs or given or options["changes"]:
            got = ", ".join([*configs, *(f"--{n}" for n in given), *(["--set"] if options["changes"] else [])])
            raise UsageError("a run says itself what is simulated", where="--run", expected="no CONFIG and no option "
                             "of the simulation beside it", got=got)  # fmt: skip
        from ..execution.run_request import request_of_run
        from ..studies.exposure.run import earlier_run

        run = earlier_run(options["run"])
        request = request_of_run(run.out, run.manifest, threads=options["threads"])
    else:
        if not configs:
            raise UsageError("missing CONFIG", expected="scenarios such as status_quo, or --run RUN")
        request = make_request(configs, options)
    settings = SimulationSettings(
        paths=request.paths,
        seed=request.seed,
        backend=request.backend,
        device=request.device,
        precision=request.precision,
        threads=request.threads,
    )
    return list(request.scenarios), settings, run


def _write(results: xr.Dataset, out: Path) -> dict[str, str]:
    from ..reporting.plots.exposure import chart
    from ..store.atomic_files import store_errors
    from ..studies.exposure.tables import rows
    from ..studies.study_files import save_csv

    table = list(rows(results))
    files = {
        "results": out / "exposure.zarr",
        "table": save_csv(out / "exposure.csv", list(table[0]), [list(row.values()) for row in table]),
    }
    with store_errors(out):
        files["picture"] = chart(results, out / "exposure.png")
    return {name: str(path) for name, path in files.items()}


def _facts(results: xr.Dataset, files: dict[str, str]) -> dict[str, Any]:
    from dataclasses import asdict

    from ..studies.exposure.best_stock import best_stocks
    from ..studies.exposure.tables import rows

    about = {k: v for k, v in results.attrs.items() if k != "book"}
    return {**files, **about, "rows": list(rows(results)), "best": [asdict(b) for b in best_stocks(results)]}


def _print(results: xr.Dataset, files: dict[str, str], checked: bool) -> None:
    from ..studies.exposure import tables

    click.echo(fill(tables.lead(results), WIDTH))
    about = results.attrs
    same = "; outcomes are those of the run, bit by bit" if checked else ""
    click.echo(
        f"{about['paths']:,} paths of {about['weeks']} weeks, seed {about['seed']}; ± one Monte Carlo error{same}\n"
    )
    print_table(*tables.stops(results))
    click.echo()
    print_table(*tables.money(results))
    for s, title in enumerate(results["scenario_title"].values):
        header, lines = tables.options(results, s)
        if lines:
            click.echo(f"\n{title}: options, paired path by path")
            print_table(header, lines)
    best = list(tables.best_lines(results))
    for sweep in tables.sweeps(results):
        for s, name in enumerate(results["scenario"].values):
            click.echo(f"\n{results['scenario_title'].values[s]}: {sweep}")
            print_table(*tables.curve(results, s, sweep))
            for line in (text for scenario, what, text in best if (scenario, what) == (str(name), sweep)):
                click.echo(fill(line, WIDTH))
    click.echo()
    for name, path in files.items():
        click.echo(f"  {name:8} {path}")
