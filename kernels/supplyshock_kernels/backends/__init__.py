"""Loops over paths. A backend is ``simulate(params, grid, seed, paths, versus=None) -> Observed``.

The result for a path depends only on (params, seed, path index): never on the
block it came in, nor on tiles, threads or order. ``tests/support/conformance.py``
holds every backend to that.

A backend is a package here that declares one ``SPEC``, and a line in `PACKAGES`. No other code names it.
"""

from __future__ import annotations

from importlib import import_module

from .spec import MAX_CALL, BackendSpec, Devices, NoDevice, Simulate

PACKAGES = (
    "numba_cpu",
    "jax_xla",
    "reference",
    "numba_cuda",
)
"""The first one computes on processor cores unless another is asked for; of those with accelerators, the first."""


def _declared() -> dict[str, BackendSpec]:
    specs = [import_module(f".{package}", __name__).SPEC for package in PACKAGES]
    return {spec.name: spec for spec in specs}


SPECS = _declared()
"""Every backend's `BackendSpec`, by name."""
NAMES = tuple(SPECS)
DEFAULT = NAMES[0]


def get(name: str) -> Simulate:
    """The ``simulate`` of a backend. Raises `KeyError` for an unknown name."""
    return SPECS[name].load()


__all__ = [
    "DEFAULT", "MAX_CALL", "NAMES", "PACKAGES", "SPECS", "BackendSpec", "Devices", "NoDevice", "Simulate", "get",
]  # fmt: skip
