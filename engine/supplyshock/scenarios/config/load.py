"""From a path or a name to a checked `Config` and its data set."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from supplyshock_kernels.model.uncertain_parameters import NAMES
from supplyshock_kernels.params import REGIMES

from ...common.dates import parse_day
from ...common.errors import ConfigError, DataError, shown
from ..dataset.dataset import Dataset, read_dataset
from ..display_names import DisplayNames
from ..new_market.with_market import read_data
from ..shipped import default_data, find_config
from ..state_file import read_states, states_path
from ..yaml_files.validation_errors import refusal, validate
from ..yaml_files.yaml_reader import Document, mark_of
from .baseline_year import import_problems, making_problems, output_problems, rebased
from .inheritance import MAX_NAME, load_layers
from .schema import DEFAULT_WEEKS, Config


@dataclass(frozen=True)
class Loaded:
    """A config with the data set it names and the lines of its keys."""

    config: Config
    dataset: Dataset
    document: Document
    path: Path


def load_config(name: str | os.PathLike[str], overrides: Mapping[str, Any] | None = None) -> Loaded:
    """The config at a path or of a shipped name, over its bases and under `overrides`.

    An override of `weeks` may shorten the horizon past dated entries, which then have no effect; in a
    file, a date outside the horizon is an error. Raises `ConfigError` (65) that lists all problems.
    """
    path = find_config(name)
    document = load_layers(path, overrides)
    own = load_layers(path) if overrides and "weeks" in overrides else document
    return check_document(document, own, path, _dataset(document))


def load_stored(config: Mapping[str, Any]) -> Loaded:
    """The config that a run holds, with its bases merged in, over the data set of today. Raises as `load_config`."""
    document = Document(dict(config), {})
    return check_document(document, document, Path(f"{config['name']}.yaml"), _dataset(document))


def check_document(document: Document, own: Document, path: Path, dataset: Dataset) -> Loaded:
    """A merged document as a checked config; `own` is the same without overrides, whose horizon holds its dates.

    Raises `ConfigError` that lists all problems.
    """
    document = _started(document, dataset)
    display = DisplayNames(dataset.labels.given_names())
    context = {"names": known_names(dataset), "display": display, **_horizon(document, own)}
    config = validate(Config, document, context=context)
    started = rebased(dataset, config.baseline)
    where = str(mark_of(document.marks, ("baseline",)))
    problems = output_problems(dataset, config.baseline, where) or import_problems(started, where)
    if problems := problems or making_problems(started, where):
        raise refusal(problems, document, ConfigError)
    return Loaded(config, started, document, path)


def _started(document: Document, dataset: Dataset) -> Document:
    """With the day of its states for its start, where a layer gave states and no start, nor one above it did."""
    initial = document.value.get("initial")
    states = initial.get("states") if isinstance(initial, dict) else None
    if "start" not in document.value or document.value["start"] is not None or not isinstance(states, str):
        return document
    day = read_states(states_path(states, dataset.folder)).day
    return Document({**document.value, "start": str(day)}, document.marks)


def known_names(dataset: Dataset) -> dict[str, tuple[str, ...]]:
    """Names that a config may use, by kind."""
    return {
        "market": dataset.labels.market_ids,
        "material": dataset.labels.material_ids,
        "source": dataset.labels.source_ids,
        "sector": dataset.labels.sector_ids,
        "control list": dataset.labels.list_ids,
        "regime": REGIMES,
        "parameter": dataset.parameter_names,
        "prior": NAMES,
    }


def _dataset(document: Document) -> Dataset:
    data = document.value.get("data")
    if data is None:
        return read_dataset(default_data())
    where = str(mark_of(document.marks, ("data",)))
    if not isinstance(data, str) or len(data) > 2 * MAX_NAME:
        raise ConfigError("data", where=where, expected="a folder", got=shown(data))
    try:
        return read_data(Path(data))
    except DataError as error:
        if error.problems:
            raise
        raise DataError("data", where=where, expected=error.expected, got=data, fix=error.fix) from None


def _horizon(document: Document, own: Document) -> dict[str, date]:
    """First day and end of the horizon, where the config gives them in good form."""
    start, lengths = document.value.get("start"), [d.value.get("weeks") for d in (document, own)]
    first = parse_day(start)
    if first is None:
        return {}
    try:
        longest = max(int(DEFAULT_WEEKS if n is None else n) for n in lengths)
        return {"start": first, "end": first + timedelta(weeks=longest)}
    except (ValueError, TypeError, OverflowError):
        return {}
