"""The plan of a run: units of work, chunks, estimates of disk and memory. Starts and writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from supplyshock_kernels.backends import MAX_CALL, SPECS
from supplyshock_kernels.outputs import MAX_BLOCK, WEEKLY, series_rows, sizes, weekly_rows
from supplyshock_kernels.params.path_state import count_rows

from ..common.arguments import Kind, checked
from ..common.errors import DeviceError, UsageError
from ..common.system_memory import available_memory
from ..store.branch import check_repeats
from ..store.partition import Layout, Plan
from ..store.variables import QUANTILES, stored_rows
from .attached_firm import firm_bytes
from .backend_selection import Backend, find_backend
from .branching.simulate import PIECE
from .importance_sampling.proposal import check_mixture
from .request_checks import MANTISSA_BITS, MAX_PATHS, check_numbers, check_scenarios, check_whole
from .run_request import RunRequest, book_of
from .shared_weeks import find_common_weeks, shared_bytes

if TYPE_CHECKING:
    from ..scenarios.scenario import Scenario

STEP = 1024
"""Blocks are multiples of this many paths."""
MAX_CHUNK = 32_768
"""Most paths of one chunk. It is not the call size of a backend: a store has the same chunks on every machine."""
SERIES_BUDGET = 384 * 2**20
"""Most bytes of weekly series that one kernel call may return."""
FIXED_COST = 3_000
"""The fixed cost of a kernel call (its histogram is cleared, packed, merged), in paths."""
CALLS_PER_SHARD = 8
LAST = 4
"""The largest block in units of the smallest one: a width of JAX's program is then not cut (`backends.jax_xla`)."""
UNSHARDED_CHUNKS = 512
"""More chunks than this along the paths of a scenario are gathered into shards."""
HISTOGRAM_PACKED = 0.11
"""Bytes in a journal per histogram bin, measured: most bins are empty."""
BASE_MEMORY = 200 * 2**20
"""Bytes of a process before its first block."""
SUMMARY_VALUES = 2 + 2 * len(QUANTILES)
"""Number of statistics in a summary of every weekly quantity: mean and quantiles, each with its standard error."""
COMPRESSION = 2.0
"""Measured on outcomes and series: 2.3 on whole tables, 1.3 where every mantissa is random."""


REQUEST = Kind("a RunRequest", lambda x: isinstance(x, RunRequest))


@checked(
    request=REQUEST,
    backend=Kind("a Backend, or None", lambda x: x is None or isinstance(x, Backend)),
    layout=Kind("a Layout, or None", lambda x: x is None or isinstance(x, Layout)),
)
def plan_run(request: RunRequest, backend: Backend | None = None, layout: Layout | None = None) -> Plan:
    """Plan a run: its blocks, and the disk and memory that it takes. Writes nothing.

    Parameters
    ----------
    request : RunRequest
        The request of the run.
    backend : Backend, optional
        Backend that computes the run. By default the one that `request.backend` and `request.device` name.
    layout : Layout, optional
        Layout of an existing run, which keeps its blocks. By default a layout for this request.

    Returns
    -------
    Plan
        Numbers of paths, weeks, blocks and threads, and estimates in bytes: `disk_bytes`, `disk_bytes_while_running`
        and `memory_bytes`.

    Raises
    ------
    UsageError
        A number is out of range, or the scenarios cannot share a run.
    DeviceError
        This machine lacks the backend or the device.

    Examples
    --------
    >>> import supplyshock as ss
    >>> request = ss.RunRequest([ss.load_scenario("status_quo")], paths=100_000, threads=4)
    >>> plan = ss.plan_run(request)
    >>> (plan.paths, plan.layout.chunk, plan.blocks)
    (100000, 7168, 4)
    """
    check_request(request)
    backend = backend or find_backend(request.backend, request.device)
    check_backend(request, backend)
    sizing = _Sizing.of(request)
    threads = request.threads or backend.threads
    layout = layout or make_layout(
        request.paths,
        sizing.series_paths,
        sizing.series,
        threads * request.n_processes,
        backend.call_size,
        shrink=backend.device != "cpu",
    )
    threads = max(1, min(threads, len(request.scenarios) * ceil(request.paths / layout.unit)))
    first = request.scenarios[0]
    memory = sizing.memory(layout, backend, threads)
    common = find_common_weeks(request, backend)
    shared = threads * shared_bytes(request, common, layout, histogram_bins(first)) if common else 0
    if (most := available_memory()) is not None and memory + shared > most:
        common, shared = None, 0
    return Plan(
        scenarios=tuple(s.name for s in request.scenarios),
        paths=request.paths,
        weeks=first.weeks,
        markets=sizes(first.params)["market"],
        save_series=sizing.series_paths,
        seed=request.seed,
        backend=backend.name,
        device=backend.device,
        precision=request.precision,
        threads=threads,
        layout=layout,
        disk_bytes=sizing.disk,
        disk_bytes_while_running=sizing.disk + 2 * sizing.journal(layout),
        first=request.first_path,
        mantissa_bits=request.mantissa_bits,
        proposal=request.proposal,
        branch=request.branch,
        book=book_of(request),
        common=common,
        memory_bytes=memory + shared,
    )


def check_backend(request: RunRequest, backend: Backend) -> None:
    """Raises `DeviceError` for a scenario or a precision that the backend does not compute."""
    for scenario in request.scenarios:
        if reason := backend.spec.refuses(scenario.params, request.precision):
            raise DeviceError(
                f"the backend {backend.name} does not compute {scenario.name}",
                where="--backend",
                got=reason,
                fix=f"use --backend {' or '.join(name for name in SPECS if name != backend.name)}",
            )


def check_request(request: RunRequest) -> None:
    """Raises `UsageError` for numbers out of range and for scenarios that cannot share a run."""
    check_scenarios(request.scenarios)
    check_numbers(
        paths=request.paths,
        seed=request.seed,
        save_series=request.save_series,
        precision=request.precision,
        threads=request.threads,
    )
    check_whole("first-path", request.first_path, 0, MAX_PATHS)
    check_whole("processes", request.n_processes, 1, MAX_PATHS)
    if request.mantissa_bits:
        check_whole("mantissa-bits", request.mantissa_bits, *MANTISSA_BITS)
    if book := book_of(request):
        book.check(request.scenarios)
    if request.branch:
        check_branch(request)
    if request.proposal:
        check_importance_sampling(request.scenarios, request.first_path, request.paths)


@dataclass(frozen=True)
class _Sizing:
    """What the values of a run take, in bytes."""

    scenarios: int
    paths: int
    series_paths: int
    """Paths whose series are stored."""
    series: int
    """Of one path."""
    outcomes: int
    """Of one path."""
    weekly: int
    """Of all summaries."""
    bins: int
    """Histogram bins of a scenario."""
    states: int = 0
    """Memory of the states that a call of a branch continues, and of the statistics of the weeks before."""
    firm: int = 0
    """Memory of the counts of a firm's weeks, and of the series that it reads in one call."""

    @classmethod
    def of(cls, request: RunRequest) -> _Sizing:
        first, count = request.scenarios[0], len(request.scenarios)
        params = first.params
        return cls(
            scenarios=count,
            paths=request.paths,
            series_paths=min(max(request.save_series - request.first_path, 0), request.paths),
            series=4 * first.weeks * series_rows(params)[-1].stop,
            outcomes=4 * stored_rows(params, request.proposal, book_of(request))[-1].stop,
            weekly=4 * SUMMARY_VALUES * first.weeks * weekly_rows(params)[-1].stop * count,
            bins=first.weeks * histogram_bins(first),
            states=_state_bytes(request),
            firm=firm_bytes(book_of(request), request.scenarios),
        )

    @property
    def disk(self) -> int:
        """Of the finished run."""
        totals = int(self.scenarios * 2 * self.bins * HISTOGRAM_PACKED)
        values = self.scenarios * (self.paths * self.outcomes + self.series_paths * self.series)
        return int(values / COMPRESSION) + totals + self.weekly

    def journal(self, layout: Layout) -> int:
        """Sums of the blocks of one scenario, which are removed when it is done."""
        return int(ceil(self.paths / layout.unit) * self.bins * HISTOGRAM_PACKED)

    def memory(self, layout: Layout, backend: Backend, threads: int) -> int:
        """Of a process at its peak."""
        counts = (2 if layout.call <= MAX_BLOCK else 4) * self.bins
        if backend.spec.device_sums and backend.device == "cpu":
            counts += 4 * self.bins  # sums on the device use the same memory
        series = min(self.series_paths, layout.call) * self.series
        outcomes = (2 if layout.sharded else 1.2) * layout.unit * self.outcomes
        return int(
            BASE_MEMORY + threads * (counts + 2 * series + outcomes + self.states + self.firm) + 2 * 4 * self.bins
        )


def check_branch(request: RunRequest) -> None:
    """Raises `UsageError` for options that a branch cannot have."""
    assert request.branch is not None
    if request.proposal:
        fix = "leave one of them out"
        raise UsageError("a branch cannot use importance sampling", where="--importance-sample", fix=fix)
    check_repeats(request.first_path + request.paths, request.branch)


def _state_bytes(request: RunRequest) -> int:
    if request.branch is None:
        return 0
    params, weeks = request.scenarios[0].params, request.branch.parent.weeks
    size = 4 if request.precision == "float32" else 8
    return 2 * size * PIECE * count_rows(params) + 2 * weeks * histogram_bins(request.scenarios[0])


def check_importance_sampling(scenarios: Sequence[Scenario], first: int, paths: int) -> None:
    """Raises `UsageError` for options that a run with importance sampling cannot have."""
    check_mixture(first, paths)
    if len(scenarios) > 1:
        raise UsageError(
            "importance sampling works with one scenario: in another one the same paths would need other weights",
            expected="one scenario",
            got=", ".join(s.name for s in scenarios),
            fix="run each scenario into its own folder",
        )


def histogram_bins(scenario: Scenario) -> int:
    """Bins of one week over all weekly quantities."""
    rows = weekly_rows(scenario.params)
    return sum((r.stop - r.start) * w.bins.number for r, w in zip(rows, WEEKLY, strict=True))


def make_layout(
    paths: int, keep: int, series_bytes: int, threads: int, most_call: int = MAX_CALL, *, shrink: bool = False
) -> Layout:
    """Cuts `paths`: 16 chunks or more, files of a few MB, calls that keep all threads busy to the end.

    With `shrink` the last blocks are smaller: for a device that computes one block while another is stored. Threads
    that compute side by side end together with equal ones.
    """
    most = MAX_CHUNK
    if keep * series_bytes > SERIES_BUDGET:
        most = most_call = max(STEP, SERIES_BUDGET // series_bytes // STEP * STEP)
    chunk = min(paths, most, _round_up(ceil(paths / 16), STEP))
    if paths > UNSHARDED_CHUNKS * chunk:
        shard = CALLS_PER_SHARD * chunk
        return Layout(chunk, shard, call=min(shard, max(most_call // chunk, 1) * chunk), unit=shard)
    call = _best_call(paths, chunk, most_call, threads)
    least = max(chunk, call // LAST // chunk * chunk) if shrink else 0
    return Layout(chunk, chunk, call, unit=call, least=least)


def _best_call(paths: int, chunk: int, most: int, threads: int) -> int:
    """The multiple of `chunk` up to `most` that ends first: fewer calls cost less, equal shares idle less."""

    def seconds(call: int) -> float:
        blocks = ceil(paths / call)
        return ceil(blocks / threads) * (min(call, paths) + FIXED_COST)

    return min(range(chunk, max(most, chunk) + 1, chunk), key=seconds)


def _round_up(x: int, step: int) -> int:
    return ceil(x / step) * step
