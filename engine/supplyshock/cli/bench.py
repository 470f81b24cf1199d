"""`supplyshock bench`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .command_helpers import debug_option, json_option

if TYPE_CHECKING:
    from ..benchmarking.measure import Change
    from ..benchmarking.record import Record

NAMES = ("kernels", "scaling", "store", "end-to-end")


@click.command(short_help="Measure how fast this machine runs the model.")
@click.option("--suite", "suites", type=click.Choice(NAMES), multiple=True, help="Repeatable. Default: all.")
@click.option("--against", type=click.Path(path_type=Path), metavar="JSON", help="Compare with a former --json.")
@click.option("-o", "out", type=click.Path(path_type=Path), metavar="JSON", help="Also write the JSON here.")
@click.option("--quiet", is_flag=True, help="Do not say what is being measured.")
@json_option
@debug_option
def bench(suites: tuple[str, ...], against: Path | None, out: Path | None, quiet: bool, as_json: bool) -> None:
    """Measure how fast this machine runs the model.

    Each case is called once (what loading and compiling cost is told apart), then at least five times and for a
    second: median, quartiles and rate are printed. With --against, what lies outside the noise of both measurements is
    named, and the exit code is 1 if anything is slower. All suites take about four minutes on two cores.
    """
    from ..benchmarking.measure import compare, measure
    from ..benchmarking.record import Record, dumps, load_now, read_record
    from ..store.atomic_files import file_errors

    former = read_record(against) if against else None
    load = load_now()
    timings = list(measure(suites or NAMES, _silent if quiet else _tell))
    record = Record.of(timings, load)
    if out:
        with file_errors(out):
            out.write_text(dumps(record), encoding="utf-8")
    changes = compare(record.timings, former.timings) if former else []
    if as_json:
        click.echo(dumps(record), nl=False)
    else:
        _print(record, changes)
    if any(c.verdict == "slower" for c in changes):
        sys.exit(1)


def _tell(label: str) -> None:
    click.echo(f"... {label}", err=True)


def _silent(label: str) -> None:
    pass


def _print(record: Record, changes: list[Change]) -> None:
    from ..benchmarking.record import rate, seconds
    from .study_options import print_table

    found = {c.case: c for c in changes}
    click.echo(f"{record.machine}; {record.date}; load before: {record.load:g}\n")
    rows = []
    for t in record.timings:
        c = found.get(t.case)
        told = "" if c is None else f"{c.ratio:.2f}x the time, {c.verdict}"
        rows.append([t.case, seconds(t.seconds), f"±{100 * t.spread:.0f} %", seconds(t.first), rate(t), told])
    print_table(["case", "median", "spread", "first call", "rate", "against" if changes else ""], rows)
