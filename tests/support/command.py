"""The command line as tests call it, and one small run that they share."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

SCENARIOS = ("status_quo", "swap_deal", "breakdown")
SMALL = ("--paths", "300", "--weeks", "52", "--save-series", "10", "--backend", "reference", "--seed", "5")
_made: dict[str, Path] = {}


def invoke(*args: object, env: dict[str, str] | None = None) -> Result:
    """`supplyshock ARGS` in this process; stdout and stderr apart."""
    from supplyshock.cli import main

    return CliRunner().invoke(main, [str(a) for a in args], prog_name="supplyshock", env=env)


def script(*args: object, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    """`supplyshock ARGS` in a process of its own: the console script of this Python."""
    command = [str(Path(sys.executable).parent / "supplyshock"), *map(str, args)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=300, env=os.environ | env, cwd=cwd, check=False
    )


def said(result: Result) -> str:
    """What stderr says after `Error: `."""
    return result.stderr.partition("Error: ")[2].strip()


def is_one_clear_line(result: Result) -> bool:
    """One line after `Error: `, nothing on stdout and no traceback."""
    message = said(result)
    return bool(message) and "\n" not in message and not result.stdout and "Traceback" not in result.stderr


@pytest.fixture(scope="module")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three scenarios of 300 paths and 52 weeks, made once for all modules of a process; only to be read."""
    if "run" not in _made:
        out = tmp_path_factory.mktemp("command") / "run"
        made = invoke("run", *SCENARIOS, *SMALL, "--out", out, "--quiet")
        assert made.exit_code == 0, made.output
        _made["run"] = out
    return _made["run"]


@pytest.fixture(scope="module")
def tree(small_run: Path) -> Any:
    """Its results."""
    import supplyshock as ss

    return ss.open_run(small_run)
