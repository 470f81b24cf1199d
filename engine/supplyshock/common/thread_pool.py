"""Threads that pull work one piece at a time: nothing waits in a queue, so memory stays flat."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")


class Stopped(Exception):
    """The stop event was set before all was done."""


def run_all(work: Callable[[T], None], items: Iterable[T], *, threads: int, stop: threading.Event) -> None:
    """Calls `work` on every item, `threads` at a time, each once.

    When `stop` is set, or `work` raises, running calls end and no new one begins; then `Stopped`, or the
    first error, is raised. The calling thread only waits, so that it can take signals.
    """
    pull = _Pull(items)
    errors: list[BaseException] = []
    failed = threading.Event()

    def loop() -> None:
        try:
            while not (stop.is_set() or failed.is_set()):
                if (item := pull()) is None:
                    return
                work(item)
        except BaseException as e:
            errors.append(e)
            failed.set()

    pool = [threading.Thread(target=loop, name=f"block-{i}", daemon=True) for i in range(threads)]
    for thread in pool:
        thread.start()
    for thread in pool:
        while thread.is_alive():
            thread.join(0.2)
    if errors:
        raise errors[0]
    if stop.is_set() and pull() is not None:
        raise Stopped


class _Pull(Generic[T]):
    """The next item, or None, for any thread."""

    def __init__(self, items: Iterable[T]) -> None:
        self.items: Iterator[T] = iter(items)
        self.lock = threading.Lock()

    def __call__(self) -> T | None:
        with self.lock:
            return next(self.items, None)


class Helpers:
    """Threads that help with many pieces of work while few are at work. They start when first needed and end with their
    owner."""

    def __init__(self, most: int, name: str) -> None:
        """At most `most` are at work at once, those who are helped among them. Starts nothing."""
        self._most, self._busy, self._lock = most, 0, threading.Lock()
        self._pool = ThreadPoolExecutor(most, name)

    def share(self, work: Callable[[T], None], items: Sequence[T]) -> None:
        """Calls `work` on every item, in this thread and in those of helpers, who come as others leave.

        When a call raises, no new one begins; the first error is raised once all have ended.
        """
        pull, failed = _Pull(items), threading.Event()
        helping: list[Future[None]] = []

        def one() -> bool:
            if failed.is_set() or (item := pull()) is None:
                return False
            try:
                work(item)
            except BaseException:
                failed.set()
                raise
            return True

        def help_out() -> None:
            try:
                while self._busy <= self._most and one():
                    pass
            finally:
                self._leave()

        self._enter(1, sys.maxsize)
        try:
            left = len(items) - 1
            helping += self._called(help_out, left)
            while one():
                left -= 1
                helping += self._called(help_out, left)
        finally:
            self._leave()
            errors = [future.exception() for future in helping if not self._sent_home(future)]
        for error in errors:
            if error is not None:
                raise error

    def _called(self, work: Callable[[], None], wanted: int) -> Iterator[Future[None]]:
        """Helpers who begin to work, as many as are wanted and free."""
        with suppress(RuntimeError):  # the system starts no more threads: those that are there do it
            for _ in range(self._enter(wanted, self._most)):
                yield self._pool.submit(work)

    def _enter(self, wanted: int, most: int) -> int:
        with self._lock:
            number = max(0, min(wanted, most - self._busy))
            self._busy += number
            return number

    def _leave(self) -> None:
        with self._lock:
            self._busy -= 1

    def _sent_home(self, helper: Future[None]) -> bool:
        """Whether a helper had not begun."""
        unused = helper.cancel()
        if unused:
            self._leave()
        return unused
