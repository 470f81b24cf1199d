"""The recipe "An equation" of docs/extending.md, executed: exactly the scenarios that it concerns move."""

from __future__ import annotations

import json

import pytest

from golden.outcomes import outcome_digest
from supplyshock.scenarios.scenario import load_scenario
from supplyshock.scenarios.shipped import shipped_names
from support.recipes import ScratchCopy, command_lines

HEADING = "An equation"
PATHS = 8
WITHOUT = ("status_quo", "breakdown")
"""Scenarios without a quota that the quick test looks at; the slow one looks at all."""
DIGESTS = """
import json
from golden.outcomes import outcome_digest

print(json.dumps({name: outcome_digest(name, "reference", paths=%d) for name in %r}))
"""


@pytest.fixture(scope="module")
def with_quota() -> set[str]:
    """Shipped scenarios with an export quota."""
    names = {name for name in shipped_names() if load_scenario(name).params.schedule.quota.any()}
    assert 0 < len(names) < len(shipped_names())
    return names


def test_one_file(changed: ScratchCopy) -> None:
    assert changed.written == set()
    assert changed.edited == {"kernels/supplyshock_kernels/model/materials.py"}


def test_scenarios_with_a_quota_move_and_no_other(changed: ScratchCopy, with_quota: set[str]) -> None:
    names = (*sorted(with_quota), *WITHOUT)
    after = json.loads(changed.python(DIGESTS % (PATHS, names)).stdout)
    before = {name: outcome_digest(name, "reference", paths=PATHS) for name in names}
    assert {name for name in names if before[name] != after[name]} == with_quota


@pytest.mark.slow  # compiles the numba kernels of the copy
def test_the_command_of_the_recipe_names_them(changed: ScratchCopy, with_quota: set[str]) -> None:
    (command,) = command_lines(HEADING)
    lines = changed.run(command, exit_code=1).stdout.splitlines()
    assert set(lines) == {f"numba_float32: {name}" for name in with_quota}
