"""Code of the pages is right: Python runs, commands parse, configs load."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

import supplyshock as ss
from supplyshock.cli import main
from support.command import SCENARIOS, invoke

ROOT = Path(__file__).resolve().parents[1]
BY_HAND = ("README.md", "docs/*.md", "docs/how-to/*.md", "docs/reference/*.md")
PAGES = sorted({page for pattern in BY_HAND for page in ROOT.glob(pattern)})
BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<body>.*?)^```", re.DOTALL | re.MULTILINE)
PLACEHOLDER = re.compile(r"\.\.\.|[A-Z]{3,}(?![\w=])|\[")
"""In a line that shows a form and is no command to type."""


def blocks(page: Path, *languages: str) -> list[str]:
    """Bodies of the fenced blocks in these languages."""
    return [m["body"] for m in BLOCK.finditer(page.read_text(encoding="utf-8")) if m["language"] in languages]


def commands(page: Path) -> Iterator[list[str]]:
    """The words of every `supplyshock` command that a page shows."""
    for body in blocks(page, "", "sh"):
        for line in body.replace("\\\n", " ").splitlines():
            text = re.sub(r"^\$ |^\.venv/bin/", "", re.sub(r"^\$ ", "", line.strip()))
            if text.startswith("supplyshock ") and not PLACEHOLDER.search(text.partition(" #")[0]):
                yield shlex.split(text, comments=True)[1:]


def parse(words: list[str]) -> None:
    """Raises a `click.UsageError` for a command or an option that is not there."""
    command: click.Command = main
    context = click.Context(main, info_name="supplyshock", **main.context_settings)
    while isinstance(command, click.Group):
        options = [word for word in words if word.startswith("-")]
        if words and words[0].startswith("-"):
            command.make_parser(context).parse_args(options)
            return
        name, chosen, words = command.resolve_command(context, words)
        assert chosen is not None
        command, context = chosen, click.Context(chosen, info_name=name, parent=context)
        if not words and isinstance(command, click.Group):
            return
    command.make_parser(context).parse_args(args=list(words))


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_commands_parse(page: Path) -> None:
    for words in commands(page):
        parse(words)


def test_enough_commands_are_seen_and_a_wrong_one_is_refused() -> None:
    assert sum(1 for page in PAGES for _ in commands(page)) > 60
    with pytest.raises(click.UsageError, match="No such option:? '?--pathes"):
        parse(["run", "status_quo", "--pathes", "3"])
    with pytest.raises(click.UsageError, match="No such command 'runs'"):
        parse(["runs"])


def configs(page: Path) -> list[str]:
    """Blocks that are whole configs: those with a base."""
    return [body for body in blocks(page, "yaml") if re.search(r"^base: ", body, re.MULTILINE)]


@pytest.mark.parametrize("page", [p for p in PAGES if configs(p)], ids=lambda p: str(p.relative_to(ROOT)))
def test_configs_load(page: Path, tmp_path: Path) -> None:
    for number, body in enumerate(configs(page)):
        file = tmp_path / f"config_{number}.yaml"
        file.write_text(body, encoding="utf-8")
        assert ss.load_scenario(file).weeks > 0


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run such as the pages call `runs/first`, of a few paths; only to be read."""
    out = tmp_path_factory.mktemp("docs") / "run"
    made = invoke("run", *SCENARIOS, "--paths", "300", "--save-series", "300", "--out", out, "--quiet")
    assert made.exit_code == 0, made.output
    return out


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "python")], ids=lambda p: str(p.relative_to(ROOT)))
def test_python_runs(page: Path, first_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Block after block as a reader would type them, beside a small run that is called `runs/first`."""
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs/first").symlink_to(first_run)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for body in blocks(page, "python"):
        exec(compile(body, str(page), "exec"), names)
