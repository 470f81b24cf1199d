"""Progress of a run on stderr: a bar on a terminal, a line every ten seconds in a log, or nothing."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, TextIO, cast

from .errors import UsageError, did_you_mean
from .streams import SteadyStream

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

LOG_INTERVAL = 10.0
"""Seconds between two lines of a log."""


class Progress:
    """Reports of progress; this class reports nothing. All methods may be called from any thread."""

    def start(self, total: int, done: int, unit: str = "paths") -> None:
        """A run begins: `done` of `total` units, over all scenarios, exist already.

        `unit` may say more after its first word: ``paths of stage 2``. A second call restarts the count.
        """

    def advance(self, paths: int) -> None:
        """This process has finished `paths` more paths."""

    def advance_elsewhere(self, paths: int) -> None:
        """Another process has finished `paths` more paths."""
        self.advance(paths)

    def say(self, message: str) -> None:
        """Shows one line of text."""

    def close(self) -> None:
        """The run is over."""


class LogProgress(Progress):
    """A line at regular intervals, for logs."""

    def __init__(self, stream: TextIO | None = None, interval: float = LOG_INTERVAL) -> None:
        """Prints to `stream` (stderr), at most one line in `interval` seconds."""
        self.stream = SteadyStream(stream or sys.stderr)
        self.interval = interval
        self.total = self.done = self.resumed = 0
        self.unit = "paths"
        self.started = self.last = time.monotonic()

    def start(self, total: int, done: int, unit: str = "paths") -> None:
        """Sets the counter."""
        self.total, self.done, self.resumed, self.unit = total, done, done, unit
        self.started = self.last = time.monotonic()

    def advance(self, paths: int) -> None:
        """Counts the paths; prints a line when one is due."""
        self.done += paths
        now = time.monotonic()
        if now - self.last >= self.interval or self.done >= self.total:
            self.last = now
            self.say(self._line(now))

    def _line(self, now: float) -> str:
        rate = (self.done - self.resumed) / max(now - self.started, 1e-9)
        left = (self.total - self.done) / rate if rate else 0.0
        share = 100 * self.done / max(self.total, 1)
        speed = f"{rate:,.0f} {self.unit.partition(' ')[0]}/s"
        return f"{self.done:,} of {self.total:,} {self.unit} ({share:.0f} %), {speed}, {left:.0f} s left"

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
            console=Console(file=cast("TextIO", SteadyStream(sys.stderr))),
            transient=True,
        )
        self.task: Any = None

    def start(self, total: int, done: int, unit: str = "paths") -> None:
        """Sets the counter."""
        if self.task is not None:
            self.bar.remove_task(self.task)
        self.task = self.bar.add_task(unit, total=total, completed=done)
        self.bar.start()

    def advance(self, paths: int) -> None:
        """Moves the bar."""
        self.bar.advance(self.task, paths)

    def say(self, message: str) -> None:
        """Prints a line."""
        self.bar.console.print(message, highlight=False, markup=False)

    def close(self) -> None:
        """Removes the bar."""
        self.bar.stop()


class PartProgress(Progress):
    """The progress of one part of several, which is named."""

    def __init__(self, whole: Progress, part: str) -> None:
        """Reports to `whole`, which its owner closes."""
        self.whole, self.part = whole, part

    def start(self, total: int, done: int, unit: str = "paths") -> None:
        """Sets the counter."""
        self.whole.start(total, done, f"{unit} of {self.part}")

    def advance(self, paths: int) -> None:
        """Counts the paths."""
        self.whole.advance(paths)

    def advance_elsewhere(self, paths: int) -> None:
        """Counts the paths."""
        self.whole.advance_elsewhere(paths)

    def say(self, message: str) -> None:
        """Shows a line."""
        self.whole.say(message)


MODES = ("auto", "bar", "lines", "quiet")


def make_progress(mode: str | Progress = "auto", stream: TextIO | None = None) -> Progress:
    """The progress for `mode`: auto (a bar on a terminal, else lines), bar, lines or quiet; or an object as it is.

    Raises `UsageError` for another mode.
    """
    if not isinstance(mode, str):
        return mode
    if mode == "auto":
        mode = "bar" if SteadyStream(stream or sys.stderr).isatty() else "lines"
    if mode == "bar":
        return BarProgress()
    if mode == "lines":
        return LogProgress(stream)
    if mode == "quiet":
        return Progress()
    fix = did_you_mean(mode, MODES) or "give an object of your own, or one of these"
    raise UsageError("unknown progress", where="progress", expected=", ".join(MODES), got=repr(mode), fix=fix)
