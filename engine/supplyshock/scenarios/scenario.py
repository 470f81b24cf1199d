"""A scenario: everything one simulation needs, built from files. Names and units stop here."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from supplyshock_kernels.params import Array, Params

from .config.consistency import check
from .config.load import Loaded, load_config
from .config.schema import Run
from .dataset.dataset import Dataset
from .labels import Labels
from .model_inputs.figures import Values
from .model_inputs.initial_state import build_initial
from .model_inputs.parameters import (
    build_chip,
    build_industry,
    build_material,
    build_policy,
    build_priors,
    changed_priors,
)
from .model_inputs.weekly_inputs import build_schedule
from .model_inputs.world import build_markets, build_sectors, build_sources


@dataclass(frozen=True)
class Scenario:
    """What runs, with the names of its axes and where its numbers come from."""

    name: str
    title: str
    description: str
    start: date
    """First day of week 0."""
    weeks: int
    params: Params
    """In float64; `kernels.params.cast` makes the precision of a run."""
    labels: Labels
    digest: str
    """SHA-256 over params, labels, start and weeks; name and prose do not enter."""
    config: dict[str, Any]
    """The config with its bases merged in and its defaults filled."""
    run: Run
    provenance: list[dict[str, Any]]
    """A row per figure of the data set and change of the config: table, key, value, unit, mark, source."""


def load_scenario(path_or_name: str | os.PathLike[str], overrides: Mapping[str, Any] | None = None) -> Scenario:
    """The scenario of a config file or of a shipped name, `overrides` merged over it as a last layer.

    Raises `ConfigError` or `DataError` (both exit code 65) that list every problem.
    """
    return build_scenario(load_config(path_or_name, overrides))


def build_scenario(loaded: Loaded) -> Scenario:
    """The scenario of a checked config. Raises `ConfigError` for keys that contradict each other."""
    config = loaded.config
    params = build_params(loaded)
    labels = _labels(loaded.dataset)
    name = config.name or _name_of(loaded.path)
    return Scenario(
        name=name,
        title=config.title,
        description=config.description,
        start=config.start,
        weeks=config.weeks,
        params=params,
        labels=labels,
        digest=digest(params, labels, config.start),
        config=config.plain() | {"name": name},
        run=config.run,
        provenance=list(_provenance(loaded)),
    )


def _name_of(path: Path) -> str:
    """A file's name without its ending, in characters that may stand in names of files."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", path.stem).lstrip("_-") or "scenario"


def build_params(loaded: Loaded) -> Params:
    """The arrays of the kernels, in float64. Raises `ConfigError` for keys that contradict each other."""
    config, data = loaded.config, loaded.dataset
    values = Values(data, config.parameters)
    check(loaded, values)
    priors = changed_priors(config, values)
    markets = build_markets(data, values)
    return Params(
        markets=markets,
        sources=build_sources(data, values, markets.value),
        sectors=build_sectors(data, values),
        material=build_material(values),
        chip=build_chip(values),
        industry=build_industry(values),
        policy=build_policy(config, values, priors),
        priors=build_priors(priors),
        initial=build_initial(config, values, markets),
        schedule=build_schedule(config, data, markets),
    )


def _labels(data: Dataset) -> Labels:
    names = data.labels
    return Labels(
        market=names.market_ids,
        chip=tuple(m.id for m in names.markets if m.kind == "chip"),
        source=names.source_ids,
        sector=names.sector_ids,
        list=names.list_ids,
    )


def leaves(value: Any, path: str = "params") -> Iterator[tuple[str, Any]]:
    """Every array and number of nested named tuples, with its dotted name."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        for name, part in zip(value._fields, value, strict=True):
            yield from leaves(part, f"{path}.{name}")
    else:
        yield path, value


def digest(params: Params, labels: Labels, start: date) -> str:
    """SHA-256, as hex, of all that decides a path but the seed.

    Floats enter with 32 bits of mantissa, so that machines whose ``pow`` or ``exp`` differ in the last
    bits still agree, and may share a run.
    """
    sha = hashlib.sha256(f"{labels!r} {start} {params.weeks}".encode())
    for name, value in leaves(params):
        array = np.asarray(value)
        whole = array.dtype.kind in "iu"
        exact = array.astype("<i8") if whole else _rounded(array.astype("<f8"))
        sha.update(f"{name} {exact.dtype.str} {array.shape}".encode())
        sha.update(exact.tobytes())
    return sha.hexdigest()


def _rounded(x: Array, bits: int = 32) -> Array:
    """`x` with so many bits of mantissa, and one zero."""
    mantissa, exponent = np.frexp(x)
    short: Array = np.ldexp(np.rint(mantissa * 2.0**bits), exponent - bits) + 0.0
    return np.asarray(short, dtype="<f8")


def _provenance(loaded: Loaded) -> Iterator[dict[str, Any]]:
    for figure in loaded.dataset.figures():
        yield _row(figure.table, ".".join(figure.key), figure.value, figure.unit, figure.mark, figure.source)
    for prior in loaded.dataset.prior.values():
        yield _row("priors", prior.name, prior.center, prior.unit, prior.mark, prior.source)
    for name, value in loaded.config.parameters.items():
        yield _row("config", f"parameters.{name}", value, "", "scenario", loaded.path.name)
    for name, law in loaded.config.priors.items():
        for field, value in law.model_dump(exclude_none=True).items():
            yield _row("config", f"priors.{name}.{field}", value, "", "scenario", loaded.path.name)


def _row(table: str, key: str, value: float, unit: str, mark: str, source: str) -> dict[str, Any]:
    return {"table": table, "key": key, "value": value, "unit": unit, "mark": mark, "source": source}
