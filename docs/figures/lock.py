"""The lock: from what each artefact was made when it was made last, and what is stale since."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from supplyshock.common.errors import ConfigError
from supplyshock.store.atomic_files import write_text

from . import keys, pages
from .registry import Artefact, Registry, places

FILE = "docs/figures/lock.json"
Lock = dict[str, dict[str, Any]]


class Stale(NamedTuple):
    """What is not of today, why, and what to do about it."""

    name: str
    place: str
    why: str
    fix: str

    def __str__(self) -> str:
        """One line."""
        return f"{self.name} ({self.place}): {self.why}; {self.fix}"


def read(root: Path) -> Lock:
    """The lock of a project; empty where there is none. Raises `ConfigError`."""
    try:
        lock: Lock = json.loads((root / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as e:
        raise ConfigError("cannot be read", where=FILE, got=str(e), fix="take the last committed one") from e
    return lock


def write(root: Path, registry: Registry, lock: Lock) -> None:
    """Writes the lock, in the order of the registry; what is no longer in it is dropped."""
    order = [*registry.artefacts, *registry.by_hand]
    kept = {name: lock[name] for name in order if name in lock}
    write_text(root / FILE, json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


def is_locked(registry: Registry, name: str) -> bool:
    """Whether the lock says something of an artefact: it has content of its own, and no other test."""
    source = registry.source(name)
    if not isinstance(source, Artefact):
        return True
    made = source.block or source.table or source.values or source.pictures or source.writes
    return bool(made) and not source.checked_by


def entry(root: Path, registry: Registry, name: str, values: dict[str, str] | None = None) -> dict[str, Any]:
    """What the lock holds of an artefact that is of today."""
    held: dict[str, Any] = {"from": keys.key(root, registry, name)}
    source = registry.source(name)
    if isinstance(source, Artefact):
        held |= {"content": content} if (content := _content(root, name, source)) else {}
        held |= {"values": values} if values else {}
    return held


def _content(root: Path, name: str, artefact: Artefact) -> str:
    """Digest of the block or table and of the pictures as they stand in the project; empty without any."""
    parts: list[str | bytes] = []
    if artefact.page:
        text = (root / artefact.page).read_text(encoding="utf-8")
        parts.append(pages.block(text, name, artefact.page))
    parts += [(root / place).read_bytes() for place in artefact.pictures.values()]
    return keys.short("".join(map(keys.short, parts))) if parts else ""


def stale(root: Path, registry: Registry, name: str, lock: Lock) -> Stale | None:
    """Why an artefact or a quote is not of today; None where it is, and where the lock says nothing of it."""
    if not is_locked(registry, name):
        return None
    source, was = registry.source(name), lock.get(name)
    if isinstance(source, Artefact):
        place, fix = _place(source), f"make figures ONLY={name}"
    else:
        place, fix = f"{source.page}, {source.place}", f"read it again, then make figures READ={name}"
    why = _why(root, registry, name, was)
    return Stale(name, place, why, fix) if why else None


def _place(artefact: Artefact) -> str:
    return ", ".join(dict.fromkeys(places(artefact))) or "numbers of sentences"


def _why(root: Path, registry: Registry, name: str, was: dict[str, Any] | None) -> str:
    """What moved since; empty where nothing did."""
    source = registry.source(name)
    if was is None:
        return "never made" if isinstance(source, Artefact) else "never read"
    now, then = keys.key(root, registry, name), was["from"]
    moved = [what for what in sorted(now.keys() | then.keys()) if now.get(what) != then.get(what)]
    if moved:
        return f"changed since: {', '.join(moved)}"
    if not isinstance(source, Artefact):
        return ""
    try:
        content = _content(root, name, source)
    except FileNotFoundError as e:
        return f"{Path(e.filename).name} is missing"
    return "edited by hand" if content != was.get("content", "") else ""


def all_stale(root: Path, registry: Registry, lock: Lock) -> list[Stale]:
    """Everything that is not of today, artefacts first."""
    names = [*registry.artefacts, *registry.by_hand]
    return [found for name in names if (found := stale(root, registry, name, lock))]


def wrong_numbers(root: Path, lock: Lock) -> list[str]:
    """Numbers that pages quote and the lock has otherwise, a line each. Raises `ConfigError`."""
    found = []
    for page in pages.pages(root):
        where = page.relative_to(root).as_posix()
        for name, value, text in pages.quoted(page.read_text(encoding="utf-8"), where):
            now = lock.get(name, {}).get("values", {}).get(value)
            if now is None:
                found.append(f"{where}: no number is called {name}.{value}")
            elif now != text:
                found.append(f"{where}: {name}.{value} is {now}, the page says {text}; make figures ONLY={name}")
    return found
