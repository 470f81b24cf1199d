"""The share of the blocks that one process of several begins with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..common.errors import UsageError


@dataclass(frozen=True)
class Shard:
    """The share of a process: every `count`-th block."""

    index: int
    """From 0."""
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """From ``i/n``, i from 1 to n. Raises `UsageError`."""
        left, slash, right = text.partition("/")
        if slash and left.strip().isdigit() and right.strip().isdigit() and 1 <= int(left) <= int(right) <= 10**6:
            return cls(int(left) - 1, int(right))
        raise UsageError("no such shard", where="--shard", expected="i/n, counted from 1 to n, such as 3/10", got=text)

    @classmethod
    def of_slurm(cls, environment: Mapping[str, str]) -> Shard | None:
        """That of a task of a Slurm job array; None outside one. Any numbers of tasks will do.

        Tasks that were given up or are sent again under other numbers overlap or leave gaps, and that is harmless.
        """
        try:
            task, count = (int(environment[f"SLURM_ARRAY_TASK_{name}"]) for name in ("ID", "COUNT"))
            step = max(1, int(environment.get("SLURM_ARRAY_TASK_STEP", 1)))
            first = int(environment.get("SLURM_ARRAY_TASK_MIN", 0))
        except (KeyError, ValueError):
            return None
        return cls((task - first) // step % count, count) if count > 0 else None

    def __str__(self) -> str:
        return f"{self.index + 1}/{self.count}"
