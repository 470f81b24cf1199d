"""What a run is asked for, and how one command carries it out: made once, by the command line or by Python."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from supplyshock_kernels import backends
from supplyshock_kernels.backends import Simulate

from ..common.progress import Progress
from ..store.manifest import Manifest
from ..store.proposal import Proposal, recorded_proposal
from ..store.stored_scenarios import stored_scenarios
from .shard import Shard

if TYPE_CHECKING:
    from ..scenarios.scenario import Scenario


@dataclass(frozen=True)
class RunRequest:
    """What a run is asked for. Its numbers depend on this, and on the backend and the device that are chosen for it.

    Examples
    --------
    >>> import supplyshock as ss
    >>> request = ss.RunRequest([ss.load_scenario("status_quo")], paths=100_000, seed=1)
    >>> ss.plan_run(request).path_weeks
    10400000
    """

    scenarios: Sequence[Scenario]
    """Of the same weeks, start and labels; the first is the baseline."""
    paths: int
    """Simulated futures of each scenario."""
    seed: int = 0
    """Key of the random numbers, below 2**64."""
    save_series: int = 0
    """Paths numbered below this have their weekly series stored."""
    backend: str | Simulate = backends.DEFAULT
    """A name, "auto", or a function ``(params, grid, seed, paths, versus=None) -> Observed``."""
    device: str = "auto"
    """auto, cpu, gpu or tpu."""
    precision: str = "float32"
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
    """Set it to stop after the blocks in hand; None: signals do."""


class RunOptions(TypedDict, total=False):
    """The keywords of `run_scenarios` besides `paths`: those of `RunRequest`, then those of `RunControl`."""

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


def split_options(scenarios: Sequence[Scenario], paths: int, options: RunOptions) -> tuple[RunRequest, RunControl]:
    """The request and the control that keywords make together. Raises `TypeError` for an unknown keyword."""
    names = {field.name for field in fields(RunControl)}
    control = {name: value for name, value in options.items() if name in names}
    request = {name: value for name, value in options.items() if name not in names}
    return RunRequest(scenarios, paths, **request), RunControl(**control)  # type: ignore[arg-type]


def request_of_run(
    out: Path, manifest: Manifest, backend: Simulate | None = None, threads: int | None = None
) -> RunRequest:
    """The request that a run answers, from the run itself."""
    who = manifest.identity
    device = str(who["device"])
    kind = "cpu" if device == "cpu" else "tpu" if "tpu" in device.lower() else "gpu"
    return RunRequest(
        scenarios=stored_scenarios(out),
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
    )
