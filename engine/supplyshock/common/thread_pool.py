"""Threads that pull work one piece at a time: nothing waits in a queue, so memory stays flat."""

from __future__ import annotations

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
    """Threads that help with many pieces of work. They start when first needed and end with their owner."""

    def __init__(self, threads: int, name: str) -> None:
        """Starts nothing."""
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, name)

    def share(self, work: Callable[[T], None], items: Sequence[T]) -> None:
        """Calls `work` on every item, in this thread and in those of the helpers that are free.

        When a call raises, no new one begins; the first error is raised once all have ended.
        """
        pull, failed = _Pull(items), threading.Event()

        def some() -> None:
            try:
                while not failed.is_set() and (item := pull()) is not None:
                    work(item)
            except BaseException:
                failed.set()
                raise

        helping: list[Future[None]] = []
        with suppress(RuntimeError):  # the system starts no more threads: those that are there do it
            for _ in range(min(self._threads, len(items) - 1)):
                helping.append(self._pool.submit(some))
        try:
            some()
        finally:
            errors = [future.exception() for future in helping if not future.cancel()]
        for error in errors:
            if error is not None:
                raise error
