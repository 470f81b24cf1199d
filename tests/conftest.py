"""Shared by all tests: tiers, the order of files, kernels compiled once, files in memory. Helpers are in `support`."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from support import tiers

MEMORY, ENOUGH = Path("/dev/shm"), 4 * 2**30
"""Where temporary folders are made if it has that many bytes free: on a disk, runs wait for it at every file."""

pytest.register_assert_rewrite("support.conformance", "support.command", "support.processes")


def pytest_configure(config: pytest.Config) -> None:
    """Only processes that run tests compile; with pytest-xdist the first process runs none."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
    if hasattr(config, "workerinput") or not getattr(config.option, "numprocesses", None):
        from support import compile_in_turn

        compile_in_turn.install()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks tests by their files, and starts with the files that take longest."""
    for item in items:
        tiers.mark(item)
    items.sort(key=tiers.rank)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Tests of a file, or of files that share a program, run in one process."""
    from support.file_groups import FileGroups

    return FileGroups(config, log)
