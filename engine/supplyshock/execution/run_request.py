"""The request of a run and the control of one command: made once, by the command line or by Python."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from operator import index
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from supplyshock_kernels.backends import Simulate

from ..common.arguments import PATH_OR_NONE, TEXT_OR_NONE, WHOLE, WHOLE_OR_NONE, Kind, check_keywords, checked, is_whole
from ..common.errors import UsageError
from ..common.progress import Progress
from ..store.branch import GROUP, Branch, stored_branch
from ..store.manifest import Manifest
from ..store.proposal import Proposal, recorded_proposal
from ..store.stored_book import stored_book
from ..store.stored_scenarios import stored_scenarios
from .request_checks import check_are_scenarios
from .shard import Shard

if TYPE_CHECKING:
    from ..scenarios.exposure.book import Book
    from ..scenarios.scenario import Scenario


OF_CONFIG: Any = None
"""Default of what the first scenario's config says, for the command line and for Python alike."""
OF_BRANCH = ("from_run", "at", "where", "from_scenario")
"""Keywords of a branch (`branching.request`)."""
RUN_OPTIONS = ("paths", "seed", "save_series", "backend", "device", "precision")
BACKEND = Kind("a name, or a function, or None", lambda x: x is None or isinstance(x, str) or callable(x))
KINDS = {
    "paths": WHOLE_OR_NONE,
    "seed": WHOLE_OR_NONE,
    "save_series": WHOLE_OR_NONE,
    "backend": BACKEND,
    "device": TEXT_OR_NONE,
    "precision": TEXT_OR_NONE,
    "threads": WHOLE_OR_NONE,
    "first_path": WHOLE,
    "mantissa_bits": WHOLE,
    "book": Kind("the path of a book, or None", lambda x: PATH_OR_NONE.fits(x) or hasattr(x, "loaded")),
    "proposal": Kind("a Proposal, or None", lambda x: x is None or isinstance(x, Proposal)),
}
"""What the keywords of a request may be."""


@dataclass(frozen=True)
class RunRequest:
    """The request of a run. Its numbers depend on this, and on the backend and the device that are chosen for it.

    Examples
    --------
    >>> import supplyshock as ss
    >>> request = ss.RunRequest([ss.load_scenario("status_quo")], paths=100_000, seed=1)
    >>> ss.plan_run(request).path_weeks
    10400000
    """

    scenarios: Sequence[Scenario]
    """Scenarios with the same weeks, start and labels; the first is the baseline."""
    paths: int = OF_CONFIG
    """Simulated futures of each scenario. This and the five below: by default what the first config's `run` says."""
    seed: int = OF_CONFIG
    """Key of the random numbers, below 2**64."""
    save_series: int = OF_CONFIG
    """Paths numbered below this have their weekly series stored."""
    backend: str | Simulate = OF_CONFIG
    """A name, "auto", or a function ``(params, grid, seed, paths, versus=None) -> Observed``."""
    device: str = OF_CONFIG
    """auto, cpu, gpu or tpu."""
    precision: str = OF_CONFIG
    """float32 or float64, of the kernels."""
    threads: int | None = None
    """None: all cores, or a few for each device."""
    first_path: int = 0
    """Number of the first path."""
    mantissa_bits: int = 0
    """Bits of mantissa that outcomes and series keep; 0: all."""
    n_processes: int = 1
    """Processes that the blocks are cut for."""
    proposal: Proposal | None = None
    """The parameters that most paths are drawn from (importance sampling)."""
    branch: Branch | None = None
    """The paths that a branch continues (`branching.request`); the scenarios then begin on its day."""
    book: Book | str | os.PathLike[str] | None = None
    """The book of a firm, or its file: what happens to the firm on every path is stored, too (`docs/exposure.md`)."""

    def __post_init__(self) -> None:
        """Fills in what the first config says, and reads the book. Raises `UsageError` and `ConfigError`."""
        check_are_scenarios(self.scenarios)
        for name in RUN_OPTIONS if self.scenarios else ():
            if getattr(self, name) is None:
                object.__setattr__(self, name, getattr(self.scenarios[0].run, name))
        for name in ("paths", "seed", "save_series", "threads", "first_path", "mantissa_bits", "n_processes"):
            if is_whole(value := getattr(self, name)):  # also of NumPy
                object.__setattr__(self, name, index(value))
        if isinstance(self.book, (str, os.PathLike)) and self.scenarios:
            from ..scenarios.exposure.book import Book

            object.__setattr__(self, "book", Book.read(self.book, self.scenarios[0]))


_BRANCH = Kind("a Branch, or None", lambda x: x is None or isinstance(x, Branch))
RunRequest.__init__ = checked(**KINDS, n_processes=WHOLE, branch=_BRANCH)(RunRequest.__init__)  # type: ignore[method-assign]


@dataclass(frozen=True)
class RunControl:
    """How one command carries out a run. Nothing here changes a byte of the results."""

    extend: str | Path | None = None
    """A complete run whose paths a new run takes."""
    workers: int = 1
    """Processes of this machine among which the threads are divided."""
    dask: str | None = None
    """The address of a dask.distributed scheduler that gets the blocks, or "local"."""
    shard: Shard | None = None
    """The share of the blocks that this process begins with."""
    overwrite: bool = False
    """Replace another run that is in the folder."""
    force: bool = False
    """Begin a run that does not fit on the disk or in memory, by the estimates of its plan."""
    progress: str | Progress = "auto"
    """Where progress goes: auto, bar, lines, quiet, or an object of your own."""
    stop: threading.Event | None = None
    """Set it to stop after the blocks in progress; None: signals do."""


class OtherOptions(TypedDict, total=False):
    """The keywords of `run_scenarios` without the book: of `RunRequest`, of `RunControl`, then those of a branch."""

    paths: int
    seed: int
    save_series: int
    backend: str | Simulate
    device: str
    precision: str
    threads: int | None
    first_path: int
    mantissa_bits: int
    proposal: Proposal | None
    extend: str | Path | None
    workers: int
    dask: str | None
    shard: Shard | None
    overwrite: bool
    force: bool
    progress: str | Progress
    stop: threading.Event | None
    from_run: str | Path | None
    at: str | date | None
    where: str | Sequence[str]
    from_scenario: str | None


class RunOptions(OtherOptions, total=False):
    """The keywords of `run_scenarios`."""

    book: Book | str | os.PathLike[str] | None


def split_options(scenarios: Sequence[Scenario], options: RunOptions) -> tuple[RunRequest, RunControl]:
    """The request and the control that keywords make together. Raises `UsageError` for an unknown keyword."""
    request, control = parted(options)
    for name in OF_BRANCH:
        if request.pop(name, None):
            raise UsageError("a branch continues a run", where=name, expected="from_run, too")
    return RunRequest(scenarios, **request), control


def parted(options: Mapping[str, Any]) -> tuple[dict[str, Any], RunControl]:
    """(keywords of the request, and of a branch; the control). Raises `UsageError` for an unknown keyword."""
    check_keywords("run_scenarios", options, RunOptions.__annotations__)
    names = {field.name for field in fields(RunControl)}
    control = {name: value for name, value in options.items() if name in names}
    return {name: value for name, value in options.items() if name not in names}, RunControl(**control)


def request_of_run(
    out: Path, manifest: Manifest, backend: Simulate | None = None, threads: int | None = None
) -> RunRequest:
    """The request that a run answers, from the run itself."""
    who, scenarios = manifest.identity, stored_scenarios(out)
    device = str(who["device"])
    kind = "cpu" if device == "cpu" else "tpu" if "tpu" in device.lower() else "gpu"
    return RunRequest(
        scenarios=scenarios,
        paths=int(who["paths"]),
        seed=int(who["seed"]),
        save_series=int(who["first-path"]) + int(who["keep-paths"]) if who["keep-paths"] else 0,
        backend=backend or str(who["backend"]),
        device="auto" if backend else kind,
        precision=str(who["precision"]),
        threads=threads,
        first_path=int(who["first-path"]),
        mantissa_bits=int(who["round-bits"]),
        proposal=recorded_proposal(who),
        branch=stored_branch(out) if GROUP in who else None,
        book=stored_book(out, scenarios[0]) if "book" in who else None,
    )


def book_of(request: RunRequest) -> Book | None:
    """The book, read by now."""
    assert not isinstance(request.book, (str, os.PathLike))
    return request.book
