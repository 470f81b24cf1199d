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

from supplyshock_kernels.params import Array, Params, require_shapes

from ..common.arguments import MAPPING, PLACE, checked
from ..common.errors import ConfigError, shown
from .config.load import Loaded, load_config
from .config.schema import MAX_NAME, NAME, Run
from .dataset.dataset import Dataset
from .dataset.outlook import Project
from .display_names import DisplayNames
from .labels import Labels
from .model_inputs.consistency import check
from .model_inputs.figures import Values
from .model_inputs.initial_state import build_initial
from .model_inputs.outlook import coming
from .model_inputs.parameters import (
    build_chip,
    build_industry,
    build_material,
    build_policy,
    build_priors,
    changed_priors,
)
from .model_inputs.start_states import put_states
from .model_inputs.weekly_inputs import build_schedule
from .model_inputs.world import build_markets, build_recipes, build_sectors, build_sources


@dataclass(frozen=True)
class Scenario:
    """The input of a simulation: parameters, the names of their axes, and the origin of every number.

    `load_scenario` builds one. It is immutable; other values come from another call with `overrides`.

    Attributes
    ----------
    name : str
        Short name, which results use for the scenario.
    title, description : str
        Text for people.
    start : datetime.date
        First day of week 0.
    weeks : int
        Length of the horizon T, in weeks.
    params : Params
        Arrays of the kernels in float64, such as `params.markets.use`, (M, 2) shares of world use by market and bloc.
        Money is in bn USD, flows are shares of a market's world use, time is in weeks; rates of the negotiation are
        per year.
    labels : Labels
        One tuple of ids per axis: market (M), source (J), sector (K), list (C), bloc, party, regime; and `names`,
        what people read in place of ids.
    digest : str
        SHA-256 over params, labels, start and weeks; name and prose do not enter. Runs with equal digest, seed and
        path number give equal paths.
    config : dict
        The config with its bases merged in and its defaults filled.
    run : Run
        How to run it: paths, seed, precision, backend. `run_scenarios` and the command line may override each.
    provenance : list of dict
        A row per figure of the data set and per change of the config: table, key, value, unit, mark, source.
    projects : tuple of Project
        Dated capacity of the data set that the run counts on; of a stored scenario none is named.

    Examples
    --------
    >>> import supplyshock as ss
    >>> scenario = ss.load_scenario("swap_deal")
    >>> scenario.labels.bloc, scenario.params.markets.use.shape
    (('CN', 'XC'), (26, 2))
    >>> dy = scenario.labels.market.index("Dy")
    >>> float(scenario.params.markets.use[dy].sum())
    1.0
    >>> next(row for row in scenario.provenance if row["key"] == "Dy.price")["mark"]
    'sourced'
    """

    name: str
    title: str
    description: str
    start: date
    weeks: int
    params: Params
    labels: Labels
    digest: str
    config: dict[str, Any]
    run: Run
    provenance: list[dict[str, Any]]
    projects: tuple[Project, ...] = ()


@checked(path_or_name=PLACE, overrides=MAPPING)
def load_scenario(path_or_name: str | os.PathLike[str], overrides: Mapping[str, Any] | None = None) -> Scenario:
    """Loads a scenario from a config file, or from a config that ships with the package.

    Parameters
    ----------
    path_or_name : str or path
        A YAML file, or a shipped name such as ``"status_quo"``. A file has priority over a shipped name.
    overrides : mapping, optional
        Keys of a config, nested as in the file. They are merged into the config last: mappings merge key by key, the
        lists of `levers` and `policy.events` append, other values replace, and None restores a default. By default
        nothing changes.

    Returns
    -------
    Scenario
        A checked and complete scenario for `run_scenarios`. Its parameters are arrays in float64, with money in bn
        USD, flows in shares of a market's world use and time in weeks.

    Raises
    ------
    ConfigError
        The config cannot be read, or has keys that are unknown, out of range or contradictory. The message lists every
        problem with file, line, key, the expected value and the actual one (exit code 65).
    DataError
        The data folder of the config cannot be used. The message lists every problem in the same way (exit code 65).

    Examples
    --------
    >>> import supplyshock as ss
    >>> ss.load_scenario("status_quo").weeks
    104
    >>> short = ss.load_scenario("status_quo", {"weeks": 52, "parameters": {"material.eta": 0.3}})
    >>> short.weeks, short.params.material.eta
    (52, 0.3)
    >>> ss.load_scenario("status_kwo")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    supplyshock.common.errors.ConfigError: ...did you mean 'status_quo'?...
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
        projects=tuple(coming(loaded.dataset, config.start)) if config.outlook.projects else (),
    )


def _name_of(path: Path) -> str:
    """A file's name without its ending. Raises `ConfigError` if that cannot be the name of a scenario."""
    if len(path.stem) <= MAX_NAME and re.fullmatch(NAME, path.stem):
        return path.stem
    similar = re.sub(r"[^A-Za-z0-9_.-]+", "_", path.stem).lstrip("_.-")[:MAX_NAME] or "mine"
    raise ConfigError(
        "a scenario cannot have the name of this file",
        where=str(path),
        expected=f"at most {MAX_NAME} letters from A to Z, digits and _ . -",
        got=shown(path.stem),
        fix=f"add a name to the file, such as `name: {similar}`, or rename the file",
    )


def build_params(loaded: Loaded) -> Params:
    """The arrays of the kernels, in float64. Raises `ConfigError` for keys that contradict each other."""
    config, data = loaded.config, loaded.dataset
    values = Values(data, config.parameters)
    check(loaded, values)
    priors = changed_priors(config, values)
    markets = build_markets(data, values)
    params = Params(
        markets=markets,
        recipes=build_recipes(data),
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
    params = put_states(params, loaded)
    require_shapes(params)  # a replay would refuse it
    return params


def _labels(data: Dataset) -> Labels:
    names = data.labels
    return Labels(
        market=names.market_ids,
        chip=tuple(m.id for m in names.markets if m.kind == "chip"),
        source=names.source_ids,
        sector=names.sector_ids,
        list=names.list_ids,
        names=DisplayNames(names.given_names()),
    )


def leaves(value: Any, path: str = "params") -> Iterator[tuple[str, Any]]:
    """Every array and number of nested named tuples, with its dotted name."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        for name, part in zip(value._fields, value, strict=True):
            yield from leaves(part, f"{path}.{name}")
    else:
        yield path, value


def digest(params: Params, labels: Labels, start: date) -> str:
    """SHA-256, as hex, over everything that decides a path except the seed.

    Floats enter with 32 bits of mantissa, so that machines whose ``pow`` or ``exp`` differ in the last
    bits still agree, and may share a run.
    """
    sha = hashlib.sha256(f"{labels!r} {start} {params.weeks}".encode())
    for name, value in leaves(params):
        array = np.asarray(value)
        is_integer = array.dtype.kind in "iu"
        exact = array.astype("<i8") if is_integer else _rounded(array.astype("<f8"))
        sha.update(f"{name} {exact.dtype.str} {array.shape}".encode())
        sha.update(exact.tobytes())
    return sha.hexdigest()


def _rounded(x: Array, bits: int = 32) -> Array:
    """`x` with `bits` bits of mantissa, and without negative zeros."""
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
    for name, change in loaded.config.priors.items():
        for field, value in change.model_dump(exclude_none=True).items():
            yield _row("config", f"priors.{name}.{field}", value, "", "scenario", loaded.path.name)


def _row(table: str, key: str, value: float, unit: str, mark: str, source: str) -> dict[str, Any]:
    return {"table": table, "key": key, "value": value, "unit": unit, "mark": mark, "source": source}
