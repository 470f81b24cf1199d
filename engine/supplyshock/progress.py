"""How far a run is, on stderr: a bar on a terminal, a line every ten seconds in a log, or nothing."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

EVERY = 10.0
"""Seconds between two lines of a log."""


class Progress:
    """What a run tells while it goes: nothing, here. All methods may be called from any thread."""

    def start(self, total: int, done: int) -> None:
        """`done` of `total`, such as paths over all scenarios, are there already."""

    def advance(self, paths: int) -> None:
        """So many more paths are done."""

    def say(self, message: str) -> None:
        """One line for the reader."""

    def close(self) -> None:
        """Nothing more will come."""


class Lines(Progress):
    """One line now and then, for logs."""

    def __init__(self, stream: TextIO | None = None, every: float = EVERY, unit: str = "paths") -> None:
        """To `stream` (stderr), at most a line in `every` seconds; `unit` is what is counted."""
        self.stream = stream or sys.stderr
        self.every, self.unit = every, unit
        self.total = self.done = self.resumed = 0
        self.began = self.last = time.monotonic()

    def start(self, total: int, done: int) -> None:
        """Sets the counter."""
        self.total, self.done, self.resumed = total, done, done
        self.began = self.last = time.monotonic()

    def advance(self, paths: int) -> None:
        """Moves on."""
        self.done += paths
        now = time.monotonic()
        if now - self.last >= self.every or self.done >= self.total:
            self.last = now
            self.say(self._line(now))

    def _line(self, now: float) -> str:
        rate = (self.done - self.resumed) / max(now - self.began, 1e-9)
        left = (self.total - self.done) / rate if rate else 0.0
        share = 100 * self.done / max(self.total, 1)
        return (
            f"{self.done:,} of {self.total:,} {self.unit} ({share:.0f} %), {rate:,.0f} {self.unit}/s, {left:.0f} s left"
        )

    def say(self, message: str) -> None:
        """Prints a line."""
        print(message, file=self.stream, flush=True)


class Bar(Progress):
    """A bar on a terminal."""

    def __init__(self, unit: str = "paths") -> None:
        """On stderr; `unit` is what is counted."""
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TaskProgressColumn,
            TextColumn,
            TimeRemainingColumn,
        )

        self.bar: RichProgress = Progress(
            TextColumn(unit),
            BarColumn(),
            TaskProgressColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self.task: Any = None
        self.unit = unit

    def start(self, total: int, done: int) -> None:
        """Sets the counter."""
        self.task = self.bar.add_task(self.unit, total=total, completed=done)
        self.bar.start()

    def advance(self, paths: int) -> None:
        """Moves on."""
        self.bar.advance(self.task, paths)

    def say(self, message: str) -> None:
        """Prints a line."""
        self.bar.console.print(message, highlight=False, markup=False)

    def close(self) -> None:
        """Takes the bar away."""
        self.bar.stop()


def make_progress(mode: str = "auto", stream: TextIO | None = None, unit: str = "paths") -> Progress:
    """The progress for `mode`: auto (a bar on a terminal, else lines), bar, lines or quiet; it counts `unit`.

    Raises `ValueError` for another mode.
    """
    if mode == "auto":
        mode = "bar" if (stream or sys.stderr).isatty() else "lines"
    if mode == "bar":
        return Bar(unit)
    if mode == "lines":
        return Lines(stream, unit=unit)
    if mode == "quiet":
        return Progress()
    raise ValueError(f"unknown progress {mode!r}: auto, bar, lines or quiet")
