"""Runs `torch_model.py` in a process of its own: it can be cut off, and its libraries meet no others."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("torch_model.py")


def measured(device: str, limit: float, *options: str) -> dict[str, Any]:
    """What `torch_model.py` reports within so many seconds; ``absent`` says why it could not, ``failed`` what broke."""
    if importlib.util.find_spec("torch") is None:
        return {"absent": "torch is not installed"}
    with tempfile.TemporaryDirectory() as compiled:
        return ended(device, limit, compiled, *options)


def ended(device: str, limit: float, compiled: str, *options: str) -> dict[str, Any]:
    """The same, with what was compiled in a folder that begins empty: else a second run would tell of the first's."""
    command = [sys.executable, str(SCRIPT), device, *options]
    # threads that wait in a loop for each other stand still on cores that others use too
    environment = os.environ | {"OMP_WAIT_POLICY": "passive", "TORCHINDUCTOR_CACHE_DIR": compiled}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    child = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
        encoding="utf-8",
    )
    late = ""
    try:
        out, error = child.communicate(timeout=max(limit, 1))
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)  # its compilers too
        out, error = child.communicate()
        late = f"cut off after {limit:.0f} s"
    results: dict[str, Any] = {}
    for line in out.splitlines():
        results |= json.loads(line) if line.startswith("{") and line.endswith("}") else {}
    if late:
        results["failed"] = late
    elif child.returncode:
        results["failed"] = error.strip()[-2000:] or f"exit code {child.returncode}"
    return results
