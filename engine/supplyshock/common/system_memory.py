"""How much memory this process may still use: what the machine has free, and what its control groups leave."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

UNLIMITED = 1 << 60
"""A limit of this many bytes or more is none."""
_VERSIONS = (
    ("sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"),
    ("sys/fs/cgroup/unified", "memory.max", "memory.current", "inactive_file"),
    ("sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)
"""Where control groups lie; their limit, their use, and the part of it that the system drops when asked."""


def available_memory(root: Path = Path("/")) -> int | None:
    """Bytes that may still be used; None if the system does not say. `root` holds ``proc`` and ``sys``."""
    known = [*_of_groups(root), *_of_machine(root)]
    return max(0, min(known)) if known else None


def _of_machine(root: Path) -> Iterator[int]:
    free = re.search(r"^MemAvailable:\s*(\d+) kB", _text(root / "proc/meminfo"), re.M)
    if free:
        yield int(free[1]) * 1024
        return
    with suppress(OSError, ValueError, AttributeError):
        yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _of_groups(root: Path) -> Iterator[int]:
    """The limits of every control group of this process, from its own to the root."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2) if line.count(":") >= 2 else ("", "none", "/")
        if controllers and "memory" not in controllers.split(","):
            continue
        for folder, limit, used, idle in _VERSIONS:
            for group in _upward(root / folder, path):
                if (most := _number(group / limit)) is not None and most < UNLIMITED:
                    spare = re.search(rf"^{idle} (\d+)$", _text(group / "memory.stat"), re.M)
                    yield most - (_number(group / used) or 0) + (int(spare[1]) if spare else 0)


def _upward(top: Path, path: str) -> Iterator[Path]:
    """The group at `path` below `top`, and those above it. In a container the path may be that of the host."""
    parts = [p for p in path.split("/") if p not in ("", ".", "..")]
    for n in range(len(parts), -1, -1):
        yield top.joinpath(*parts[:n])


def _number(file: Path) -> int | None:
    text = _text(file).strip()
    return int(text) if text.isdecimal() else None


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8", "replace")
    except OSError:
        return ""
