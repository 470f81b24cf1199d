"""Runs that are killed, stopped, starved of disk or changed, and go on."""

from __future__ import annotations

import errno
import gc
import io
import json
import os
import shutil
import signal
import subprocess
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from supplyshock.analysis.open_run import open_run
from supplyshock.common.errors import Interrupted, StoreError, UsageError
from supplyshock.common.progress import LogProgress, make_progress
from supplyshock.execution import backend_selection
from supplyshock.execution import plan as planning
from supplyshock.execution.run import run_scenarios
from supplyshock.execution.run_report import RunReport
from supplyshock.store import atomic_files
from supplyshock.store.atomic_files import write_whole
from supplyshock_kernels.outputs import Observed
from supplyshock_kernels.params import Grid, Params
from support import killed_run, synthetic
from support.processes import start_module, wait_for

Digests = Callable[[Path], dict[str, str]]


def backend(params: Params, grid: Grid, seed: int, paths: range) -> Observed:
    return synthetic.simulate(params, grid, seed, paths)


backend.__name__ = "simulate"


def run(out: Path, **changes: Any) -> RunReport:
    return run_scenarios(
        **{"scenarios": synthetic.two_scenarios(), "out": out, "backend": backend, **killed_run.SIZE, **changes}
    )


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("undisturbed") / "run"
    run(out)
    return out


@pytest.mark.thorough
@pytest.mark.parametrize("point", killed_run.KILL_POINTS)
def test_killed_and_resumed_gives_the_same_bytes(
    point: str, undisturbed: Path, tmp_path: Path, digests: Digests
) -> None:
    out = tmp_path / "run"
    process = start_module("killed_run", out, "--point", point)
    _, complaint = process.communicate(timeout=120)
    assert process.returncode == killed_run.STATUS, complaint
    report = run(out)
    assert report.blocks_computed + report.blocks_resumed == 4
    assert digests(out / "results.zarr") == digests(undisturbed / "results.zarr")
    assert kinds(out) == kinds(undisturbed)
    assert not list(out.rglob("*.stats"))


def kinds(out: Path) -> set[str]:
    """Names in a run folder."""
    return {p.name for p in out.iterdir()} - {"logs"}


@pytest.mark.thorough
def test_killed_again_and_again(undisturbed: Path, tmp_path: Path, digests: Digests) -> None:
    out = tmp_path / "run"
    for _ in range(3):
        process = start_module("killed_run", out, "--point", "after a block of one thread")
        process.communicate(timeout=120)
        assert process.returncode == killed_run.STATUS
    report = run(out)
    assert report.blocks_resumed >= 1
    assert digests(out / "results.zarr") == digests(undisturbed / "results.zarr")


def test_a_resumed_run_keeps_its_blocks(undisturbed: Path, tmp_path: Path, digests: Digests) -> None:
    """Other threads would cut the paths otherwise; the blocks done stay done."""
    out = tmp_path / "run"
    stop_after(out, blocks=1)
    report = run(out, threads=4)
    assert report.blocks_resumed >= 1
    assert digests(out / "results.zarr") == digests(undisturbed / "results.zarr")


def stop_after(out: Path, blocks: int) -> None:
    """Runs into `out` until so many blocks were begun, then a disk fails."""
    begun = 0

    def failing(params: Params, grid: Grid, seed: int, paths: range) -> Observed:
        nonlocal begun
        begun += len(paths) > 1
        if begun > blocks:
            raise OSError(errno.EIO, "Input/output error", str(out))
        return synthetic.simulate(params, grid, seed, paths)

    failing.__name__ = "simulate"
    with pytest.raises(StoreError, match="same command again"):
        run(out, backend=failing, threads=1)


def test_the_same_command_again_does_nothing(undisturbed: Path, tmp_path: Path, digests: Digests) -> None:
    out = tmp_path / "run"
    shutil.copytree(undisturbed, out)
    before = digests(out)
    report = run(out)
    assert (report.blocks_computed, report.blocks_resumed, report.path_weeks_per_second) == (0, 4, 0)
    assert digests(out) == before


@pytest.mark.parametrize("damage", ["entry", "chunk"])
def test_a_damaged_block_is_computed_anew(damage: str, undisturbed: Path, tmp_path: Path, digests: Digests) -> None:
    out = tmp_path / "run"
    shutil.copytree(undisturbed, out)
    file = sorted((out / "journal").rglob("*.block.json"))[1]
    if damage == "chunk":
        file = out / "results.zarr/outcomes/theta/c/1/3/0"
    file.write_bytes(file.read_bytes()[:100])
    report = run(out)
    assert (report.blocks_computed, report.blocks_resumed) == (1, 3)
    assert digests(out / "results.zarr") == digests(undisturbed / "results.zarr")


def test_damaged_metadata_is_a_clear_error(undisturbed: Path, tmp_path: Path) -> None:
    for name, message in (("zarr.json", "but no results"), ("outcomes/theta/zarr.json", "damaged")):
        out = tmp_path / message
        shutil.copytree(undisturbed, out)
        (out / "results.zarr" / name).unlink()
        with pytest.raises(StoreError, match=message):
            run(out)
    (out / "manifest.json").write_text("{")
    with pytest.raises(StoreError, match="not the manifest"):
        run(out)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"seed": 4}, "seed is 3 there and 4 here"),
        ({"paths": 4001}, "paths is 4000 there and 4001 here"),
        ({"save_series": 10}, "save-series is "),
        ({"precision": "float64"}, "precision"),
        ({"scenarios": [synthetic.scenario()]}, "scenarios"),
        (
            {"scenarios": [synthetic.scenario(digest="changed"), synthetic.scenario("swap_deal", 0.25)]},
            "status_quo",
        ),
    ],
)
def test_a_changed_run_is_refused(changes: dict[str, Any], named: str, undisturbed: Path, digests: Digests) -> None:
    before = digests(undisturbed)
    with pytest.raises(UsageError, match=named) as caught:
        run(undisturbed, **changes)
    assert "--overwrite" in str(caught.value)
    assert "another --out" in str(caught.value)
    assert digests(undisturbed) == before


def test_overwrite(undisturbed: Path, tmp_path: Path, digests: Digests) -> None:
    out = tmp_path / "run"
    run(out, seed=9)
    mine = [out / "results.zarr.old-mine", out / "journal.old", out / "notes"]
    for folder in mine:
        folder.mkdir()
    report = run(out, overwrite=True)
    assert report.blocks_computed == 4
    assert all(folder.is_dir() for folder in mine)
    assert not list(out.glob("manifest.json.old-*"))


def test_a_kill_while_a_run_is_replaced_leaves_a_folder_that_can_be_used(
    undisturbed: Path, tmp_path: Path, digests: Digests
) -> None:
    """With a picture in it, as `--figure` draws one: the old run is gone, so the new one must not be refused."""
    from supplyshock.store.run_folder import clear

    out = tmp_path / "run"
    run(out, seed=9)
    (out / "fan.png").write_bytes(b"picture")
    clear(out)
    assert run(out).complete
    assert digests(out / "results.zarr") == digests(undisturbed / "results.zarr")
    assert (out / "fan.png").exists()
    assert not list(out.glob("manifest.json.old-*"))
    assert digests(out / "results.zarr") == digests(undisturbed / "results.zarr")


def test_a_wrong_request_creates_nothing(tmp_path: Path) -> None:
    for wrong in ({"paths": 0}, {"paths": 1e30}, {"backend": "numpy"}):
        with pytest.raises(UsageError):
            run(tmp_path / "run", **wrong)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1, signal.SIGINT])
def test_a_signal_exits_75_and_the_run_resumes(
    number: int, undisturbed: Path, tmp_path: Path, digests: Digests
) -> None:
    out = tmp_path / "run"
    process = start_module("killed_run", out, "--pause", 0.7)
    wait_for(lambda: list(out.rglob("*.block.json")), process)
    process.send_signal(number)
    _, complaint = process.communicate(timeout=60)
    assert process.returncode == Interrupted.exit_code == 75, complaint
    assert "give the same command again to resume" in complaint
    with pytest.raises(StoreError, match="not complete"):
        open_run(out)
    assert open_run(out, partial=True).outcomes.sizes["path"] == 4000
    assert run(out).blocks_resumed >= 1
    assert digests(out / "results.zarr") == digests(undisturbed / "results.zarr")


def test_the_second_signal_ends_at_once(tmp_path: Path) -> None:
    out = tmp_path / "run"
    process = start_module("killed_run", out, "--pause-blocks", 60)
    wait_for(lambda: list(out.glob("workers/*.json")), process)
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=10)
    assert process.returncode == -signal.SIGTERM


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(disk)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("cannot mount a small disk here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_loses_nothing(small_disk: Path, undisturbed: Path, digests: Digests) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(2_000_000))
    with pytest.raises(StoreError, match="the disk is full.*free some space") as caught:
        run(small_disk / "run", force=True)
    assert caught.value.exit_code == 74
    ballast.unlink()
    subprocess.run(["mount", "-o", "remount,size=60m", str(small_disk)], check=True)
    run(small_disk / "run")
    assert digests(small_disk / "run/results.zarr") == digests(undisturbed / "results.zarr")


@pytest.mark.parametrize("after", [0, 1, 30, 60, 150])
def test_a_full_disk_at_any_write(
    after: int, undisturbed: Path, tmp_path: Path, digests: Digests, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, left = atomic_files._write_all, after

    def full(fd: int, data: memoryview) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            write(fd, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(fd, data)

    monkeypatch.setattr(atomic_files, "_write_all", full)
    with pytest.raises(StoreError, match="disk is full"):
        run(tmp_path / "run")
    monkeypatch.undo()
    assert not list(tmp_path.rglob("*.partial"))
    run(tmp_path / "run")
    assert digests(tmp_path / "run/results.zarr") == digests(undisturbed / "results.zarr")


def test_memory_does_not_grow_with_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "MAX_CHUNK", 1024)
    monkeypatch.setattr(backend_selection, "CALLABLE_CALL", 1024)
    one = [synthetic.scenario()]

    def peak(paths: int) -> int:
        gc.collect()  # what other tests left would be counted when it goes
        tracemalloc.start()
        run(tmp_path / str(paths), scenarios=one, paths=paths, save_series=64, threads=1)
        bytes_used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return bytes_used

    peak(2048)  # imports and caches
    small, large = peak(4 * 1024), peak(16 * 1024)
    assert large < 1.5 * small, (small, large)  # four times as much if it grew; when garbage goes is chance


def test_an_error_of_the_backend_reaches_the_caller(tmp_path: Path) -> None:
    def broken(params: Params, grid: Grid, seed: int, paths: range) -> Observed:
        raise FloatingPointError("NaN in the state")

    with pytest.raises(FloatingPointError, match="NaN in the state"):
        run(tmp_path / "run", backend=broken)


def test_the_report(undisturbed: Path, tmp_path: Path) -> None:
    report = run(tmp_path / "run").as_dict()
    assert report["blocks_computed"] == 4
    assert report["weeks"] == 4
    assert report["device"] == "cpu"
    assert report["market_steps_per_second"] == pytest.approx(3 * report["path_weeks_per_second"])
    assert report["peak_memory_mb"] > 10
    assert report["seconds"] > 0
    assert json.loads(json.dumps(report)).keys() == report.keys()


def test_progress_in_a_log() -> None:
    stream = io.StringIO()
    lines = make_progress("auto", stream)
    assert isinstance(lines, LogProgress)
    lines.start(1000, 400)
    lines.advance(100)
    assert stream.getvalue() == ""
    lines.advance(500)
    assert "1,000 of 1,000 paths (100 %)" in stream.getvalue()


def test_a_bar_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    bar = make_progress("bar")
    bar.start(10, 0)
    bar.advance(10)
    bar.say("note")
    bar.close()
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "note" in captured.err


def test_a_file_is_whole_or_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    write_whole(tmp_path / "a", b"old")
    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="full"):
        write_whole(tmp_path / "a", b"new")
    assert [p.name for p in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"
