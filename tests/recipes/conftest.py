"""Executes recipes of docs/extending.md: blocks that name a file are written, blocks of commands are run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import CliRunner

PAGE = Path(__file__).parents[2] / "docs" / "extending.md"
BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def blocks(heading: str) -> list[tuple[str, str]]:
    """(language, text) of the code blocks below a heading of the page, in order."""
    sections = re.split(r"^## (.*)\n", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    text = dict(zip(sections[1::2], sections[2::2], strict=True))[heading]
    return [(m[2], dedent(m[3])) for m in BLOCK.finditer(text)]


def run_command(line: str) -> str:
    """stdout of one ``supplyshock ...`` line, run in this process."""
    from supplyshock.cli import main

    program, *arguments = shlex.split(line)
    assert program == "supplyshock", f"a recipe runs supplyshock only: {line}"
    result = CliRunner().invoke(main, arguments, prog_name=program)
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
                name = text.splitlines()[0].removeprefix("# ")
                assert re.fullmatch(r"[\w./]+\.\w+", name), f"a block of {heading!r} names no file: {name!r}"
                Path(name).write_text(text, encoding="utf-8")
        return printed

    return apply
