"""Disks that fill up or cannot be written, clocks that jump, caches cut short: nothing is lost and nothing is wrong."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from supplyshock.analysis.open_run import open_run
from supplyshock.common.errors import StoreError
from supplyshock.execution import backend_selection
from supplyshock.execution import plan as planning
from supplyshock.execution.run import run_scenarios
from supplyshock.execution.run_report import RunReport
from supplyshock.store.cleanup import clean_run
from supplyshock.store.status import run_status
from supplyshock.store.verify import verify_run
from support import synthetic

Digests = Callable[[Path], dict[str, str]]
Disk = Callable[[str], Path]


def run(out: Path, **changes: Any) -> RunReport:
    scenarios = [synthetic.scenario(), synthetic.scenario("swap_deal", 0.25)]
    wanted: dict[str, Any] = {"paths": 6000, "seed": 3, "save_series": 1500, "threads": 2, "progress": "quiet"}
    return run_scenarios(scenarios, out, **{"backend": synthetic.simulate, **wanted, **changes})


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """Mounts a small file system in memory, with these options."""
    made: list[Path] = []

    def mount(options: str) -> Path:
        place = tmp_path / f"disk{len(made)}"
        place.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        if not shutil.which("mount") or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("cannot mount a small file system here")
        made.append(place)
        return place

    yield mount
    for place in made:
        subprocess.run(["umount", str(place)], check=True)


def remount(disk: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(disk)], check=True)


def test_a_disk_that_fills_up_in_the_middle_of_a_shard(
    disk: Disk, tmp_path: Path, digests: Digests, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("MAX_CHUNK", 512), ("STEP", 128), ("UNSHARDED_CHUNKS", 2), ("CALLS_PER_SHARD", 3)):
        monkeypatch.setattr(planning, name, value)
    monkeypatch.setattr(backend_selection, "CALLABLE_CALL", 512)
    run(tmp_path / "once")
    sizes = (p.lstat().st_size for p in (tmp_path / "once").rglob("*") if p.is_file())
    whole = sum(-(-size // 4096) * 4 for size in sizes)  # kB on a tmpfs: whole pages, folders cost nothing
    full = disk("size=64k")
    for share in (0.02, 0.4, 0.7, 0.9):
        remount(full, f"size={int(share * whole)}k")
        with pytest.raises(StoreError, match=r"the disk is full.*same command again") as caught:
            run(full / "run", force=True)
        assert caught.value.exit_code == 74
    remount(full, "size=200m")
    run(full / "run")
    assert digests(full / "run/results.zarr") == digests(tmp_path / "once/results.zarr")


def test_a_full_table_of_inodes(disk: Disk, tmp_path: Path, digests: Digests) -> None:
    full = disk("size=200m,nr_inodes=300")
    for inodes in (300, 700, 1200):
        remount(full, f"nr_inodes={inodes}")
        with pytest.raises(StoreError, match=r"no room for more files \(df, df -i\)"):
            run(full / "run")
    remount(full, "nr_inodes=100000")
    run(full / "run")
    run(tmp_path / "once")
    assert digests(full / "run/results.zarr") == digests(tmp_path / "once/results.zarr")


def test_a_full_disk_can_be_cleaned(disk: Disk) -> None:
    full = disk("size=200m")
    run(full / "run")
    litter = full / "run/results.zarr/x.0123456789ab.partial"
    litter.write_bytes(bytes(100_000))
    used = shutil.disk_usage(full).used
    remount(full, f"size={used}")
    with pytest.raises(OSError, match="No space left"):
        (full / "more").write_bytes(bytes(10_000))
    assert clean_run(full / "run") == (1, 100_000)
    assert verify_run(full / "run").unknown == ()


def test_a_read_only_disk(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A complete run can be read, looked at, and even asked for again; one that is not says what is wrong."""
    full = disk("size=200m")
    run(full / "done")

    def failing(*args: Any) -> Any:
        raise OSError("no")

    failing.__name__ = "simulate"
    with pytest.raises(StoreError):
        run(full / "begun", backend=failing)
    remount(full, "ro")
    assert run(full / "done").complete
    assert (open_run(full / "done").summary.paths == 6000).all()
    assert run_status(full / "done").status == "complete"
    assert verify_run(full / "done").damaged == ()
    for out in ("begun", "new"):
        with pytest.raises(StoreError, match="the file system is read-only; choose another --out"):
            run(full / out)


def test_a_clock_that_jumps(tmp_path: Path, digests: Digests, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every look at the clock of the wall says another year, and files are dated anyhow."""
    chance, calls, made = random.Random(5), [], []

    def anytime() -> float:
        calls.append(1)
        return chance.uniform(0, 4e9)

    def failing(*args: Any) -> Any:
        made.append(args)
        if len(made) > 2:  # the warm-up is the first
            raise OSError("no")
        return synthetic.simulate(*args)

    failing.__name__ = "simulate"
    run(tmp_path / "once")
    monkeypatch.setattr(time, "time", anytime)
    monkeypatch.setattr(time, "gmtime", lambda *_: time.struct_time((1970 + chance.randrange(99), *[1] * 8)))
    with pytest.raises(StoreError):
        run(tmp_path / "run", backend=failing, threads=1)
    for file in (tmp_path / "run").rglob("*"):
        os.utime(file, (chance.uniform(0, 4e9),) * 2)
    run_status(tmp_path / "run")
    run(tmp_path / "run")
    assert calls
    assert digests(tmp_path / "run/results.zarr") == digests(tmp_path / "once/results.zarr")


def test_loops_are_kept_with_their_sources_whoever_imports_them_first() -> None:
    """A stale loop would run for ever if it were kept beside its file (numba looks at the file's own date only)."""
    code = (
        "from supplyshock_kernels.backends.numba_cpu import at_risk, kernel_cache\n"
        "print(at_risk.find_at_risk._cache.cache_path == str(kernel_cache.folder()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


@pytest.mark.slow
def test_the_model_starts_from_a_damaged_cache(tmp_path: Path) -> None:
    """Compiles once; then every third file is cut at half, and of every third the code has other bytes."""
    command = [sys.executable, "-c", "from supplyshock.cli import main; main()", "run", "status_quo", "--paths", "200"]
    env = {**os.environ, "SUPPLYSHOCK_CACHE_DIR": str(tmp_path / "cache")}

    def go(name: str) -> None:
        subprocess.run([*command, "--weeks", "6", "--no-shard", "--out", str(tmp_path / name)], env=env, check=True)

    go("first")
    files = sorted((tmp_path / "cache").rglob("*.nbc"))
    assert len(files) > 9
    for file in files[::3]:
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    for file in files[1::3]:
        data = bytearray(file.read_bytes())
        data[len(data) // 2 : len(data) // 2 + 64] = b"\xcc" * 64
        file.write_bytes(data)
    go("second")
    sums = [(tmp_path / n / "results.zarr/outcomes/theta/c/0/0/0").read_bytes() for n in ("first", "second")]
    assert sums[0] == sums[1]


def test_writers_that_are_killed_leave_the_bytes_of_one_that_is_not() -> None:
    """The campaign of benchmarks/kill.py, small; `--kills 200` is the whole of it."""
    campaign(kills=3, paths=2000, weeks=4, backend="reference")


@pytest.mark.slow
def test_two_hundred_kills() -> None:
    campaign(kills=200, paths=60_000, weeks=26, backend="numba")


def campaign(**options: Any) -> None:
    script = Path(__file__).parents[2] / "benchmarks" / "kill.py"
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    done = subprocess.run([sys.executable, str(script), *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
