"""Values that Slurm understands, checked before a job waits in a queue for hours to be refused."""

from __future__ import annotations

import re

_TIME = re.compile(r"(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?")
_MEMORY = re.compile(r"\d+[KMGT]?", re.IGNORECASE)
_GPUS = re.compile(r"(?:([A-Za-z][\w.-]*):)?([1-9]\d*)")


def seconds(text: str) -> int | None:
    """Seconds of a time limit, or None if it is none.

    Slurm reads minutes, minutes:seconds, hours:minutes:seconds, days-hours, days-hours:minutes and
    days-hours:minutes:seconds (manual page of sbatch, ``--time``).
    """
    match = _TIME.fullmatch(text)
    if not match:
        return None
    days, *rest = match.groups()
    a, b, c = (int(x or 0) for x in rest)
    if days is not None:
        return ((int(days) * 24 + a) * 60 + b) * 60 + c
    return (a * 60 + b) * 60 + c if rest[2] is not None else a * 60 + b


def is_memory(text: str) -> bool:
    """Whether sbatch takes it for ``--mem``."""
    return _MEMORY.fullmatch(text) is not None


def memory_bytes(text: str) -> int | None:
    """Bytes of a size for ``--mem``, which are MB without a letter; None for 0, which means all of a node."""
    number, unit = text.rstrip("KMGTkmgt"), text.lstrip("0123456789").upper() or "M"
    return int(number) * 2 ** (10 * (1 + "KMGT".index(unit))) or None


def gpus(text: str) -> str | None:
    """``gpu:4`` or ``gpu:a100:4`` (of ``--gres``) for "4" or "a100:4"; None if it is neither."""
    match = _GPUS.fullmatch(text)
    return f"gpu:{text}" if match else None
