"""Recipes of docs/extending.md, executed: new files, edits of files, commands."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "extending.md"
BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
COPIED = ("engine", "kernels", "configs", "tests/support", "tests/golden", "tests/kernels/test_conformance.py",
          "tests/conftest.py", "pyproject.toml")  # fmt: skip
"""What a scratch copy has of this repository."""
SUPPLYSHOCK = ("-c", "from supplyshock.cli import main; main(prog_name='supplyshock')")
PROGRAMS = {"supplyshock": SUPPLYSHOCK, "pytest": ("-m", "pytest", "-p", "no:cacheprovider"), "python": ()}
"""What a recipe may run, as arguments of this Python."""


def blocks(heading: str) -> list[tuple[str, str]]:
    """(language, text) of the code blocks below a heading of the page, in order."""
    sections = re.split(r"^## (.*)\n", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    text = dict(zip(sections[1::2], sections[2::2], strict=True))[heading]
    return [(m[2], dedent(m[3])) for m in BLOCK.finditer(text)]


def command_lines(heading: str) -> list[str]:
    """The commands of a recipe, in order."""
    return [line for language, text in blocks(heading) if language == "bash" for line in text.splitlines()]


def file_name(text: str) -> str:
    """The file that the first line of a block names."""
    name = text.splitlines()[0].removeprefix("# ")
    assert re.fullmatch(r"[\w./]+\.\w+", name), f"a block names no file: {name!r}"
    return name


def hunks(lines: list[str]) -> Iterator[tuple[str, str, str]]:
    """(place, old text, new text) of the edits in a block."""
    place, old, new = "", "", ""
    for line in [*lines, "@@"]:
        sign, text = line[:1] or " ", line[1:] + "\n"
        if sign == "@":
            if old != new:
                yield place, old, new
            place, old, new = line.removeprefix("@@").strip(), "", ""
            continue
        assert sign in " +-", f"an edit begins with a space, + or -: {line!r}"
        old += text if sign != "+" else ""
        new += text if sign != "-" else ""


def edited(text: str, lines: list[str]) -> str:
    """A file's text after the edits of a block; every place has to be there exactly once."""
    for place, old, new in hunks(lines):
        assert place in text, f"no {place!r}"
        at = [m.start() for m in re.finditer(f"^{re.escape(old)}", text, re.MULTILINE)]
        assert len(at) == 1, f"{len(at)} places, not one, have the lines\n{old}"
        text = text[: at[0]] + new + text[at[0] + len(old) :]
    return text


@dataclass
class ScratchCopy:
    """A copy of this repository's code that a recipe changes; caches of compiled kernels are its own."""

    root: Path
    edited: set[str] = field(default_factory=set)
    """Files that edits changed."""
    written: set[str] = field(default_factory=set)
    """Files that are new."""

    @classmethod
    def make(cls, root: Path) -> ScratchCopy:
        """Copies the code."""
        for name in COPIED:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / name, root / name)
        return cls(root)

    def change(self, heading: str) -> ScratchCopy:
        """Makes the edits and writes the files of a recipe."""
        for language, text in blocks(heading):
            if language == "bash":
                continue
            name = file_name(text)
            file = self.root / name
            if language == "diff":
                file.write_text(edited(file.read_text(encoding="utf-8"), text.splitlines()[1:]), encoding="utf-8")
                self.edited.add(name)
            else:
                assert not file.exists(), f"{name} exists"
                file.parent.mkdir(exist_ok=True)
                file.write_text(text, encoding="utf-8")
                self.written.add(name)
        return self

    def commands(self, heading: str) -> list[str]:
        """What the commands of a recipe print, each of which has to succeed."""
        return [self.run(line).stdout for line in command_lines(heading)]

    def run(self, line: str, exit_code: int = 0) -> subprocess.CompletedProcess[str]:
        """Runs a command line in the copy, with the code of the copy."""
        program, *arguments = shlex.split(line)
        command = [sys.executable, *PROGRAMS[program], *arguments]
        path = os.pathsep.join(str(self.root / name) for name in ("engine", "kernels", "tests"))
        env = os.environ | {"PYTHONPATH": path, "SUPPLYSHOCK_CACHE_DIR": str(self.root / "cache")}
        result = subprocess.run(
            command, cwd=self.root, env=env, capture_output=True, text=True, timeout=900, check=False
        )
        assert result.returncode == exit_code, f"{line}\n{result.stdout}\n{result.stderr}"
        return result

    def python(self, code: str, exit_code: int = 0) -> subprocess.CompletedProcess[str]:
        """Runs lines of Python in the copy."""
        return self.run(f"python -c {shlex.quote(code)}", exit_code)
