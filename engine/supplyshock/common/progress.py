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

    def start(self, total: int, done: int, of: str = "paths") -> None:
        """`done` of `total` paths, over all scenarios, are there already; or so many of something else."""

    def advance(self, paths: int) -> None:
        """So many more paths are done."""

    def found(self, paths: int) -> None:
        """So many more paths are done, by another process."""
        self.advance(paths)

    def say(self, message: str) -> None:
        """One line for the reader."""

    def close(self) -> None:
        """Nothing more will come."""


class LogProgress(Progress):
    """One line now and then, for logs."""

    def __init__(self, stream: TextIO | None = None, every: float = EVERY) -> None:
        """To `stream` (stderr), at most a line in `every` seconds."""
        self.stream = stream or sys.stderr
        self.every = every
        self.total = self.done = self.resumed = 0
        self.of = "paths"
        self.began = self.last = time.monotonic()

    def start(self, total: int, done: int, of: str = "paths") -> None:
        """Sets the counter."""
        self.total, self.done, self.resumed, self.of = total, done, done, of
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
        return f"{self.done:,} of {self.total:,} {self.of} ({share:.0f} %), {rate:,.0f} {self.of}/s, {left:.0f} s left"

    def say(self, message: str) -> None:
        """Prints a line."""
        print(message, file=self.stream, flush=True)


class BarProgress(Progress):
    """A bar on a terminal."""

    def __init__(self) -> None:
        """On stderr."""
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
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self.task: Any = None

    def start(self, total: int, done: int, of: str = "paths") -> None:
        """Sets the counter."""
        self.task = self.bar.add_task(of, total=total, completed=done)
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


def make_progress(mode: str = "auto", stream: TextIO | None = None) -> Progress:
    """The progress for `mode`: auto (a bar on a terminal, else lines), bar, lines or quiet.

    Raises `ValueError` for another mode.
    """
    if mode == "auto":
        mode = "bar" if (stream or sys.stderr).isatty() else "lines"
    if mode == "bar":
        return BarProgress()
    if mode == "lines":
        return LogProgress(stream)
    if mode == "quiet":
        return Progress()
    raise ValueError(f"unknown progress {mode!r}: auto, bar, lines or quiet")
