"""Shared by the tests of the engine."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # `synthetic`, whatever the import mode of pytest


@pytest.fixture
def python() -> Callable[..., subprocess.Popen[str]]:
    """Starts Python code in a process of its own, with `synthetic` at hand."""

    def start(code: str, *options: str) -> subprocess.Popen[str]:
        env = os.environ | {"PYTHONPATH": os.pathsep.join([str(HERE), *sys.path])}
        command = [sys.executable, *options, "-c", code]
        return subprocess.Popen(command, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    return start


@pytest.fixture
def digests() -> Callable[[Path], dict[str, str]]:
    """SHA-256 of every file below a folder, by relative path."""

    def of(folder: Path) -> dict[str, str]:
        return {
            str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
            for p in sorted(folder.rglob("*"))
            if p.is_file()
        }

    return of
