"""`supplyshock robustness`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..common.sentence_lines import sentence_lines
from .command_helpers import Count, print_json, say
from .places import InputFile, OutputFile
from .sizes import say_scenario_sizes
from .study_options import parse_study_options, print_table, study_options

if TYPE_CHECKING:
    import xarray as xr

NAME = "robustness"


@click.command(short_help="Test policies on many futures: regret and failures.")
@click.argument("study", required=False, type=InputFile(), metavar="STUDY.yaml")
@click.option("--init", type=OutputFile(), metavar="FILE", help="Write a commented example, then exit.")
@click.option("--futures", type=Count(2, 20_000), metavar="N", help="Number of futures. Default: the number in STUDY.")
@study_options("STUDY")
def robustness(study: Path | None, init: Path | None, futures: int | None, **options: Any) -> None:
    """Test the policies of STUDY on many futures with common random numbers.

    \b
    supplyshock robustness --init robust.yaml
    supplyshock robustness robust.yaml --out runs/robust

    STUDY lists the policies (scenarios and changes of them), the uncertain parameters and the measures. A future is a
    set of uncertain parameters; in each future all policies have the same parameters. The command prints for every
    policy the mean over futures, the worst future, the regret against the best policy of each future, and the share of
    futures in which the policy is good enough. It also prints the choice of each decision rule, and the futures in
    which a policy fails (scenario discovery by PRIM). --paths is the number for each future and policy. Writes
    DIR/robustness.zarr, .csv and .png.
    """
    if init is not None:
        _write_example(init)
        return
    from ..common.errors import UsageError
    from ..studies.robustness.plan import plan_robustness
    from ..studies.robustness.study import run_robustness
    from ..studies.study_files import check_free

    if study is None:
        fix = "`supplyshock robustness --init robust.yaml` writes one"
        raise UsageError("missing STUDY.yaml", expected="a file", fix=fix)
    if options["out"] is None:
        raise UsageError("missing option --out DIR", expected="the folder of the results")
    paths = options["paths"]
    chosen = parse_study_options(options)
    plan = plan_robustness(
        study, futures=futures, paths=paths, seed=chosen.settings.seed, overrides=chosen.overrides or None
    )
    check_free(chosen.out, NAME, overwrite=chosen.overwrite)
    warnings = say_scenario_sizes(plan.policies, ends=plan.ends, quiet=chosen.silent)
    results = run_robustness(plan, chosen.settings, chosen.progress())
    files = _write(results, chosen.out)
    if chosen.as_json:
        print_json({**_facts(results, files), "warnings": warnings})
    elif not chosen.quiet:
        _print(results, files)


def _write_example(path: Path) -> None:
    from ..common.errors import UsageError
    from ..scenarios.robustness.example import EXAMPLE
    from ..store.atomic_files import file_errors, write_text

    if path.exists():
        raise UsageError("the file exists already and was not changed", where=str(path), fix="choose another name")
    with file_errors(path):
        write_text(path, EXAMPLE)
    say(f"wrote {path}; next: supplyshock robustness {path} --out runs/robust")


def _write(results: xr.Dataset, out: Path) -> dict[str, str]:
    from ..reporting.plots.robustness import chart
    from ..store.atomic_files import store_errors
    from ..studies.robustness.tables import rows
    from ..studies.study_files import save, save_csv

    table = list(rows(results))
    files = {
        "results": save(results, out, NAME),
        "table": save_csv(out / f"{NAME}.csv", list(table[0]), [list(row.values()) for row in table]),
    }
    with store_errors(out):
        files["picture"] = chart(results, out / f"{NAME}.png")
    return {name: str(path) for name, path in files.items()}


def _facts(results: xr.Dataset, files: dict[str, str]) -> dict[str, Any]:
    from ..studies.robustness.boxes import box_facts
    from ..studies.robustness.tables import lead, rows

    return {**files, **results.attrs, "answer": lead(results), "rows": list(rows(results)), "boxes": box_facts(results)}


def _print(results: xr.Dataset, files: dict[str, str]) -> None:
    from ..studies.robustness import tables
    from ..studies.robustness.boxes import policies_with_box, why_no_box

    click.echo(sentence_lines(tables.lead(results)))
    click.echo(sentence_lines(tables.size(results)))
    for k in range(results.sizes["outcome"]):
        click.echo(f"\n{sentence_lines(tables.heading(results, k))}")
        print_table(*tables.values(results, k))
        print_table(*tables.regrets(results, k))
        click.echo(sentence_lines(tables.duels(results, k)))
    click.echo("\nPolicy that each rule names, and in how many resamples of the futures it does")
    print_table(*tables.choices(results))
    click.echo("\nNoise")
    for line in tables.noise_lines(results):
        click.echo(sentence_lines(line))
    click.echo(sentence_lines(tables.LEGEND))
    found = policies_with_box(results)
    if any(results["threshold"].values != ""):
        click.echo("\nWhere a policy fails")
    else:
        click.echo("\nNo measure has a threshold, so no policy fails: `satisfied: < ...` sets one.")
        return _files(files)
    for policy, title in enumerate(results["policy"].values):
        if policy not in found:
            click.echo(sentence_lines(f"{title}: {why_no_box(results, policy)}"))
            continue
        click.echo(f"{title}, with")
        for line in tables.box_lines(results, policy):
            click.echo(sentence_lines(line, indent="    " if line[0] == " " else ""))
    _files(files)


def _files(files: dict[str, str]) -> None:
    click.echo()
    for name, path in files.items():
        click.echo(f"  {name:8} {path}")
