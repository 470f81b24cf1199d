"""Runs that grow and runs that are joined: the bytes of one run of that size, and nothing computed twice."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from supplyshock.analysis.open_run import open_run
from supplyshock.common.errors import StoreError, UsageError
from supplyshock.execution import backend_selection
from supplyshock.execution import plan as planning
from supplyshock.execution.merge import merge_runs
from supplyshock.execution.repair import repair_run
from supplyshock.execution.run import run_scenarios
from supplyshock.execution.run_report import RunReport
from supplyshock.store.verify import verify_run
from supplyshock_kernels.outputs import Observed
from supplyshock_kernels.params import Grid, Params
from support import synthetic
from support.command import invoke, is_one_clear_line

Digests = Callable[[Path], dict[str, str]]
computed: list[range] = []


def simulate(params: Params, grid: Grid, seed: int, paths: range) -> Observed:
    if len(paths) > 1:
        computed.append(paths)
    return synthetic.simulate(params, grid, seed, paths)


def run(out: Path, paths: int, **changes: Any) -> RunReport:
    computed.clear()
    scenarios = [synthetic.scenario(), synthetic.scenario("swap_deal", 0.25)]
    wanted: dict[str, Any] = {"seed": 3, "save_series": 1500, "threads": 2, "progress": "quiet", "backend": simulate}
    return run_scenarios(scenarios, out, **{"paths": paths, **wanted, **changes})


def paths_computed() -> int:
    return sum(map(len, computed))


@pytest.mark.parametrize("small", [1000, 2048, 4990])
@pytest.mark.parametrize("sharded", [False, True])
def test_an_extended_run_has_the_bytes_of_a_large_one(
    small: int, sharded: bool, tmp_path: Path, digests: Digests, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The small one keeps series of all or of its first 1,500 paths; its chunks are of another size."""
    if sharded:
        for name, value in (("MAX_CHUNK", 512), ("STEP", 128), ("UNSHARDED_CHUNKS", 2), ("CALLS_PER_SHARD", 3)):
            monkeypatch.setattr(planning, name, value)
        monkeypatch.setattr(backend_selection, "CALLABLE_CALL", 512)
    run(tmp_path / "small", small)
    before = digests(tmp_path / "small")
    run(tmp_path / "large", 5000, extend=tmp_path / "small")
    assert paths_computed() == 2 * (5000 - small)
    assert min(p.start for p in computed) == small
    run(tmp_path / "once", 5000)
    assert digests(tmp_path / "large/results.zarr") == digests(tmp_path / "once/results.zarr")
    assert verify_run(tmp_path / "large").damaged == ()
    assert digests(tmp_path / "small") == before


def test_joined_runs_have_the_bytes_of_one(tmp_path: Path, digests: Digests) -> None:
    run(tmp_path / "a", 2000)
    run(tmp_path / "b", 700, first_path=2000)
    run(tmp_path / "c", 2300, first_path=2700)
    computed.clear()
    report = merge_runs([tmp_path / n for n in "cab"], tmp_path / "joined", threads=2, progress="quiet")
    assert report.complete
    assert not computed
    run(tmp_path / "once", 5000)
    assert digests(tmp_path / "joined/results.zarr") == digests(tmp_path / "once/results.zarr")
    again = merge_runs([tmp_path / n for n in "abc"], tmp_path / "joined", threads=2, progress="quiet")
    assert again.blocks_computed == 0


def test_a_part_alone_is_a_run(tmp_path: Path) -> None:
    run(tmp_path / "part", 700, first_path=1200)
    run(tmp_path / "whole", 1900)
    part, whole = open_run(tmp_path / "part"), open_run(tmp_path / "whole")
    assert (part.outcomes.theta.values == whole.outcomes.theta.isel(path=slice(1200, None)).values).all()
    assert part.paths.sizes["path"] == 300
    assert (part.paths.regime.values == whole.paths.regime.isel(path=slice(1200, 1500)).values).all()
    assert (part.summary.paths == 700).all()


def test_an_extension_goes_on_where_it_was_stopped(tmp_path: Path, digests: Digests) -> None:
    """Without saying again what it extends: the folder knows."""

    def failing(params: Params, grid: Grid, seed: int, paths: range) -> Observed:
        if paths.start > 2048:
            raise OSError("no")
        return simulate(params, grid, seed, paths)

    failing.__name__ = "simulate"
    run(tmp_path / "small", 1000)
    with pytest.raises(StoreError):
        run(tmp_path / "large", 5000, extend=tmp_path / "small", backend=failing)
    assert run(tmp_path / "large", 5000).blocks_resumed >= 1
    run(tmp_path / "once", 5000)
    assert digests(tmp_path / "large/results.zarr") == digests(tmp_path / "once/results.zarr")


def test_the_old_run_may_go_once_the_new_one_is_there(tmp_path: Path, digests: Digests) -> None:
    run(tmp_path / "small", 2000)
    run(tmp_path / "large", 5000, extend=tmp_path / "small")
    wanted = digests(tmp_path / "large/results.zarr")
    shutil.rmtree(tmp_path / "small")
    assert run(tmp_path / "large", 5000).complete
    for name in ("outcomes/theta/c/1/0/0", "summary/paths/c/0"):
        (tmp_path / "large/results.zarr" / name).unlink()
    assert repair_run(tmp_path / "large", backend=simulate, threads=2).parts == 2
    assert digests(tmp_path / "large/results.zarr") == wanted


def test_an_extension_needs_the_old_run_until_it_is_done(tmp_path: Path) -> None:
    def failing(params: Params, grid: Grid, seed: int, paths: range) -> Observed:
        raise OSError("no")

    failing.__name__ = "simulate"
    run(tmp_path / "small", 1000)
    with pytest.raises(StoreError):
        run(tmp_path / "large", 5000, extend=tmp_path / "small", backend=failing)
    shutil.move(tmp_path / "small", tmp_path / "moved")
    with pytest.raises(StoreError, match="no run here"):
        run(tmp_path / "large", 5000)
    shutil.move(tmp_path / "moved", tmp_path / "small")
    assert run(tmp_path / "large", 5000).complete


def test_what_cannot_be_joined_is_refused(tmp_path: Path) -> None:
    run(tmp_path / "a", 1000)
    run(tmp_path / "gap", 500, first_path=1100)
    run(tmp_path / "seed", 500, first_path=1000, seed=9)
    run(tmp_path / "overlap", 500, first_path=900)
    with pytest.raises(UsageError, match=r"do not adjoin.*expected a first path of 1,000, got 1,100"):
        merge_runs([tmp_path / "a", tmp_path / "gap"], tmp_path / "x")
    with pytest.raises(UsageError, match="do not adjoin"):
        merge_runs([tmp_path / "a", tmp_path / "overlap"], tmp_path / "x")
    with pytest.raises(UsageError, match=r"not the same run.*seed 3.*got 9"):
        merge_runs([tmp_path / "a", tmp_path / "seed"], tmp_path / "x")
    with pytest.raises(UsageError, match="two runs or more"):
        merge_runs([tmp_path / "a"], tmp_path / "x")
    with pytest.raises(UsageError, match="it has more paths than this run"):
        run(tmp_path / "x", 900, extend=tmp_path / "a")
    with pytest.raises(UsageError, match=r"it is not the same run: expected seed 4"):
        run(tmp_path / "x", 2000, seed=4, extend=tmp_path / "a")
    run(tmp_path / "few", 1000, save_series=10)
    with pytest.raises(UsageError, match="it keeps fewer series"):
        run(tmp_path / "x", 2000, extend=tmp_path / "few")
    assert not (tmp_path / "x").exists()
    shutil.rmtree(tmp_path / "a/journal/000-status_quo")
    with pytest.raises(StoreError, match="not complete"):
        run(tmp_path / "x", 2000, extend=tmp_path / "a")


def test_on_the_command_line(tmp_path: Path, digests: Digests) -> None:
    """With the model: two runs of the reference backend, joined and extended."""
    size = ("--weeks", 6, "--save-series", 5, "--backend", "reference", "--quiet")
    for name, *what in (("a", "--paths", 20), ("b", "--paths", 12, "--first-path", 20), ("once", "--paths", 32)):
        made = invoke("run", "status_quo", "rift", *size, *what, "--out", tmp_path / name)
        assert made.exit_code == 0, made.stderr
    joined = invoke("merge", tmp_path / "b", tmp_path / "a", "--out", tmp_path / "joined")
    assert joined.exit_code == 0, joined.stderr
    assert "32 paths" in joined.stdout
    grown = invoke(
        "run", "status_quo", "rift", *size, "--paths", 32, "--extend", tmp_path / "a", "--out", tmp_path / "g"
    )
    assert grown.exit_code == 0, grown.stderr
    wanted = digests(tmp_path / "once/results.zarr")
    assert digests(tmp_path / "joined/results.zarr") == wanted
    assert digests(tmp_path / "g/results.zarr") == wanted
    refused = invoke("merge", tmp_path / "a", tmp_path / "once", "--out", tmp_path / "x")
    assert refused.exit_code == 2
    assert is_one_clear_line(refused)


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize("name", ["a", "./a", "link"])
def test_a_run_is_not_replaced_by_what_is_made_from_it(name: str, tmp_path: Path, digests: Digests) -> None:
    run(tmp_path / "a", 1000)
    run(tmp_path / "b", 1000, first_path=1000)
    (tmp_path / "link").symlink_to(tmp_path / "a")
    before = digests(tmp_path / "a")
    with pytest.raises(UsageError, match="cannot take paths from itself; nothing was touched"):
        run(tmp_path / name, 2000, extend=tmp_path / "a", overwrite=True)
    with pytest.raises(UsageError, match="cannot take paths from itself; nothing was touched"):
        merge_runs([tmp_path / "a", tmp_path / "b"], tmp_path / name, overwrite=True, progress="quiet")
    assert digests(tmp_path / "a") == before


DAMAGED = {
    "an outcome": "outcomes/theta/c/1/0/0",
    "a kept series": "paths/regime/c/0/0/0",
    "metadata": "outcomes/theta/zarr.json",
    "an entry": "../journal/001-swap_deal/0000000000000-0000000001000.block.json",
}


@pytest.mark.parametrize("how", ["flipped", "gone"])
@pytest.mark.parametrize("what", DAMAGED)
def test_a_damaged_run_is_not_made_a_sound_one(what: str, how: str, tmp_path: Path) -> None:
    """Its bytes would get new checksums, and a chunk that is missing would be read as NaN."""
    run(tmp_path / "small", 1000)
    file = tmp_path / "small/results.zarr" / DAMAGED[what]
    flip(file) if how == "flipped" else file.unlink()
    with pytest.raises(StoreError, match=r"to take paths from is damaged.*--repair|not complete"):
        run(tmp_path / "large", 3000, extend=tmp_path / "small")
    mended = repair_run(tmp_path / "small", backend=simulate, threads=1)
    assert mended.parts_missing == (what == "an entry" and how == "gone")
    run(tmp_path / "small", 1000)
    assert run(tmp_path / "large", 3000, extend=tmp_path / "small").complete


def test_another_run_in_the_place_of_the_old_one(tmp_path: Path) -> None:
    def failing(params: Params, grid: Grid, seed: int, paths: range) -> Observed:
        raise OSError("no")

    failing.__name__ = "simulate"
    run(tmp_path / "small", 1000)
    with pytest.raises(StoreError):
        run(tmp_path / "large", 3000, extend=tmp_path / "small", backend=failing)
    run(tmp_path / "small", 1000, seed=9, overwrite=True)
    with pytest.raises(UsageError, match="it is not the same run: expected seed 3, got 9"):
        run(tmp_path / "large", 3000)


def test_joined_runs_keep_the_series_that_all_have(tmp_path: Path, digests: Digests) -> None:
    run(tmp_path / "a", 1000)
    run(tmp_path / "b", 1000, first_path=1000)
    merge_runs([tmp_path / "a", tmp_path / "b"], tmp_path / "joined", threads=2, progress="quiet")
    run(tmp_path / "once", 2000)
    assert open_run(tmp_path / "joined").paths.sizes["path"] == 1500
    assert digests(tmp_path / "joined/results.zarr") == digests(tmp_path / "once/results.zarr")
