"""All paths of a nowcast in a file, so that it can continue when news comes.

Unlike the states of a first day (`scenarios.state_file`) it holds the whole column of every path, bit for bit: regime,
clock, levels, approval, strategic stocks and uncertain parameters too.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from supplyshock_kernels.params import Array
from supplyshock_kernels.params.path_state import locate_parts

from ...common.errors import DataError
from ...scenarios.scenario import Scenario
from .particles import Particles

VERSION = 1
FIX = "write the paths again with supplyshock nowcast --keep"


def encode_particles(scenario: Scenario, particles: Particles) -> bytes:
    """The bytes of a file; the same paths give the same bytes. They count alike, and no window is open."""
    about = {
        "version": VERSION,
        "record": scenario.name,
        "start": str(scenario.start),
        "week": particles.week,
        "layout": _layout(scenario),
        "digest": _digest(particles.state),
    }
    archive = io.BytesIO()
    np.savez(archive, state=particles.state, about=np.array(json.dumps(about, sort_keys=True)))
    return archive.getvalue()


def day_of(scenario: Scenario, particles: Particles) -> date:
    """The first day of the week that follows the paths."""
    return scenario.start + timedelta(weeks=particles.week)


def read_particles(file: Path, scenario: Scenario) -> Particles:
    """The paths of a file, to go on in a record.

    Raises `DataError` (65) for a file that is missing or damaged, of another model or record, or that ends no earlier
    than the record.
    """

    def unfit(expected: str, got: str, fix: str = FIX) -> DataError:
        return DataError("these paths cannot be continued", where=str(file), expected=expected, got=got, fix=fix)

    if not file.is_file():
        raise unfit("a file that supplyshock nowcast --keep has written", "no such file")
    try:
        with file.open("rb") as f, np.load(f, allow_pickle=False) as archive:
            state, about = archive["state"], json.loads(str(archive["about"]))
        version, week = about["version"], int(about["week"])
        known = {key: str(about[key]) for key in ("start", "layout", "digest")}
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as e:
        raise unfit("an archive of the paths of a nowcast", str(e)[:200] or type(e).__name__) from None
    if version != VERSION or known["digest"] != _digest(state):
        raise unfit(f"version {VERSION}, undamaged", f"version {version}, or a damaged file")
    if known["layout"] != _layout(scenario):
        raise unfit("states of this model and its data set", "states of other quantities, markets or sources")
    if known["start"] != str(scenario.start):
        raise unfit(f"a record that starts on {known['start']}, like that of the paths", f"one from {scenario.start}")
    if week >= scenario.weeks:
        until = scenario.start + timedelta(weeks=week)
        fix = "name a later day with --to"
        raise unfit(f"a record that goes beyond {until}", f"one of {scenario.weeks} weeks from {scenario.start}", fix)
    return Particles(state, np.zeros(state.shape[1]), week)


def _layout(scenario: Scenario) -> str:
    labels = scenario.labels
    parts = [(place.part.name, place.shape) for place in locate_parts(scenario.params)]
    text = json.dumps([parts, labels.market, labels.source, labels.sector, labels.list])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _digest(state: Array) -> str:
    return hashlib.sha256(state.tobytes()).hexdigest()
