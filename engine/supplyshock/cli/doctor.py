"""``supplyshock doctor``."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import click

PACKAGES = ("supplyshock", "numpy", "numba", "llvmlite", "xarray", "zarr", "numcodecs", "click", "pydantic")


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
def command(as_json: bool) -> None:
    """Say what is installed, what this machine has, and whether a small run works."""
    found = examine()
    if as_json:
        click.echo(json.dumps(found))
        return
    for name, value in found.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else value
        click.echo(f"{name.replace('_', ' '):16}{shown}")


def examine() -> dict[str, Any]:
    """What `doctor` says. A backend that fails its trial is named with its error."""
    from supplyshock_kernels.backends.numba_cpu import _cache

    from ..plan import usable_cores
    from ..resources import configs_dir, shipped_names

    folder = _cache.folder()
    return {
        "python": platform.python_version(),
        "packages": [f"{p} {_version(p)}" for p in PACKAGES],
        "cpu": f"{usable_cores()} cores usable, {simd()}",
        "gpu": gpus() or "none found; this version computes on the CPU",
        "configs": f"{configs_dir()} ({len(shipped_names())} scenarios)",
        "kernel_cache": f"{folder} ({'warm' if any(folder.rglob('*.nbc')) else 'cold: the first run compiles'})",
        "disk_free_gb": round(shutil.disk_usage(Path.cwd()).free / 1e9, 1),
        "trial": trial(),
    }


def trial() -> str:
    """Four paths of the shipped status quo on the reference and on numba, compared."""
    import numpy as np
    from supplyshock_kernels import backends
    from supplyshock_kernels.params import Grid

    from ..scenario import load_scenario

    params = load_scenario("status_quo", {"weeks": 8, "policy": {"clock_expires": None}}).params
    try:
        a, b = (backends.get(n)(params, Grid(), 1, range(4)).outcomes for n in ("numba", "reference"))
    except Exception as e:
        return f"failed: {type(e).__name__}: {e}"
    same = np.allclose(a, b, rtol=1e-2, atol=1e-3, equal_nan=True)
    return "numba and the reference agree" if same else "FAILED: numba and the reference differ"


def simd() -> str:
    """Vector instructions that matter to the kernels."""
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.machine()
    return next((n for n, flag in (("AVX-512", " avx512f "), ("AVX2", " avx2 ")) if flag in flags), platform.machine())


def gpus() -> list[str]:
    """NVIDIA devices that the driver lists."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    asked = [tool, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    try:
        answer = subprocess.run(asked, capture_output=True, text=True, timeout=10, env=os.environ)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [line.strip() for line in answer.stdout.splitlines() if line.strip()] if answer.returncode == 0 else []


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"
