"""A pool of threads that pull work one piece at a time: nothing waits in a queue, so memory stays flat."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
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
