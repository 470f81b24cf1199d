"""The model on CPU cores: tiles of paths in the cache, compiled by numba, one thread a call."""

from __future__ import annotations

from ..spec import BackendSpec, Pausing, Simulate


def _load() -> Simulate:
    from .simulate import simulate

    return simulate


def _load_pausing() -> Pausing:
    from .simulate import go_on, pause

    return Pausing(pause, go_on)


SPEC = BackendSpec(name="numba", load=_load, load_pausing=_load_pausing, path_weeks_per_second=1e6)
"""The rate is measured on cores of two AMD EPYC (2026)."""
