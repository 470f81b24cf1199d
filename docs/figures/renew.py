"""Runs commands in a scratch copy of the project, and takes over what they made when they succeed."""

from __future__ import annotations

import filecmp
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from supplyshock.common.errors import SupplyshockError
from supplyshock.store.atomic_files import write_text

from . import lock as locks
from . import pages, text
from .registry import Artefact, Registry

COPIED = ("*.md", "Makefile", "pyproject.toml", "requirements.lock", "docs", "configs", "tests/golden")
"""What commands find of the project in the scratch copy; the code they run is that of the project."""
SAID = 12
"""Lines of a command that failed."""


class CommandError(SupplyshockError):
    """A command that failed."""


class Renewal:
    """Makes artefacts one after the other, and says so."""

    def __init__(self, root: Path, registry: Registry) -> None:
        self.root, self.registry = root, registry
        self.lock = locks.read(root)
        self.failed: dict[str, str] = {}
        self.begin = time.monotonic()

    def make(self, names: Sequence[str]) -> None:
        """Makes artefacts and those before them; one that fails changes no file, and stops only those after it."""
        steps = self.registry.with_those_before(names)
        with scratch_copy(self.root) as scratch:
            for number, name in enumerate(steps, 1):
                artefact = self.registry.artefacts[name]
                if lost := [before for before in self.registry.chain(name)[:-1] if before in self.failed]:
                    self._fail(name, f"not made: {', '.join(lost)} failed")
                    continue
                self.say(f"{number}/{len(steps)} {name}: {' '.join(artefact.command.split())[:90]}")
                try:
                    self._make(name, artefact, scratch)
                except (SupplyshockError, OSError) as e:
                    self._fail(name, str(e))
        self._renew_numbers()

    def say(self, line: str) -> None:
        """A line of progress, with the seconds since the start."""
        print(f"{time.monotonic() - self.begin:5.0f} s  {line}", flush=True)

    def _fail(self, name: str, why: str) -> None:
        self.failed[name] = why
        self.say(f"FAILED {name}: {why}")

    def _make(self, name: str, artefact: Artefact, scratch: Path) -> None:
        """Runs the command and takes over what it made: everything is at hand before the first file changes."""
        printed = run(artefact.command, scratch, self.root)
        values = {key: text.cell_text(scratch, cell) for key, cell in artefact.values.items()}
        page = self._page(name, artefact, scratch, printed)
        files = {**artefact.pictures, **_own_files(artefact, scratch)}
        missing = [made for made in files if not (scratch / made).is_file()]
        if missing:
            raise CommandError("the command made no such file", where=artefact.command, got=", ".join(missing))
        changed = [place for made, place in files.items() if _take(scratch / made, self.root / place)]
        if page is not None and page != (self.root / artefact.page).read_text(encoding="utf-8"):
            write_text(self.root / artefact.page, page)
            changed.append(artefact.page)
        if locks.is_locked(self.registry, name):
            before = self.lock.get(name, {}).get("values", {})
            changed += [f"{key} {before.get(key)} to {now}" for key, now in values.items() if before.get(key) != now]
            self.lock[name] = locks.entry(self.root, self.registry, name, values)
            locks.write(self.root, self.registry, self.lock)
            self.say(f"    {'; '.join(changed)}" if changed else "    as it was")

    def _page(self, name: str, artefact: Artefact, scratch: Path, printed: str) -> str | None:
        """The page with the new block; None for an artefact without one."""
        if artefact.table:
            body = text.markdown_table(scratch, artefact.table)
        elif artefact.block:
            body = text.console_block(artefact.command, printed, artefact.block)
        else:
            return None
        before = (self.root / artefact.page).read_text(encoding="utf-8")
        return pages.with_block(before, name, body, artefact.page)

    def _renew_numbers(self) -> None:
        """Writes today's numbers into the sentences that quote them."""
        for page in pages.pages(self.root):
            before = page.read_text(encoding="utf-8")
            after = pages.with_numbers(before, lambda name, key: self.lock.get(name, {}).get("values", {}).get(key))
            if after != before:
                write_text(page, after)
                self.say(f"numbers in {page.relative_to(self.root)}")

    def note_read(self, names: Sequence[str]) -> None:
        """Records that what is written, by hand or by another command, is of today."""
        for name in names:
            values = self.lock.get(name, {}).get("values")
            self.lock[name] = locks.entry(self.root, self.registry, name, values)
        locks.write(self.root, self.registry, self.lock)


@contextmanager
def scratch_copy(root: Path) -> Iterator[Path]:
    """A copy of what commands read of the project and write into it, with the configs that pages show."""
    with tempfile.TemporaryDirectory(prefix="figures-") as folder:
        scratch = Path(folder)
        for pattern in COPIED:
            for item in root.glob(pattern):
                place = scratch / item.relative_to(root)
                place.parent.mkdir(parents=True, exist_ok=True)
                if item.is_dir():
                    shutil.copytree(item, place, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    shutil.copy2(item, place)
        if (root / ".venv").exists():
            (scratch / ".venv").symlink_to((root / ".venv").resolve())
        for name, content in pages.all_saved_files(root).items():
            (scratch / name).write_text(content, encoding="utf-8")
        yield scratch


def run(command: str, scratch: Path, root: Path) -> str:
    """What a command prints. Raises `CommandError` with the end of what it said."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command], cwd=scratch, env=_environment(root), capture_output=True,
        encoding="utf-8", check=False,
    )  # fmt: skip
    if done.returncode:
        said = "\n".join(f"          {line}" for line in (done.stdout + done.stderr).splitlines()[-SAID:])
        raise CommandError(f"exit code {done.returncode} of `{command.strip()}`\n{said}")
    return done.stdout


def _environment(root: Path) -> dict[str, str]:
    """The same on every machine: options of the environment would change results, its width the tables."""
    dropped = ("SUPPLYSHOCK_", "MAKE", "MFLAGS")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(dropped) or k == "SUPPLYSHOCK_CACHE_DIR"}
    code = os.pathsep.join([str(root / "engine"), str(root / "kernels"), kept.get("PYTHONPATH", "")])
    path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")])
    fixed = {"COLUMNS": "120", "NO_COLOR": "1", "TERM": "dumb", "LC_ALL": "C.UTF-8", "MPLBACKEND": "Agg"}
    return kept | fixed | {"PYTHONPATH": code, "PATH": path}


def _own_files(artefact: Artefact, scratch: Path) -> dict[str, str]:
    """Files that a command wrote where they belong."""
    found = sorted({file for pattern in artefact.writes for file in scratch.glob(pattern) if file.is_file()})
    return {str(f.relative_to(scratch)): str(f.relative_to(scratch)) for f in found}


def _take(made: Path, place: Path) -> bool:
    """Puts a file in its place, whole; whether it changed."""
    if place.exists() and filecmp.cmp(made, place, shallow=False):
        return False
    place.parent.mkdir(parents=True, exist_ok=True)
    partial = place.with_name(f".{place.name}.partial")
    shutil.copyfile(made, partial)
    partial.replace(place)
    return True
