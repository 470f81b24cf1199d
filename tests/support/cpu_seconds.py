"""Processor seconds of every file of tests: ``pytest -p support.cpu_seconds ...`` gives what `tiers.SECONDS` lists.

Wall time says little on a machine that does something else as well. Children count once they have ended.
"""

from __future__ import annotations

import resource
from collections import Counter
from collections.abc import Iterator

import pytest

from support.tiers import SECONDS, stem

WORTH_LISTING = 4.0
_by_file: Counter[str] = Counter()
_started: dict[str, float] = {}


def used() -> float:
    """Processor seconds of this process and its children."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """A test begins."""
    _started[item.nodeid] = used()
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """A test ends; its seconds travel with its last report, from other processes too."""
    try:
        return (yield)
    finally:
        item.user_properties.append(("cpu", used() - _started.pop(item.nodeid)))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Adds up reports of all processes."""
    if report.when == "teardown":
        _by_file[stem(report.nodeid)] += sum(value for name, value in report.user_properties if name == "cpu")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Files that belong into `tiers.SECONDS`, and those that are in it and no longer long."""
    terminalreporter.section("processor seconds by file")
    for name, seconds in _by_file.most_common():
        if seconds >= WORTH_LISTING or name in SECONDS:
            terminalreporter.write_line(f'    "{name}": {seconds:.0f},')
    terminalreporter.write_line(f"{sum(_by_file.values()):.0f} s in all, without start-up and collection")
