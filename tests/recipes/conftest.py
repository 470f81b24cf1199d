"""Fixtures that execute recipes of docs/extending.md."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from support.command import invoke
from support.recipes import ScratchCopy, blocks, file_name


def run_command(line: str) -> str:
    """stdout of one ``supplyshock ...`` line, run in this process."""
    program, *arguments = shlex.split(line)
    assert program == "supplyshock", f"a recipe without edits runs supplyshock only: {line}"
    result = invoke(*arguments)
    assert result.exit_code == 0, f"{line}\n{result.output}"
    return result.output


@pytest.fixture
def execute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """Executes the recipe below a heading in a scratch folder, the current one; returns what each command printed."""
    monkeypatch.chdir(tmp_path)

    def apply(heading: str) -> list[str]:
        printed = []
        for language, text in blocks(heading):
            if language == "bash":
                printed += [run_command(line) for line in text.splitlines()]
            else:
                Path(file_name(text)).write_text(text, encoding="utf-8")
        return printed

    return apply


@pytest.fixture(scope="module")
def changed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ScratchCopy:
    """A scratch copy of this repository, changed by the recipe that the module's `HEADING` names."""
    return ScratchCopy.make(tmp_path_factory.mktemp("copy")).change(request.module.HEADING)
