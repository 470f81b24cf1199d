"""An ensemble of states in a file: what the paths of a run may start from.

A file is a NumPy archive (.npz) that holds an array ``(member, axes...)`` for each quantity of
`supplyshock_kernels.params.path_state.PARTS` that it brings, the names along every axis, and `about`, a JSON text.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from supplyshock_kernels.params import Array
from supplyshock_kernels.params.path_state import PARTS

from ..common.dates import parse_day
from ..common.errors import DataError, shown

ENDING = ".npz"
FOLDER = "states"
"""Of a data set."""
VERSION = 1
DECIDED_BY_CONFIG = (
    "regime", "clock", "approval", "controls.level", "controls.jump2", "controls.jump3", "trade.reserve",
)  # fmt: skip
"""Quantities that the config of a forward run sets itself, so no file contains them."""
_MANTISSA_BITS = 12
"""Kept of 23: an error of 1e-4, a third of the bytes."""


@dataclass(frozen=True)
class StateFile:
    """States of many paths on one day."""

    day: date
    """The first day of the week that follows the states."""
    names: Mapping[str, tuple[str, ...]]
    """Names along each axis: material, market, source, sector, bloc."""
    values: Mapping[str, Array]
    """(S, axes...) by the name of the quantity; NaN: not given."""
    about: Mapping[str, Any]
    """What they were made from, for people."""

    @property
    def members(self) -> int:
        """Number of paths."""
        return len(next(iter(self.values.values())))


def encode_states(states: StateFile) -> bytes:
    """The bytes of a file; the same states give the same bytes."""
    arrays = {f"value/{name}": _shortened(x) for name, x in states.values.items()}
    labels = {f"axis/{axis}": np.array(names) for axis, names in states.names.items()}
    about = json.dumps({**states.about, "version": VERSION, "day": str(states.day)}, sort_keys=True)
    archive = io.BytesIO()
    np.savez_compressed(archive, **labels, **arrays, about=np.array(about))  # type: ignore[arg-type]
    return archive.getvalue()


def _shortened(x: Array) -> Array:
    """Rounded to few bits of mantissa, which compress."""
    whole = np.ascontiguousarray(x, np.float32).view(np.uint32)
    drop = 23 - _MANTISSA_BITS
    rounded = (whole + np.uint32(1 << (drop - 1))) & np.uint32(0xFFFFFFFF << drop & 0xFFFFFFFF)
    short: Array = np.where(np.isnan(x), np.float32(np.nan), rounded.view(np.float32)).astype(np.float32)
    return short


def states_path(states: str, data: Path) -> Path:
    """The file that `initial.states` names: itself a .npz file, or one of the folder of a data set."""
    return Path(states) if states.endswith(ENDING) else data / FOLDER / f"{states}{ENDING}"


def read_states(file: Path) -> StateFile:
    """Raises `DataError` (65) for a file that is missing, is not such an archive, or does not fit this version."""
    if not file.is_file():
        expected = "an ensemble of states of the data set"
        fix = "set initial.states to null to start at rest, or make one with supplyshock nowcast"
        raise DataError("cannot read the states", where=str(file), expected=expected, got="no such file", fix=fix)
    return _read(file, file.stat().st_mtime_ns)


@lru_cache(4)
def _read(file: Path, _changed: int) -> StateFile:
    """A study builds hundreds of scenarios from one file."""
    try:
        with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as archive:
            about = json.loads(str(archive["about"]))
            names = {k.partition("/")[2]: tuple(map(str, archive[k])) for k in archive if k.startswith("axis/")}
            values = {k.partition("/")[2]: archive[k] for k in archive if k.startswith("value/")}
        if not isinstance(about, dict):
            raise ValueError("about is not a mapping")
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as e:
        raise _unfit(file, "a NumPy archive of states", str(e)[:200] or type(e).__name__) from None
    day = parse_day(str(about.get("day")))
    if about.get("version") != VERSION or day is None:
        raise _unfit(file, f"version {VERSION} and a day", shown(about))
    _check_values(file, names, values)
    return StateFile(day, names, values, about)


def _check_values(file: Path, names: Mapping[str, tuple[str, ...]], values: Mapping[str, Array]) -> None:
    axes = {part.name: part.axes for part in PARTS}
    if not values:
        raise _unfit(file, "some quantities", "none")
    members = len(next(iter(values.values())))
    for name, x in values.items():
        if name not in axes or name in DECIDED_BY_CONFIG:
            raise _unfit(file, "quantities of this model", shown(name))
        shape = (members, *(len(names.get(axis, ())) for axis in axes[name]))
        if members < 1 or x.shape != shape or x.dtype != np.float32 or bool(np.isinf(x).any()):
            raise _unfit(file, f"{name} as finite float32 of shape {shape}", f"{x.dtype} of shape {x.shape}")


def _unfit(file: Path, expected: str, got: str) -> DataError:
    fix = "make the states again with supplyshock nowcast"
    return DataError("the file of states cannot be used", where=str(file), expected=expected, got=got, fix=fix)
