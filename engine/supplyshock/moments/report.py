"""A calibration of the markets as tables, and as a fragment of a config."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import DataError
from .identify import Known
from .objective import Objective, Trial

DIGITS = 4


class Fit(NamedTuple):
    """One target before and after."""

    target: str
    what: str
    value: float | None
    """None where a target is a bound."""
    before: float
    after: float
    residual_before: float
    """In standard deviations of the target."""
    residual_after: float


def fits(objective: Objective, before: Trial, after: Trial) -> list[Fit]:
    """A row per target."""
    n = len(objective.moments)
    columns = (before.medians, after.medians, before.residuals[:n], after.residuals[:n])
    rows = zip(objective.moments, *columns, strict=True)
    return [Fit(m.point.target, m.name, m.point.value, *(float(x) for x in numbers)) for m, *numbers in rows]


def fragment(known: Sequence[Known], source: str) -> str:
    """A config that sets the best values and, for laws, their spread; YAML."""
    parameters = [k for k in known if not k.name.startswith("priors.")]
    laws = [k for k in known if k.name.startswith("priors.")]
    lines = [f"# {source}", "parameters:"]
    lines += [f"  {k.name}: {k.best:.{DIGITS}g} # {k.start:g} before{_error(k)}, {k.verdict}" for k in parameters]
    if laws:
        lines.append("priors:")
    for k in laws:
        lines.append(f"  {k.name.partition('.')[2]}: {{center: {k.best:.{DIGITS}g}}} # {k.start:g} before, {k.verdict}")
    return "\n".join(lines) + "\n"


def _error(k: Known) -> str:
    return f", se {k.se:.2g}" if k.se == k.se else ""


def read_best(file: Path) -> dict[str, float]:
    """Best values by name from the ``parameters.csv`` of a calibration. Raises `DataError`."""
    try:
        rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
        return {row["name"]: float(row["best"]) for row in rows}
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, ValueError, TypeError) as error:
        expected = "the parameters.csv of a calibration, with columns name and best"
        raise DataError("no parameters to start from", where=str(file), expected=expected, got=str(error)) from None


def as_csv(rows: Sequence[Any]) -> str:
    """Named tuples as CSV with a header."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(rows[0]._fields)
    table.writerows([f"{v:.6g}" if isinstance(v, float) else v for v in row] for row in rows)
    return out.getvalue()
