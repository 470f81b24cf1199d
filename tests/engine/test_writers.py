"""Many processes on one run: every block once or twice, the same bytes, and nobody left waiting for the dead."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import types
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Pipe, get_context, util
from pathlib import Path
from typing import Any

import pytest
import zarr

from supplyshock.analysis.open_run import open_run
from supplyshock.common.errors import Interrupted, StoreError, SupplyshockError, UsageError
from supplyshock.execution import worker_process
from supplyshock.execution.run import run_scenarios
from supplyshock.execution.run_report import RunReport
from supplyshock.execution.shard import Shard
from supplyshock.store import worker_registry
from supplyshock.store.atomic_files import create_whole
from supplyshock.store.status import _rate, run_status
from supplyshock.store.worker_registry import WorkerRegistration, announced, exclusive_access, worker_records
from support import synthetic
from support.processes import run_script, start_module, wait_for

Digests = Callable[[Path], dict[str, str]]
PATHS = 9000
"""Nine blocks a scenario."""


def run(out: Path, **changes: Any) -> RunReport:
    scenarios = [synthetic.scenario(), synthetic.scenario("swap_deal", 0.25)]
    wanted: dict[str, Any] = {"paths": PATHS, "seed": 3, "save_series": 1500, "threads": 9, "progress": "quiet"}
    return run_scenarios(scenarios, out, **{"backend": synthetic.paced, **wanted, **changes})


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("undisturbed") / "run"
    run(out)
    return out


def writer(out: Path, *options: object) -> subprocess.Popen[str]:
    return start_module("shard_writer", out, PATHS, *options)


def ended(process: subprocess.Popen[str]) -> dict[str, Any]:
    told, complaint = process.communicate(timeout=120)
    assert process.returncode == 0, complaint
    result: dict[str, Any] = json.loads(told)
    return result


@pytest.mark.parametrize("options", [[()] * 3, [("--shard", f"{i}/3") for i in (1, 2, 3)]])
def test_three_at_once_make_the_bytes_of_one(
    options: list[tuple[str, ...]], undisturbed: Path, tmp_path: Path, digests: Digests
) -> None:
    reports = [ended(p) for p in [writer(tmp_path / "run", *words) for words in options]]
    assert any(r["complete"] for r in reports)
    assert options[0] or all(r["complete"] for r in reports)
    blocks = 2 * -(-PATHS // json.loads((undisturbed / "manifest.json").read_text())["run"]["layout"]["unit"])
    assert blocks == 18
    # three that knew nothing of each other would make 54; how many are made twice depends on what else the machine does
    assert blocks <= sum(r["blocks_computed"] for r in reports) < 2 * blocks
    assert digests(tmp_path / "run/results.zarr") == digests(undisturbed / "results.zarr")
    assert not list((tmp_path / "run").rglob("*.stats"))
    assert not (tmp_path / "run/workers").exists()


def test_eight_runs_at_once_from_threads_of_one_process(undisturbed: Path, tmp_path: Path, digests: Digests) -> None:
    """As a web service or a dask worker does. What is set for the whole process is as before."""
    settings = repr(zarr.config.config), warnings.showwarning, os.environ.copy()
    with ThreadPoolExecutor(8) as pool:
        outs = [tmp_path / str(i) for i in range(24)]
        reports = list(pool.map(lambda out: run(out, paths=200, save_series=10, threads=1), outs))
        trees = list(pool.map(open_run, outs))
    assert all(report.complete for report in reports)
    assert {float(tree["summary"]["paths"].sum()) for tree in trees} == {400.0}
    assert len({json.dumps(digests(out / "results.zarr")) for out in outs}) == 1
    assert settings == (repr(zarr.config.config), warnings.showwarning, os.environ.copy())


def test_shards_one_after_the_other(undisturbed: Path, tmp_path: Path, digests: Digests) -> None:
    """The first one finds nobody else and does it all: no shard waits for one that may never come."""
    first = run(tmp_path / "run", shard=Shard(1, 3))
    assert first.complete
    assert run(tmp_path / "run", shard=Shard(0, 3)).blocks_computed == 0
    assert digests(tmp_path / "run/results.zarr") == digests(undisturbed / "results.zarr")


def test_the_blocks_of_the_dead_are_done_by_the_living(undisturbed: Path, tmp_path: Path, digests: Digests) -> None:
    out = tmp_path / "run"
    victim = writer(out, "--shard", "1/2", "--pause", 30)
    wait_for(lambda: any(s.doing for s in worker_records(out / "workers")), victim)
    survivor = writer(out)
    time.sleep(1)
    victim.kill()
    victim.communicate()
    assert ended(survivor)["complete"]
    assert digests(out / "results.zarr") == digests(undisturbed / "results.zarr")


def test_a_shard_leaves_what_others_have_and_they_finish(tmp_path: Path) -> None:
    out = tmp_path / "run"
    slowest = writer(out, "--shard", "1/9", "--pause", 4)
    wait_for(lambda: any(s.doing for s in worker_records(out / "workers")), slowest)
    quick = run(out, shard=Shard(1, 9))
    assert not quick.complete
    assert 0 < quick.blocks_left <= 9
    status = run_status(out)
    assert (status.status, status.blocks_running, status.blocks_missing) == ("running", quick.blocks_left, 0)
    assert [w.shard for w in status.workers if w.alive] == ["1/9"]
    assert ended(slowest)["complete"]
    assert run_status(out).status == "complete"


def test_one_without_a_shard_stays_to_the_end(tmp_path: Path) -> None:
    out = tmp_path / "run"
    slowest = writer(out, "--shard", "1/9", "--pause", 2)
    wait_for(lambda: any(s.doing for s in worker_records(out / "workers")), slowest)
    assert run(out).complete
    slowest.communicate()


def test_workers_of_one_command(undisturbed: Path, tmp_path: Path, digests: Digests) -> None:
    report = run(tmp_path / "run", workers=2)
    assert report.complete
    # two that knew nothing of each other would make 36; a thread may begin what another has just begun
    assert 18 <= report.blocks_computed < 36
    assert digests(tmp_path / "run/results.zarr") == digests(undisturbed / "results.zarr")
    assert len(list((tmp_path / "run/logs").glob("*.json"))) == 2


def test_a_worker_that_is_killed_is_reported_and_replaced(
    undisturbed: Path,
    tmp_path: Path,
    digests: Digests,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out, victims = tmp_path / "run", []

    def kill() -> None:
        while not victims:
            victims.extend(s for s in worker_records(out / "workers") if s.doing)
            time.sleep(0.01)
        os.kill(victims[0].state["pid"], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    monkeypatch.setenv("PAUSE", "0.4")
    report = run(out, workers=2, progress="lines")
    killer.join()
    assert report.complete
    assert "was killed by SIGKILL (out of memory?); the others compute its blocks" in capsys.readouterr().err
    assert digests(out / "results.zarr") == digests(undisturbed / "results.zarr")


@pytest.mark.parametrize("kills", [1, 2])
def test_a_worker_killed_before_it_reads_its_request_is_noticed_and_replaced(
    kills: int,
    undisturbed: Path,
    tmp_path: Path,
    digests: Digests,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its parent writes to no pipe that nobody reads. With both workers gone nothing is done: the command says so."""
    original, victims = util.spawnv_passfds, []

    def killed(path: bytes, words: list[str], fds: object) -> int:
        pid = original(path, words, fds)
        if any("spawn_main" in str(word) for word in words) and len(victims) < kills:
            os.kill(pid, signal.SIGKILL)
            victims.append(pid)
        return pid

    monkeypatch.setattr(util, "spawnv_passfds", killed)
    if kills == 2:
        with pytest.raises(Interrupted, match="0 of 18 blocks are done; 2 workers died"):
            run(tmp_path / "run", workers=2, progress="lines")
        return
    assert run(tmp_path / "run", workers=2, progress="lines").complete
    assert "killed by SIGKILL while it was starting" in capsys.readouterr().err
    assert digests(tmp_path / "run/results.zarr") == digests(undisturbed / "results.zarr")


def test_a_worker_whose_pipe_another_process_holds_open_is_missed(tmp_path: Path) -> None:
    ours, theirs = Pipe()
    gone = get_context("spawn").Process(target=int)
    gone.start()
    gone.join()
    worker = worker_process.WorkerProcess("worker 1 of 1", gone, ours, memoryview(b""))
    worker.look()
    theirs.close()
    assert not worker.open
    assert worker.death() == "ended with exit code 0 while it was starting"


def test_one_worker_compiles_and_the_others_load() -> None:
    """Each of them would take a minute for the same kernels. Where the first dies, the next one compiles."""
    process = get_context("spawn").Process(target=int)
    workers = [worker_process.WorkerProcess(str(i), process, Pipe()[0], memoryview(b"")) for i in range(4)]
    for worker in workers[1:]:
        worker.asked = True
    worker_process.answer_in_turn(workers)
    assert [w.answered for w in workers] == [False, True, False, False]
    workers[1].open = False
    workers[0].asked = True
    worker_process.answer_in_turn(workers)
    worker_process.answer_in_turn(workers)
    assert [w.answered for w in workers] == [True, True, False, False]
    workers[0].warm = True
    worker_process.answer_in_turn(workers)
    assert all(w.answered for w in workers)


GUARDLESS = """
import sys, supplyshock as ss
from support import synthetic
print("imported")
ss.run_scenarios([synthetic.scenario()], sys.argv[1], paths=2000, backend=synthetic.paced, %s)
"""


@pytest.mark.parametrize(
    ("options", "where"), [("workers=2", "workers"), ("dask='local', threads=1", "dask")], ids=["workers", "dask"]
)
def test_a_script_without_a_main_guard_ends_with_one_clear_error(options: str, where: str, tmp_path: Path) -> None:
    ended = run_script(GUARDLESS % options, tmp_path, tmp_path / "run")
    last = ended.stderr.strip().splitlines()[-1]
    assert ended.returncode == 1
    assert last.startswith(f"supplyshock.common.errors.UsageError: {where}: ")
    assert 'below `if __name__ == "__main__":`' in last
    assert ended.stdout.count("imported") >= 2
    assert where == "dask" or ended.stderr.count("Traceback") == 1


def test_a_script_that_is_no_file_is_refused_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `python - < script.py` has it."""
    main = types.ModuleType("__main__")
    main.__file__ = "<stdin>"
    monkeypatch.setitem(sys.modules, "__main__", main)
    with pytest.raises(UsageError, match="so the script must be a file: got <stdin>"):
        run(tmp_path / "run", workers=2)
    assert not (tmp_path / "run").exists()


def test_a_backend_that_cannot_be_sent_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be sent to another process"):
        run(tmp_path / "run", workers=2, backend=lambda *given: synthetic.simulate(*given))


def test_an_error_of_a_worker_is_that_of_the_command(tmp_path: Path) -> None:
    with pytest.raises(SupplyshockError, match="a worker failed: FloatingPointError: NaN in the state"):
        run(tmp_path / "run", workers=2, backend=synthetic.broken)


@pytest.mark.parametrize("times", [1, 2])
def test_a_signal_reaches_the_workers(times: int, tmp_path: Path) -> None:
    out = tmp_path / "run"
    process = writer(out, "--pause", 1.5, "--workers", 2)
    wait_for(lambda: any(s.doing for s in worker_records(out / "workers")), process)
    pids = [s.state["pid"] for s in worker_records(out / "workers")]
    for _ in range(times):
        process.send_signal(signal.SIGTERM)
        time.sleep(0.4)
    _, complaint = process.communicate(timeout=30)
    if times == 1:
        assert process.returncode == 75, complaint
        assert "give the same command again to resume" in complaint
        assert run_status(out).blocks_done >= 2
    else:
        assert process.returncode == -signal.SIGTERM
    time.sleep(0.5)
    assert not [p for p in pids if worker_registry._started(p)]


def test_shards_from_text_and_from_slurm() -> None:
    assert Shard.parse("3/10") == Shard(2, 10)
    assert str(Shard.parse("1/1")) == "1/1"
    for wrong in ("0/3", "4/3", "3", "a/b", "1/0", "-1/3", "1/3/5"):
        with pytest.raises(UsageError, match="counted from 1"):
            Shard.parse(wrong)
    task = {"SLURM_ARRAY_TASK_ID": "7", "SLURM_ARRAY_TASK_COUNT": "4", "SLURM_ARRAY_TASK_MIN": "1"}
    assert Shard.of_slurm({**task, "SLURM_ARRAY_TASK_STEP": "2"}) == Shard(3, 4)
    assert Shard.of_slurm(task) == Shard(2, 4)  # gaps in the numbers: some stripe, and others fill in
    assert Shard.of_slurm({}) is None
    assert Shard.of_slurm({**task, "SLURM_ARRAY_TASK_COUNT": "x"}) is None


def test_who_is_alone(tmp_path: Path) -> None:
    with (
        announced(tmp_path),
        pytest.raises(StoreError, match="another process is writing this run"),
        exclusive_access(tmp_path),
    ):
        pass
    with exclusive_access(tmp_path):
        pass
    assert not (tmp_path / "workers").exists()


def test_nobody_joins_while_a_run_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_registry, "PATIENCE", 0.2)
    with exclusive_access(tmp_path), pytest.raises(StoreError, match="replaces or cleans"), announced(tmp_path):
        pass


def test_one_that_waited_for_a_replacement_does_not_mix_runs(tmp_path: Path) -> None:
    """Between its preparation and its first block another command replaces the run."""
    from supplyshock.execution import session

    out, original = tmp_path / "run", session.Session.run

    def replaced(self: Any, *args: Any) -> None:
        monkeypatch.undo()
        run(out, seed=9, overwrite=True)
        original(self, *args)

    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr(session.Session, "run", replaced)
    with pytest.raises(StoreError, match="replaced in the meantime"):
        run(out)
    assert run(out, seed=9).blocks_computed == 0


def test_entries_of_another_run_do_not_count(tmp_path: Path) -> None:
    """They have the same names and the same scenarios; the seed is another."""
    run(tmp_path / "run")
    run(tmp_path / "other", seed=9)
    for file in (tmp_path / "other/journal").rglob("*.json"):
        if file.name != "originals.json":
            there = tmp_path / "run" / file.relative_to(tmp_path / "other")
            there.write_bytes(file.read_bytes())
    assert run_status(tmp_path / "run").blocks_done == 0
    assert run(tmp_path / "run").blocks_computed == 18


def test_the_dead_of_another_machine_are_listened_to_before_anything_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lock is known there alone: here it looks free."""
    monkeypatch.setattr(worker_registry, "PATIENCE", 0.6)
    (tmp_path / "workers").mkdir()
    file = tmp_path / "workers/20260101T000000-01234567.json"
    state = {"host": "far", "locked": True, "place": "far", "started": "1", "pid": 1, "done": 0, "doing": []}

    def tell(beat: int) -> None:
        file.write_text(json.dumps({**state, "alone": False, "beat": beat}))

    tell(1)
    with exclusive_access(tmp_path):  # silent
        pass
    tell(1)
    living = threading.Timer(0.2, tell, [2])
    living.start()
    with pytest.raises(StoreError, match="another process is writing this run.*far"), exclusive_access(tmp_path):
        pass
    living.join()


def test_a_file_is_whole_or_absent_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no(*args: Any) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", no)
    replace = os.replace
    monkeypatch.setattr(os, "replace", no)  # as if it were killed after writing
    with pytest.raises(OSError, match="no links"):
        create_whole(tmp_path / "a", b"whole")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(os, "replace", replace)
    assert create_whole(tmp_path / "a", b"whole")
    assert not create_whole(tmp_path / "a", b"other")
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"whole"]


@pytest.mark.parametrize("threads", [1, 8, 64])
def test_a_rate_is_that_of_all_threads(threads: int) -> None:
    """Each thread makes a block of 100 paths in 2 s, one after the other; all at once, or staggered."""
    for lag in (0.0, 2.0 / threads):
        made = [(2.0 * (i + 1) + lag * k, 2.0, 100) for k in range(threads) for i in range(12)]
        assert _rate(made, threads) == pytest.approx(50 * threads)
    assert _rate([], threads) is None


def test_without_locks_the_dead_are_known_by_their_process_or_their_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file system without locks: a process of this machine is looked up, one of another machine is listened to."""
    monkeypatch.setattr(worker_registry, "fcntl", None)
    registration, other = WorkerRegistration(tmp_path, {}), WorkerRegistration(tmp_path, {})
    assert [s.alive for s in registration.others()] == [True]
    file = tmp_path / "workers" / f"{other.id}.json"
    other._ended.set()
    state = json.loads(file.read_text())
    file.write_text(json.dumps({**state, "started": "another process of that number"}))
    assert [s.alive for s in registration.others()] == [False]
    file.write_text(json.dumps({**state, "place": "elsewhere"}))
    monkeypatch.setattr(worker_registry, "SILENCE", 0.1)
    assert [s.alive for s in registration.others()] == [True]
    time.sleep(0.2)
    assert [s.alive for s in registration.others()] == [False]
    file.write_text(json.dumps({**state, "place": "elsewhere", "beat": 17}))
    assert [s.alive for s in registration.others()] == [True]
    registration.close()


def test_two_preparers_agree(
    undisturbed: Path, tmp_path: Path, digests: Digests, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process prepares the same run between any two steps of this one."""
    from supplyshock.store import run_folder

    for step in ("read_manifest", "_check_free", "create", "keep_originals"):
        out, original = tmp_path / step, getattr(run_folder, step)

        def between(*args: Any, step: str = step, original: Any = original, out: Path = out, **kwargs: Any) -> Any:
            monkeypatch.setattr(run_folder, step, original)
            run(out, threads=1)
            return original(*args, **kwargs)

        monkeypatch.setattr(run_folder, step, between)
        assert run(out).complete
        assert digests(out / "results.zarr") == digests(undisturbed / "results.zarr"), step
