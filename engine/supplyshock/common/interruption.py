"""Work that keeps nothing until it is done: what a signal and its end do to it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import Interrupted
from .progress import Progress
from .signals import stop_on_signal
from .thread_pool import Stopped


@contextmanager
def interruptible(
    progress: Progress, left: str = "nothing is kept", fix: str = "run the same command again to start over"
) -> Iterator[threading.Event]:
    """An event that a signal sets. The work then raises `Stopped`, and the command says what is left of it.

    Raises `Interrupted`. Closes the progress at the end of any kind.
    """
    try:
        with stop_on_signal() as stop:
            yield stop
    except Stopped:
        raise Interrupted(f"interrupted; {left}", fix=fix) from None
    finally:
        progress.close()
