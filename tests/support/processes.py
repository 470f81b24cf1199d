"""Processes that tests start: Python, with `support` and this checkout importable."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]


def environment(**variables: str) -> dict[str, str]:
    """The environment of this process, with `support` importable and some variables set."""
    path = [str(TESTS), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(path)), **variables}


def start_module(name: str, *arguments: object, options: tuple[str, ...] = (), **more: Any) -> subprocess.Popen[str]:
    """Starts ``python -m support.NAME ARGUMENTS``."""
    command = [sys.executable, *options, "-m", f"support.{name}", *map(str, arguments)]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": environment()}
    return subprocess.Popen(command, text=True, **{**pipes, **more})


def run_module(name: str, *arguments: object, timeout: float = 600, **more: Any) -> str:
    """What ``python -m support.NAME ARGUMENTS`` prints; an error where it fails."""
    process = start_module(name, *arguments, **more)
    printed, complaint = process.communicate(timeout=timeout)
    if process.returncode:
        raise RuntimeError(f"support.{name} ended with {process.returncode}\n{complaint}")
    return printed


def run_code(code: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Runs a few lines of Python in a process of their own."""
    command = [sys.executable, *options, "-c", code]
    return subprocess.run(command, env=environment(), text=True, capture_output=True, timeout=120, check=False)


def run_script(code: str, folder: Path, *arguments: object, seconds: float = 60) -> subprocess.CompletedProcess[str]:
    """Runs a few lines of Python as a file in a folder; an error where they take longer."""
    file = folder / "script.py"
    file.write_text(code)
    command = [sys.executable, str(file), *map(str, arguments)]
    return subprocess.run(command, env=environment(), text=True, capture_output=True, timeout=seconds, check=False)


def wait_for(ready: Callable[[], object], process: subprocess.Popen[str], seconds: float = 60) -> None:
    """Returns once `ready` gives something true; a process that ends before is an error, and so is silence."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if ready():
                return
        except (OSError, ValueError):
            pass  # a file that is being written
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    raise AssertionError(f"not ready after {seconds} s")
