"""The origin of a run: identity of the numbers, versions and machine."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import supplyshock_kernels
from supplyshock_kernels.backends import SPECS

from .partition import Plan

if TYPE_CHECKING:
    from ..scenarios.scenario import Scenario

PACKAGES = ("supplyshock", "numpy", "numba", "jax", "xarray", "zarr")


def identity(plan: Plan, scenarios: Sequence[Scenario]) -> dict[str, Any]:
    """Everything the numbers of a run depend on; two runs of one identity have the same bytes."""
    proposal = {"tilt": plan.proposal.as_dict()} if plan.proposal else {}
    branch = {"branch": plan.branch.as_dict()} if plan.branch else {}
    book = {"book": plan.book.digest} if plan.book else {}
    return (
        proposal
        | branch
        | book
        | {
            "scenarios": ", ".join(plan.scenarios),
            "digest": {s.name: s.digest for s in scenarios},
            "start": scenarios[0].start.isoformat(),
            "weeks": plan.weeks,
            "paths": plan.paths,
            "first-path": plan.first,
            "seed": plan.seed,
            "keep-paths": plan.save_series,
            "precision": plan.precision,
            "round-bits": plan.mantissa_bits,
            "backend": plan.backend,
            "device": plan.device,
            "model code": model_digest(),
        }
    )


def made_on() -> dict[str, Any]:
    """Versions and machine of the process that prepares a run."""
    return {"versions": versions(), "machine": machine()}


def digest_of(tree: dict[str, Any]) -> str:
    """Sixteen hex digits that name a run."""
    return hashlib.sha256(json.dumps(tree, sort_keys=True).encode()).hexdigest()[:16]


@cache
def model_digest() -> str:
    """SHA-256 over the sources of the kernels and numba's version: another model makes other numbers."""
    folder = Path(supplyshock_kernels.__file__ or "").parent
    sha = hashlib.sha256(_version("numba").encode())
    for path in sorted(folder.rglob("*.py")):
        sha.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return sha.hexdigest()


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that make the numbers and the files; of compilers, those installed."""
    compilers = {name: _version(name) for spec in SPECS.values() for name in spec.packages}
    installed = {name: found for name, found in compilers.items() if found != "unknown"}
    return {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}, **installed}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


@cache
def machine() -> str:
    """The processor and the number of its cores."""
    name = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
        name = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{name}, {os.cpu_count()} cores"
