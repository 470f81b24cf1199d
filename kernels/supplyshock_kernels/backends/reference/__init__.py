"""The model in NumPy, written to be read: `backends.array_program`, statement by statement."""

from __future__ import annotations

from ..spec import BackendSpec, Simulate


def _load() -> Simulate:
    from .simulate import simulate

    return simulate


SPEC = BackendSpec(name="reference", load=_load, path_weeks_per_second=1e5, timing_paths=64)
