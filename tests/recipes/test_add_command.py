"""The recipe "A command" of docs/extending.md, executed."""

from __future__ import annotations

import json

import pytest

from supplyshock.scenarios.shipped import shipped_names
from support.recipes import ScratchCopy

HEADING = "A command"


@pytest.fixture(scope="module")
def printed(changed: ScratchCopy) -> list[str]:
    """What the recipe's commands print."""
    return changed.commands(HEADING)


def test_a_module_and_its_name(changed: ScratchCopy) -> None:
    assert changed.written == {"engine/supplyshock/cli/scenarios.py"}
    assert changed.edited == {"engine/supplyshock/cli/__init__.py"}


def test_it_prints(printed: list[str]) -> None:
    text, as_json = printed
    assert tuple(text.split()) == shipped_names()
    assert tuple(json.loads(as_json)["scenarios"]) == shipped_names()


def test_help_walks_to_it(changed: ScratchCopy) -> None:
    assert "List the configs that ship." in changed.run("supplyshock --help").stdout
    assert "--json" in changed.run("supplyshock scenarios --help").stdout


def test_wrong_use_has_its_exit_code(changed: ScratchCopy) -> None:
    assert "--jsn" in changed.run("supplyshock scenarios --jsn", exit_code=2).stderr
    assert "'scenarios'" in changed.run("supplyshock scenario", exit_code=2).stderr
