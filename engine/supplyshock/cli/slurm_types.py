"""Types of the options that end up in front of sbatch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from ..execution.slurm import values


class ValidatedText(click.ParamType):  # type: ignore[type-arg]  # not generic before click 8.2
    """Text that `read` turns into the value; None means that it is wrong."""

    def __init__(self, name: str, expected: str, read: Callable[[str], str | None]) -> None:
        """A type whose refusal says what was `expected`."""
        self.name, self.expected, self.read = name, expected, read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The value, as `read` returns it."""
        text = self.read(str(value).strip())
        if text is None:
            self.fail(f"expected {self.expected}, got {value!r:.40}", param, ctx)
        return text


TIME = ValidatedText("time", "a time as Slurm writes it: 90, 4:00:00, 1-12", lambda t: t if values.seconds(t) else None)
MEMORY = ValidatedText("size", "a size such as 900M or 16G", lambda t: t if values.is_memory(t) else None)
GPUS = ValidatedText("gpus", "a number of GPUs, or a type and a number such as a100:4", values.gpus)
