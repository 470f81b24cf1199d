"""The model on CPU cores: tiles of paths in the cache, compiled by numba, one thread a call."""

from __future__ import annotations

from ..spec import BackendSpec, Simulate


def _load() -> Simulate:
    from .simulate import simulate

    return simulate


SPEC = BackendSpec(name="numba", load=_load, path_weeks_per_second=1e6)
"""The rate is measured on cores of two AMD EPYC (2026)."""
