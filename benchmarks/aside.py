"""Runs `torch_model.py` in a process of its own: it may take long, run out of memory, or not be there at all."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("torch_model.py")
WAYS = ("eager", "compiled")


def is_installed() -> bool:
    """Whether PyTorch is there."""
    return importlib.util.find_spec("torch") is not None


def torch_ways(device: str, width: int, seconds: float, repeats: int = 3) -> list[dict[str, Any]]:
    """What each way of running it gave within so many seconds."""
    command = [sys.executable, str(SCRIPT), "--device", device, "--width", str(width), "--repeats", str(repeats)]
    try:
        said = subprocess.run(command, stdout=subprocess.PIPE, timeout=seconds, check=False).stdout
    except subprocess.TimeoutExpired as error:
        said = error.stdout or b""
    found = [json.loads(line) for line in said.decode().splitlines()]
    missing = set(WAYS) - {one["way"] for one in found}
    return found + [{"way": way, "failed": f"not within {seconds:.0f} s"} for way in sorted(missing)]
