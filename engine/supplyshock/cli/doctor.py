"""`supplyshock doctor`."""

from __future__ import annotations

from typing import Any

import click

from .command_helpers import debug_option, json_option, print_json


@click.command(short_help="Check whether this machine can start a run.")
@json_option
@debug_option
def doctor(as_json: bool) -> None:
    """Check what this machine has: packages, processor, compiled kernels, configs, disk."""
    facts = examine()
    if as_json:
        print_json(facts)
    else:
        click.echo("\n".join(_lines(facts)))


def examine() -> dict[str, Any]:
    """Facts about this machine."""
    import platform
    import shutil

    from ..scenarios.shipped import configs_dir, shipped_names
    from .machine import find_gpu, jax_devices, kernel_cache, packages, processor

    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "packages": packages(),
        "processor": processor(),
        "gpu": find_gpu(),
        "jax": jax_devices(),
        "kernel_cache": kernel_cache(),
        "configs": {"folder": str(configs_dir()), "shipped": list(shipped_names())},
        "disk_free_mb": round(shutil.disk_usage(".").free / 2**20),
    }


def _lines(facts: dict[str, Any]) -> list[str]:
    cpu, cache, configs = facts["processor"], facts["kernel_cache"], facts["configs"]
    missing = [name for name, version in facts["packages"].items() if version is None]
    versions = ", ".join(f"{name} {version}" for name, version in facts["packages"].items() if version)
    state = f"warm, {cache['kernels']} kernels, {cache['mb']} MB" if cache["warm"] else "cold"
    compile_hint = "" if cache["warm"] else "; the first run compiles for about a minute"
    if cache["problem"]:
        compile_hint += f"; CANNOT BE WRITTEN ({cache['problem']}), set SUPPLYSHOCK_CACHE_DIR"
    return [
        f"python        {facts['python']} on {facts['system']}",
        f"packages      {versions}",
        *([f"MISSING       {', '.join(missing)}; reinstall supplyshock"] if missing else []),
        f"processor     {cpu['name']}: {cpu['usable_cores']} of {cpu['cores']} cores usable, "
        f"{', '.join(cpu['vectors']) or 'no vector instructions known'}",
        f"gpu           {facts['gpu']}; {facts['jax']}",
        f"kernel cache  {state}{compile_hint}: {cache['folder']}",
        f"configs       {', '.join(configs['shipped'])}: {configs['folder']}",
        f"disk          {facts['disk_free_mb']:,} MB free here",
    ]
