"""The scenarios of a run as the run stores them, so that resuming needs no config and no data set."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..scenarios.labels import Labels
from ..scenarios.scenario import Scenario
from .stored_names import read_names

if TYPE_CHECKING:
    import xarray as xr


def stored_scenarios(out: Path) -> list[Scenario]:
    """Scenarios whose numbers, names and figures are those in results.zarr.

    Raises `StoreError`, `KeyError` or `ValueError` if they are damaged.
    """
    from .stored_params import read_params
    from .untrusted.results import open_results

    with open_results(out, chunks=None) as tree:
        inputs, outcomes, about = tree["inputs"].to_dataset(), tree["outcomes"].to_dataset(), dict(tree.attrs)
        labels = _labels(tree["summary"].to_dataset(), outcomes, inputs)
        configs = json.loads(about["config"])
        return [
            Scenario(
                name=name,
                title=_text(inputs, "title", i),
                description=_text(inputs, "description", i),
                start=date.fromisoformat(about["start"]),
                weeks=int(about["weeks"]),
                params=read_params(inputs, name),
                labels=labels,
                digest=_text(inputs, "digest", i),
                config=configs[name],
                run=None,  # type: ignore[arg-type]  # what a config asks for; the manifest has what was done
                provenance=_figures(inputs, name),
            )
            for i, name in enumerate(about["scenarios"])
        ]


def scenario_of_group(tree: xr.DataTree, group: str, name: str, start: date, config: dict[str, Any]) -> Scenario:
    """The one scenario of a group like /inputs. Raises as `stored_scenarios` does."""
    from .stored_params import read_params

    inputs, outcomes = tree[group].to_dataset(), tree["outcomes"].to_dataset()
    params = read_params(inputs, name)
    return Scenario(
        name=name,
        title=_text(inputs, "title", 0),
        description=_text(inputs, "description", 0),
        start=start,
        weeks=params.weeks,
        params=params,
        labels=_labels(tree["summary"].to_dataset(), outcomes, inputs),
        digest=_text(inputs, "digest", 0),
        config=config,
        run=None,  # type: ignore[arg-type]
        provenance=_figures(inputs, name),
    )


def _text(inputs: xr.Dataset, what: str, index: int) -> str:
    return str(inputs[f"scenario_{what}"].values[index])


def _labels(summary: xr.Dataset, outcomes: xr.Dataset, inputs: xr.Dataset) -> Labels:
    def of(data: xr.Dataset, axis: str) -> tuple[str, ...]:
        return tuple(map(str, data[axis].values)) if axis in data.coords else ()

    return Labels(
        market=of(outcomes, "market"),
        chip=of(summary, "chip"),
        source=of(inputs, "source"),
        sector=of(outcomes, "sector"),
        list=of(inputs, "list"),
        names=read_names((summary, outcomes, inputs)),
    )


def _figures(inputs: xr.Dataset, name: str) -> list[dict[str, Any]]:
    columns = {c.removeprefix("figure_"): inputs[c].values for c in map(str, inputs) if c.startswith("figure_")}
    users = columns.pop("scenarios", np.array([]))
    return [
        {c: str(values[i]) for c, values in columns.items()}
        for i, who in enumerate(users)
        if str(who) == "all" or name in str(who).split(", ")
    ]
