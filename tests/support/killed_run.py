"""A run of the tiny world that kills itself: ``python -m support.killed_run OUT [--point NAME] [--pause SECONDS]``.

Without a point it runs to the end, or until a signal; every block pauses first.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from supplyshock.common.errors import SupplyshockError
from supplyshock.execution import session
from supplyshock.execution.run import run_scenarios
from supplyshock.store import create_store, journal, manifest, run_folder, store_template, writer
from supplyshock.store.journal import Journal
from supplyshock.store.writer import Writer
from support import synthetic

Patch = Callable[[], None]
STATUS = 9
SIZE: dict[str, Any] = {"paths": 4000, "seed": 3, "save_series": 1500, "threads": 2, "progress": "quiet"}


def before(owner: Any, name: str, nth: int, match: str = "") -> Patch:
    """A patch that ends the process before the nth call of a function with `match` in its arguments."""

    def patch() -> None:
        original, lock, calls = getattr(owner, name), threading.Lock(), 0

        def patched(*args: Any, **kwargs: Any) -> Any:
            nonlocal calls
            with lock:
                calls += any(match in str(argument) for argument in args)
                if calls == nth:
                    os._exit(STATUS)
            return original(*args, **kwargs)

        setattr(owner, name, patched)

    return patch


KILL_POINTS: dict[str, Patch] = {
    "before the manifest": before(manifest, "create_whole", 1),
    "before the template is whole": before(create_store, "consolidate", 1),
    "before the template has its name": before(create_store, "_move", 1),
    "before the originals are kept": before(run_folder, "keep_originals", 1),
    "between the originals and their list": before(store_template, "write_whole", 2),
    "before the first block": before(Writer, "write_outcomes", 1),
    "within a block": before(writer, "write_digested", 50),
    "between arrays and journal": before(Journal, "record", 2),
    "between statistics and entry": before(journal, "write_whole", 3, match=".json"),
    "within a file": before(os, "replace", 30),
    "within a chunk": before(os, "write", 60),
    "between a file's name and the disk": before(os, "fsync", 60),
    "before a summary": before(Writer, "write", 1),
    "within a summary": before(Writer, "write", 9),
    "before statistics go": before(Journal, "drop_statistics", 1),
    "after a block of one thread": before(Journal, "record", 3),
    "within the second scenario": before(Journal, "record", 4),
    "within the pairs": before(Writer, "write_paths", 3, match="pairs/"),
    "before the means": before(Writer, "write", 1, match="pairs/"),
    "before the log": before(session.Session, "_log", 1),
}


def arguments() -> argparse.Namespace:
    """OUT, the point and the pause."""
    parser = argparse.ArgumentParser(prog="support.killed_run")
    parser.add_argument("out")
    parser.add_argument("--point", choices=KILL_POINTS)
    parser.add_argument("--book")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds before every call of the backend")
    parser.add_argument("--pause-blocks", type=float, default=0.0, help="seconds before every call but the warm-up")
    return parser.parse_args()


def main() -> None:
    """Runs two scenarios into OUT."""
    options = arguments()
    if options.point:
        KILL_POINTS[options.point]()

    def simulate(*args: Any) -> Any:
        time.sleep(options.pause + options.pause_blocks * (len(args[3]) > 1))
        return synthetic.simulate(*args)

    try:
        run_scenarios(synthetic.two_scenarios(), options.out, **SIZE, backend=simulate, book=options.book)
    except SupplyshockError as e:
        print(e, file=sys.stderr)
        sys.exit(e.exit_code)


if __name__ == "__main__":
    main()
