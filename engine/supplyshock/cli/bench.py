"""`supplyshock bench`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .command_helpers import debug_option, json_option
from .places import InputFile, OutputFile

if TYPE_CHECKING:
    from ..benchmarking.measure import Change
    from ..benchmarking.record import Record

NAMES = ("kernels", "scaling", "store", "end-to-end")


@click.command(short_help="Measure how fast this machine runs the model.")
@click.option(
    "--suite", "suites", type=click.Choice(NAMES), multiple=True, help="Suite to run; repeatable. Default: all."
)
@click.option("--against", type=InputFile(), metavar="JSON", help="Compare with an earlier --json file.")
@click.option("-o", "out", type=OutputFile(), metavar="JSON", help="Write the JSON to a file as well.")
@click.option("--quiet", is_flag=True, help="Print no progress.")
@json_option
@debug_option
def bench(suites: tuple[str, ...], against: Path | None, out: Path | None, quiet: bool, as_json: bool) -> None:
    """Measure how fast this machine runs the model.

    The command calls each case once, which shows the cost of loading and compilation. Then it calls the case at least
    five times and for at least a second. It prints median, spread and rate. --against marks changes beyond the noise
    of both measurements; the exit code is 1 if a case is slower. All suites take about four minutes on two cores.

    \b
    supplyshock bench --suite kernels --json > before.json
    supplyshock bench --suite kernels --against before.json
    """
    from ..benchmarking.measure import compare, measure
    from ..benchmarking.record import Record, dumps, load_now, read_record
    from ..store.atomic_files import file_errors, write_text

    earlier = read_record(against) if against else None
    load = load_now()
    timings = list(measure(suites or NAMES, _ignore if quiet else _print_label))
    record = Record.of(timings, load)
    if out:
        with file_errors(out):
            write_text(out, dumps(record))
    changes = compare(record.timings, earlier.timings) if earlier else []
    if as_json:
        click.echo(dumps(record), nl=False)
    else:
        _print(record, changes)
    if any(c.verdict == "slower" for c in changes):
        sys.exit(1)


def _print_label(label: str) -> None:
    click.echo(f"... {label}", err=True)


def _ignore(label: str) -> None:
    pass


def _print(record: Record, changes: list[Change]) -> None:
    from ..benchmarking.record import rate, seconds
    from .study_options import print_table

    by_case = {c.case: c for c in changes}
    click.echo(f"{record.machine}; {record.date}; load before: {record.load:g}\n")
    rows = []
    for t in record.timings:
        c = by_case.get(t.case)
        change = "" if c is None else f"{c.ratio:.2f}x the time, {c.verdict}"
        rows.append([t.case, seconds(t.seconds), f"±{100 * t.spread:.0f} %", seconds(t.first), rate(t), change])
    print_table(["case", "median", "spread", "first call", "rate", "against" if changes else ""], rows)
