"""The fitted parameters as a config, as rows of a data set, and beside those in use."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ...common.errors import UsageError
from ...scenarios.dataset.dataset import parameter_names
from ...scenarios.dataset.dataset_labels import read_labels
from ...scenarios.dataset.table_schemas import readers
from ...scenarios.shipped import default_data
from ...store.atomic_files import write_text
from .calibrate import PolicyFit
from .estimate import Estimate, rounded

NEAR = 0.005
"""Two values that differ by less than this share are the same figure."""
SOURCES = {
    "likelihood": "Maximum likelihood with weak priors on {acts} {years}",
    "beta": "Maximum likelihood on the severities of {acts} {years}",
    "counts": "Counts of {acts} {years} with a stated prior",
    "spells": "Posterior mean from the few spells of {years}",
}


class DefaultComparison(NamedTuple):
    """A fitted parameter and the one in use."""

    estimate: Estimate
    default: float | None

    @property
    def differs(self) -> bool:
        """By more than rounding."""
        new = self.estimate.rounded
        return self.default is None or abs(new - self.default) > NEAR * max(abs(self.default), 1e-9)


def compare_with_defaults(fit: PolicyFit) -> list[DefaultComparison]:
    """Every estimate with the value of the default data set."""
    folder = default_data()
    labels = read_labels(folder / "dataset.yaml")
    table = readers(labels.known(), parameter_names(labels))["parameters"].read(folder, [])
    values = {name: figure.value for (name,), figure in table.items()}
    return [DefaultComparison(e, values.get(e.parameter)) for e in fit.estimates]


def check_out(out: Path | None) -> None:
    """Raises `UsageError` for a name that says neither YAML nor CSV."""
    if out and out.suffix not in (".yaml", ".yml", ".csv"):
        raise UsageError("unknown kind of file", where="--out", expected="a name in .yaml or .csv", got=out.name)


def write_out(fit: PolicyFit, out: Path) -> Path:
    """The parameters in a file: a config for .yaml, rows of parameters.csv for .csv. Raises `OSError`."""
    write_text(out, as_rows(fit) if out.suffix == ".csv" else as_config(fit))
    return out


def as_config(fit: PolicyFit) -> str:
    """A config that another can take as its base."""
    head = [
        f"# Negotiation fitted to {fit.events.name}, {fit.first} to {fit.trained_to} (supplyshock calibrate policy).",
        "# Weakly identified, so mostly set by the prior: " + (", ".join(_weak(fit)) or "nothing") + ".",
        "base: base",
        "parameters:",
    ]
    return "\n".join([*head, *(f"  {e.parameter}: {e.rounded:.12g}  # {e.note}" for e in fit.estimates)]) + "\n"


def as_rows(fit: PolicyFit) -> str:
    """Rows with the columns of parameters.csv; low and high are the central 90 % interval."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["parameter", "value", "low", "high", "unit", "mark", "source", "note"])
    table.writerows(_rows(fit))
    return out.getvalue()


def _rows(fit: PolicyFit) -> Iterator[list[str]]:
    years = f"{fit.first.year}-{fit.last.year}"
    acts = f"{fit.acts} dated acts and {fit.relaxations} relaxations"
    for e in fit.estimates:
        ends = ["" if v is None else f"{round(rounded(v), 4):.10g}" for v in (e.low, e.high)]
        source = SOURCES[e.method].format(acts=acts, years=years) + f" ({fit.events.name}; docs/model.md)"
        mark = "derived"
        if e.parameter.endswith(".rift"):
            mark, source = "expert judgement", f"Project judgement {fit.last.year}"
        yield [e.parameter, f"{e.rounded:.12g}", *ends, e.unit, mark, source, e.note]


def _weak(fit: PolicyFit) -> list[str]:
    return [n.name for n in fit.free_parameters if n.is_weak]
