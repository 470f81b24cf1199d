"""Limits that the machine sets on memory, threads and processes (`ulimit`, containers), and the errors they lead to."""

from __future__ import annotations

import errno
import os
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import ResourceError

LEAST_MEMORY, MEMORY_A_CORE = 768 << 20, 96 << 20
"""Bytes of addresses that Python with its numerical libraries takes, on each core and besides. Below that they end the
process or try for ever (OpenBLAS), so it is asked beforehand."""
THREADS, THREADS_A_CORE, MOST_THREADS = 8, 2, 1024
"""NumPy and SciPy start as many as there are cores when they are imported; where that fails OpenBLAS interrupts the
process. Others belong to zarr and to the run. More than the most are not tried."""
FEWER = "use fewer --threads, --workers or --save-series; the same command resumes"


def check_limits() -> None:
    """Raises `ResourceError` if the libraries of this project cannot be loaded."""
    cores = os.cpu_count() or 1
    limit, least = resource.getrlimit(resource.RLIMIT_AS)[0], LEAST_MEMORY + cores * MEMORY_A_CORE
    if limit != resource.RLIM_INFINITY and limit < least:
        raise ResourceError(
            "the limit on memory is too low",
            where="ulimit -v",
            expected=f"{least >> 10:,} kB or more",
            got=f"{limit >> 10:,}",
            fix=f"raise it: ulimit -v {least >> 10}, or ulimit -v unlimited",
        )
    check_threads(1)


def usable_cores() -> int:
    """Cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def check_threads(processes: int) -> None:
    """Raises `ResourceError` if the system does not start the threads of so many processes."""
    count = processes * (THREADS + THREADS_A_CORE * (os.cpu_count() or 1))
    with resource_errors():
        _start_threads(min(count, MOST_THREADS))


def _start_threads(count: int) -> None:
    """Starts threads that end at once when all are there. Raises `RuntimeError`."""
    end = threading.Event()
    threads = [threading.Thread(target=end.wait, daemon=True) for _ in range(count)]
    try:
        for thread in threads:
            thread.start()
    finally:
        end.set()
        for thread in threads:
            if thread.ident:
                thread.join()


@contextmanager
def resource_errors() -> Iterator[None]:
    """Turns what Python raises where the machine refuses memory, a thread or a process into a `ResourceError`."""
    try:
        yield
    except (MemoryError, RuntimeError, OSError) as error:
        if (refusal := refused(error)) is None:
            raise
        raise refusal from error


def refused(error: BaseException) -> ResourceError | None:
    """The `ResourceError` for an error of this kind; None for another."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return ResourceError("out of memory", fix=FEWER)
    no_thread = isinstance(error, RuntimeError) and "start new thread" in str(error)
    written = hasattr(error, "characters_written")  # to a pipe that does not block
    if no_thread or (isinstance(error, OSError) and error.errno == errno.EAGAIN and not written):
        return ResourceError(
            "the system starts no more threads or processes",
            where="ulimit -u",
            got=f"{_process_limit()} for all processes of this user, or fewer in a container",
            fix=f"raise the limit, or {FEWER}",
        )
    return None


def _process_limit() -> str:
    limit = resource.getrlimit(resource.RLIMIT_NPROC)[0]
    return "no limit" if limit == resource.RLIM_INFINITY else f"{limit:,}"
