"""The model in NumPy, written to be read: `backends.array_program`, statement by statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..spec import BackendSpec, Simulate

if TYPE_CHECKING:
    from ...paused import Pausing


def _load() -> Simulate:
    from .simulate import simulate

    return simulate


def _load_pausing() -> Pausing:
    from ...paused import pausing_of
    from .simulate import simulate_weeks

    return pausing_of(simulate_weeks)


SPEC = BackendSpec(name="reference", load=_load, load_pausing=_load_pausing, path_weeks_per_second=1e5, timing_paths=64)
