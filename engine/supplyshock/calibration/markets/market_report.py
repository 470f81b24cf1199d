"""A calibration of the markets as tables, and as a fragment of a config."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ...common.csv_text import csv_text
from ...common.errors import DataError, reason
from .identification import ParameterIdentification
from .objective import Objective, Trial

DIGITS = 4


class Fit(NamedTuple):
    """One target before and after the calibration."""

    target: str
    what: str
    value: float | None
    """None if a target is a bound."""
    before: float
    after: float
    residual_before: float
    """In standard deviations of the target."""
    residual_after: float


def fits(objective: Objective, before: Trial, after: Trial) -> list[Fit]:
    """A row per target."""
    columns = (before.medians, after.medians, before.residuals[before.places], after.residuals[after.places])
    rows = zip(objective.residuals, *columns, strict=True)
    return [Fit(m.point.target, m.name, m.point.value, *(float(x) for x in numbers)) for m, *numbers in rows]


def config_fragment(known: Sequence[ParameterIdentification], source: str) -> str:
    """A fragment for any scenario, as one of its bases, that sets the best values and the centres of priors; YAML."""
    parameters = [k for k in known if not k.name.startswith("priors.")]
    priors = [k for k in known if k.name.startswith("priors.")]
    use = "# Put it on a scenario, in a file of yours: base: [status_quo, THIS_FILE.yaml]"
    lines = [f"# {source}", use, "title: Markets fitted by calibrate markets", "parameters:"]
    lines += [f"  {k.name}: {k.best:.{DIGITS}g} # {k.start:g} before{_error(k)}, {k.verdict}" for k in parameters]
    if priors:
        lines.append("priors:")
    for k in priors:
        lines.append(f"  {k.name.partition('.')[2]}: {{center: {k.best:.{DIGITS}g}}} # {k.start:g} before, {k.verdict}")
    return "\n".join(lines) + "\n"


def _error(k: ParameterIdentification) -> str:
    return f", se {k.se:.2g}" if k.se == k.se else ""


PAGE = """# Calibration of the markets

`supplyshock calibrate markets --page` makes this page; the line about the search and seven best
values are written by hand. The data set took its parameters from this fit.
[Decision 0042](decisions/0042-a-calibration-that-fits.md) records the search and what it changed.

**How to read it.** The search minimises a sum of squares with four parts:

* for every observed ratio, the score of the whole simulated distribution;
* for the other targets, the distance of the median in standard deviations;
* the drift of a calm decade;
* the distance of every parameter from the middle of its range, which holds 90 % of its prior.

Distances are signed, and large ones count less (Student's t). *Before* and *after* are medians on
paths that the search did not use. A parameter is *identified* if the sum of squares rises by more
than 3.84 towards both ends of its range while the other parameters follow; `se` is its posterior
standard error. *Spread left* is that error over the prior's standard deviation: 1 means that the
observations carry no information. Runs use the best values. `supplyshock uncertainty` says how
far results move within the posterior.
"""


def page(fits_csv: str, parameters_csv: str, settings: str) -> str:
    """The calibration as Markdown, from the tables that it wrote."""
    rows, known = (list(csv.DictReader(text.splitlines())) for text in (fits_csv, parameters_csv))
    squares = [sum(float(r[k]) ** 2 for r in rows) for k in ("residual_before", "residual_after")]
    lines = [PAGE, f"{settings} Sum of squares of the distances: {squares[0]:.1f} before, {squares[1]:.1f} after.\n"]
    lines += [
        "## Observations\n",
        "| observation | observed | before | after | sd off before | sd off after |",
        "|" + "---|" * 6,
    ]
    lines += [
        f"| {r['what']} | {_short(r['value'])} | {_short(r['before'])} | {_short(r['after'])} | "
        f"{float(r['residual_before']):+.1f} | {float(r['residual_after']):+.1f} |"
        for r in rows
    ]
    lines += [
        "\n## Parameters\n",
        "| parameter | before | best | se | range | spread left | |",
        "|" + "---|" * 7,
    ]
    lines += [
        f"| `{k['name']}` | {_short(k['start'])} | {_short(k['best'])} | {float(k['se']):.2g} | "
        f"{_short(k['low'])} to {_short(k['high'])} | {float(k['sd_ratio']):.2f} | {k['verdict']} |"
        for k in known
    ]
    return "\n".join(lines) + "\n"


def _short(text: str) -> str:
    return f"{float(text):.3g}" if text else "a bound"


def read_best(file: Path) -> dict[str, float]:
    """Best values by name from the ``parameters.csv`` of a calibration. Raises `DataError`."""
    try:
        rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
        return {row["name"]: float(row["best"]) for row in rows}
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, ValueError, TypeError) as error:
        expected = "the parameters.csv of a calibration, with columns name and best"
        raise DataError(
            "not a table of parameters to start from", where=str(file), expected=expected, got=reason(error)
        ) from None


def as_csv(rows: Sequence[Any]) -> str:
    """Named tuples as CSV with a header."""
    cells = ([f"{v:.6g}" if isinstance(v, float) else "" if v is None else v for v in row] for row in rows)
    return csv_text(rows[0]._fields, cells)
