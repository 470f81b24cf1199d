"""The pages of measures and of outcomes, from the registries that the commands and the kernels read."""

from __future__ import annotations

from supplyshock.analysis.measures.listing import GRAMMAR, records
from supplyshock_kernels.outputs import OUTCOMES, SERIES, Outcome

from .markdown import code, table

MEASURES = """# Measures

Commands take a measure as `--measure TEXT`, Python as `measure="TEXT"`. The text is the same everywhere:

```text
{grammar}
```

A label in brackets may be left out; one without brackets has to be named. `supplyshock measures RUN` lists the labels
of a run.

"""
OUTCOMES_HEAD = """# Variables of a store

`results.zarr` is a plain zarr group that opens as `xarray.DataTree`. Every array has the dimension `scenario`;
`/outcomes` adds `path`, `/series` adds `path` and `time`, `/summary` adds `time` and, for quantiles, `quantile`.

"""


def measures_page() -> str:
    """Every measure with its labels, unit, meaning and an example."""
    rows = [
        [code(row["name"]), ", ".join(row["labels"]), row["unit"], row["meaning"], row["without_a_time"],
         code(row["example"])]
        for row in records()
    ]  # fmt: skip
    head = ["measure", "labels", "unit", "meaning", "without a time", "example"]
    return MEASURES.format(grammar=GRAMMAR) + table(head, rows)


def outcomes_page() -> str:
    """Every variable of a store with its dimensions and units."""
    weekly = [[code(s.name), ", ".join(s.axes), code(s.units), _meaning(s.long_name, s)] for s in SERIES]
    totals = [[code(o.name), ", ".join(o.axes), code(o.units), _meaning(o.long_name, o)] for o in OUTCOMES]
    head = ["variable", "dimensions", "units", "meaning"]
    return "\n".join(
        [OUTCOMES_HEAD, "## Of a path: `/outcomes`\n", table(head, totals),
         "## Of a week: `/series`, and its mean and quantiles in `/summary`\n", table(head, weekly)]
    )  # fmt: skip


def _meaning(text: str, variable: object) -> str:
    labels = getattr(variable, "labels", ())
    dated = isinstance(variable, Outcome) and variable.dated
    return text + (f": {', '.join(labels)}" if labels else "") + ("; NaN where it never happens" if dated else "")
