"""Limits on memory, threads and processes: one line and exit code 71, never a trace, a hang or a crash."""

from __future__ import annotations

import errno
import resource
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from supplyshock.common import machine_limits
from supplyshock.common.errors import ResourceError
from supplyshock.execution.session import run_errors
from support.command import invoke, is_one_clear_line, said
from support.processes import environment

LIMITED = """
import resource
resource.setrlimit(resource.RLIMIT_AS, (%d << 20,) * 2)
from supplyshock.cli import main
main()
"""


@pytest.mark.parametrize("megabytes", [40, 200, 450, 700])
def test_memory_too_small_for_the_libraries_is_said_beforehand(megabytes: int) -> None:
    """At 450 MB SciPy's libraries asked for memory for ever; less ended the process within them."""
    command = [sys.executable, "-c", LIMITED % megabytes, "plan", "status_quo", "--paths", "100"]
    ended = subprocess.run(command, env=environment(), text=True, capture_output=True, timeout=60, check=False)
    assert ended.returncode == ResourceError.exit_code == 71
    assert ended.stdout == ""
    assert ended.stderr.startswith("Error: ulimit -v: the limit on memory is too low: expected ")
    assert ended.stderr.count("\n") == 1


def refuse(*args: Any) -> None:
    raise RuntimeError("can't start new thread")


def test_too_few_threads_are_one_line_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading.Thread, "start", refuse)
    for words in (("doctor",), ("run", "status_quo", "--paths", 10, "--out", tmp_path / "run")):
        result = invoke(*words)
        assert result.exit_code == 71
        assert is_one_clear_line(result)
        assert "raise the limit, or use fewer --threads, --workers" in said(result)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "out of memory"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "out of memory"),
        (RuntimeError("can't start new thread"), "starts no more threads"),
        (BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"), "starts no more threads"),
    ],
)
def test_a_refusal_during_a_run_says_how_to_resume(error: BaseException, words: str, tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match=f"{words}.*; the same command resumes"), run_errors(tmp_path):
        raise error


@pytest.mark.parametrize("error", [RuntimeError("another"), OSError(errno.EIO, "no"), ValueError()])
def test_other_errors_are_no_refusals(error: BaseException) -> None:
    assert machine_limits.refused(error) is None


def test_a_pipe_that_does_not_block_is_no_limit_on_threads() -> None:
    error = BlockingIOError(errno.EAGAIN, "write could not complete without blocking", 5)
    assert machine_limits.refused(error) is None


def test_the_threads_that_are_tried_end() -> None:
    before = threading.active_count()
    machine_limits.check_threads(2)
    assert threading.active_count() == before
    assert resource.getrlimit(resource.RLIMIT_NPROC)[0] != 0
