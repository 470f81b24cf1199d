"""Plans: what is cut how, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from math import ceil

import pytest

from supplyshock.common.errors import UsageError
from supplyshock.execution import backend_selection
from supplyshock.execution.backend_selection import Backend
from supplyshock.execution.plan import STEP, make_layout, plan_run
from supplyshock.execution.run_request import RunRequest
from supplyshock.scenarios.scenario import Scenario
from supplyshock.store.partition import Plan
from supplyshock_kernels.backends import MAX_CALL, SPECS
from supplyshock_kernels.outputs import MAX_BLOCK
from support import synthetic

SERIES = 90_000


def planned(scenarios: Sequence[Scenario], *, paths: object, **options: object) -> Plan:
    """On the default backend."""
    return plan_run(RunRequest(scenarios, paths, **options))  # type: ignore[arg-type]


@pytest.mark.parametrize("paths", [1, 2, 1000, 1024, 1025, 10_000, 100_000, 10**6, 10**8, 10**9])
@pytest.mark.parametrize("threads", [1, 2, 3, 16, 192])
@pytest.mark.parametrize("keep", [0, 100, 10**9])
def test_blocks_are_whole_files(paths: int, threads: int, keep: int) -> None:
    cut = make_layout(paths, min(keep, paths), SERIES, threads)
    assert cut.call % cut.chunk == 0
    assert cut.unit % cut.shard == 0
    assert cut.unit % cut.call == 0
    assert cut.shard % cut.chunk == 0
    assert cut.call <= MAX_CALL <= MAX_BLOCK
    assert cut.chunk % STEP == 0 or cut.chunk == paths


@pytest.mark.parametrize("paths", [10_000, 100_000, 10**6, 10**8])
def test_the_bytes_do_not_depend_on_threads(paths: int) -> None:
    cuts = [make_layout(paths, 100, SERIES, threads) for threads in (1, 2, 7, 64)]
    assert len({(c.chunk, c.shard) for c in cuts}) == 1


def test_small_runs_use_all_threads() -> None:
    for threads in (2, 4):
        assert 10_000 / make_layout(10_000, 0, SERIES, threads).unit > threads - 1


def test_large_runs_share_evenly() -> None:
    for paths in (100_000, 10**6):
        for threads in (2, 4, 16):
            blocks = ceil(paths / make_layout(paths, 0, SERIES, threads).unit)
            assert ceil(blocks / threads) * threads / blocks < 1.35


def test_units_cover_every_path_once() -> None:
    plan = planned([synthetic.scenario(), synthetic.scenario("b")], paths=70_001, threads=2)
    for i in range(2):
        covered = [p for u in plan.units(i) for r in u.calls(plan.layout.call) for p in r]
        assert covered == list(range(70_001))
    assert sum(1 for i in range(2) for _ in plan.units(i)) == plan.blocks


@pytest.mark.parametrize("paths", [1, 1000, 1025, 100_000, 10**6, 10**7, 10**8])
@pytest.mark.parametrize("devices", [1, 8])
def test_blocks_shrink_towards_the_end(paths: int, devices: int) -> None:
    """By halves and to a quarter at least, in whole files; those of processor cores do not."""
    cut = make_layout(paths, 0, SERIES, 4 * devices, 2**18, shrink=True)
    blocks = list(cut.blocks(paths))
    assert [p for b in blocks for p in (b.start, b.stop)][1:-1] == [b.stop for b in blocks[:-1] for _ in range(2)]
    assert (blocks[0].start, blocks[-1].stop) == (0, paths)
    sizes = [len(b) for b in blocks]
    assert sizes == sorted(sizes, reverse=True)
    assert all(b.start % cut.shard == 0 for b in blocks)
    assert cut.shard <= (cut.least or cut.unit) <= cut.unit
    assert all(len(b) <= max((paths - b.start) / 2, 1) + (cut.least or cut.unit) for b in blocks)
    assert cut.least in (0, cut.unit) or len(sizes) == 1 or sizes[-1] <= cut.unit / 2
    steady = make_layout(paths, 0, SERIES, 4 * devices, 2**18)
    assert {len(b) for b in list(steady.blocks(paths))[:-1]} <= {steady.unit}


def test_large_runs_have_few_files_and_flat_memory() -> None:
    plans = [planned([synthetic.scenario()], paths=p, threads=2) for p in (10**8, 10**9)]
    assert plans[1].memory_bytes == plans[0].memory_bytes
    assert 10**9 / plans[1].layout.shard < 4_000
    assert plans[1].disk_bytes > 9 * plans[0].disk_bytes


@pytest.mark.parametrize(
    "wrong",
    [
        {"paths": 0},
        {"paths": -1},
        {"paths": 1e30},
        {"paths": 10**30},
        {"paths": 1.5},
        {"paths": True},
        {"seed": -1},
        {"seed": 2**64},
        {"save_series": -1},
        {"precision": "float16"},
        {"threads": 0},
    ],
)
def test_numbers_out_of_range(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError) as caught:
        planned([synthetic.scenario()], **{"paths": 10, **wrong})
    assert caught.value.exit_code == 2
    assert "expected" in str(caught.value)


def test_scenarios_that_cannot_share_a_run() -> None:
    first = synthetic.scenario()
    with pytest.raises(UsageError, match="share a name"):
        planned([first, first], paths=10)
    with pytest.raises(UsageError, match="same start"):
        planned([first, synthetic.scenario("b", start=date(2027, 1, 1))], paths=10)
    with pytest.raises(UsageError, match="same weeks"):
        planned([first, synthetic.scenario("b", weeks=99)], paths=10)
    with pytest.raises(UsageError, match="same labels"):
        planned(
            [first, synthetic.scenario("b", labels=replace(synthetic.LABELS, market=("X", "Y", "Z")))],
            paths=10,
        )
    with pytest.raises(UsageError, match="no scenario"):
        planned([], paths=10)


def test_calls_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several widths of its program in a call, two to four threads a device, and the same chunks as anywhere."""
    monkeypatch.setattr(backend_selection, "usable_cores", lambda: 10)
    request = RunRequest([synthetic.scenario()], 10**6)
    gpus = [Backend(SPECS["jax"], "gpu", "NVIDIA H200", n) for n in (1, 8)]
    one, eight = (plan_run(request, gpu) for gpu in gpus)
    cpu = plan_run(replace(request, threads=2))
    assert (one.threads, eight.threads) == (4, 16)
    assert one.layout.call == 2**18
    assert [len(b) for b in one.layout.blocks(10**6)] == [2**18] * 3 + [2**17, 2**16, 10**6 - 3 * 2**18 - 3 * 2**16]
    assert cpu.layout.least == 0
    assert eight.blocks >= 15
    assert one.layout.chunk == eight.layout.chunk == cpu.layout.chunk
    assert cpu.layout.call <= 32_768
    assert one.memory_bytes > cpu.memory_bytes
    vast = plan_run(replace(request, paths=10**8), gpus[0]).layout
    assert (vast.sharded, vast.call) == (True, 2**18)
