"""The model in NumPy, written to be read: `backends.array_program`, statement by statement."""

from __future__ import annotations

from ..spec import BackendSpec, Pausing, Simulate


def _load() -> Simulate:
    from .simulate import simulate

    return simulate


def _load_pausing() -> Pausing:
    from .simulate import go_on, pause

    return Pausing(pause, go_on)


SPEC = BackendSpec(name="reference", load=_load, load_pausing=_load_pausing, path_weeks_per_second=1e5, timing_paths=64)
