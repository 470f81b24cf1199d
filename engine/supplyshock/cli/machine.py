"""Facts about this machine: processor, graphics processor, packages, caches."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = (
    "supplyshock", "numpy", "numba", "llvmlite", "jax", "xarray", "zarr", "numcodecs", "click", "pydantic",
    "ruamel.yaml", "rich", "matplotlib",
)  # fmt: skip
VECTORS = ("avx", "avx2", "avx512f", "asimd")


def find_gpu() -> str:
    """The graphics processors that the NVIDIA driver names, or why there are none."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return "no NVIDIA driver found"
    query = [tool, "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        process = subprocess.run(query, capture_output=True, timeout=20, check=True, encoding="utf-8", errors="replace")
    except (OSError, subprocess.SubprocessError) as error:
        return f"nvidia-smi fails ({type(error).__name__})"
    names = [line.strip() for line in process.stdout.splitlines() if line.strip()]
    return "; ".join(names) or "an NVIDIA driver without a GPU"


def jax_devices() -> str:
    """What `--backend jax` would compute on."""
    from supplyshock_kernels import backends

    try:
        name, count = backends.SPECS["jax"].find_devices("")
        return f"JAX would use {name}" + (f" x {count}" if count > 1 else "")
    except (ImportError, RuntimeError) as error:
        return f"JAX does not start ({error})"


def packages() -> dict[str, str | None]:
    """Versions; None for a package that is missing."""
    return {name: _version(name) for name in PACKAGES}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def processor() -> dict[str, Any]:
    """Name, cores, and the vector instructions that the kernels use."""
    from ..common.machine_limits import usable_cores

    name, flags = platform.processor() or platform.machine(), ""
    if Path("/proc/cpuinfo").is_file():
        facts = dict(_pairs(Path("/proc/cpuinfo").read_text("utf-8", "replace")))
        name = facts.get("model name", name)
        flags = facts.get("flags", facts.get("Features", ""))
    vectors = [v for v in VECTORS if v in flags.split()]
    return {"name": name, "cores": os.cpu_count(), "usable_cores": usable_cores(), "vectors": vectors}


def _pairs(text: str) -> list[tuple[str, str]]:
    lines = (line.partition(":") for line in text.splitlines())
    return [(key.strip(), value.strip()) for key, colon, value in lines if colon]


def kernel_cache() -> dict[str, Any]:
    """The folder of the compiled kernels, whether they exist already (the first run compiles them) and can be kept."""
    from supplyshock_kernels.backends import compile_cache
    from supplyshock_kernels.backends.numba_cpu import kernel_cache

    folder, sizes, problem = kernel_cache.folder(), [], ""
    try:
        sizes = [f.stat().st_size for f in folder.rglob(f"*{kernel_cache.ENDING}")]
        compile_cache.check_writable(folder, size=1)
    except OSError as error:
        problem = error.strerror or str(error)
    return {
        "folder": str(folder),
        "warm": bool(sizes),
        "kernels": len(sizes),
        "mb": round(sum(sizes) / 2**20, 1),
        "problem": problem,
    }
