"""A run as a job array of a real Slurm of one node: stopped, preempted, cancelled, finished; then its bytes."""

from __future__ import annotations

import hashlib
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.command import script
from support.slurm_cluster import Cluster, cluster, missing

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(missing()), reason=missing() or "Slurm is here")]

RUN = (
    "status_quo",
    "swap_deal",
    "--paths",
    "16384",
    "--weeks",
    "104",
    "--save-series",
    "100",
    "--backend",
    "reference",
)
AWAY = ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY")


@pytest.fixture(scope="module")
def slurm() -> Iterator[Cluster]:
    with cluster(max_array_size=4) as up:
        yield up


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Files of the results of the same run by one process, without Slurm."""
    out = tmp_path_factory.mktemp("alone") / "run"
    made = script("run", *RUN, "--out", out, "--threads", "1", "--quiet")
    assert made.returncode == 0, made.stderr
    return contents(out)


def contents(out: Path) -> dict[str, str]:
    """SHA-256 of every file of the results."""
    root = out / "results.zarr"
    files = (p for p in root.rglob("*") if p.is_file())
    return {p.relative_to(root).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def wait(what: str, until: Callable[[], bool], seconds: float = 240) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.5)


def submit(slurm: Cluster, folder: Path, *options: str) -> list[str]:
    """Submits the run into ``folder/run`` and returns the ids of its arrays."""
    sent = script("slurm", *RUN, "--out", "run", *options, "--submit", "--json", cwd=folder, **slurm.env)
    assert sent.returncode == 0, sent.stderr
    ids: list[str] = json.loads(sent.stdout)["jobs"]
    return ids


def done(out: Path) -> int:
    """Blocks that are done."""
    told = script("status", out, "--json")
    return int(json.loads(told.stdout)["blocks_done"]) if told.returncode == 0 else 0


def running(slurm: Cluster, job: str, out: Path) -> str:
    """The number of a task that runs."""
    tasks: list[str] = []

    def look() -> bool:
        tasks[:] = [task for task, state in slurm.states(job).items() if state == "RUNNING"]
        return bool(tasks)

    wait(f"a task that runs: {slurm.states(job)}\n{logs(out)}", look, 60)
    return tasks[0]


def over(slurm: Cluster, jobs: list[str]) -> bool:
    states = [slurm.states(job) for job in jobs]
    return all(states) and all(state in AWAY for tasks in states for state in tasks.values())


def logs(out: Path) -> str:
    return "\n".join(f"{p.name}:\n{p.read_text()}" for p in sorted((out / "logs").glob("slurm-*.log")))


def test_stopped_preempted_cancelled_and_sent_again(
    slurm: Cluster, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    """Six tasks in two windows, in a folder with an awkward name; whatever is done to them, the bytes are the same."""
    folder = tmp_path / "a #1 folder, 50% 'full'"
    folder.mkdir()
    jobs = submit(slurm, folder, "--tasks", "6", "--cpus", "1", "--mem", "500M", "--time", "20", "--prologue", "true")
    out = folder / "run"
    assert len(jobs) == 2
    assert set(slurm.states(jobs[0])) == {"0", "1", "2", "3"}
    assert set(slurm.states(jobs[1])) == {"0", "1"}

    # preemption: a job of a higher partition wants the whole node
    wait("a block", lambda: done(out) >= 1)
    urgent = slurm.call(
        "sbatch", "--parsable", "--partition=urgent", "--exclusive", "--output=/dev/null", "--wrap=sleep 4"
    )
    wait("the node is taken", lambda: slurm.states(urgent)["N/A"] in ("RUNNING", "COMPLETED"))
    assert "DUE TO PREEMPTION" in logs(out)

    # what Slurm does before a time limit: USR1 to the shell of the batch script alone
    stopped = running(slurm, jobs[0], out)
    slurm.call("scancel", "--batch", "--signal=USR1", f"{jobs[0]}_{stopped}")
    wait("the task is queued again", lambda: "stopped in time, queued again" in logs(out), 60)
    assert slurm.states(jobs[0])[stopped] not in AWAY

    # a task that is cancelled stays cancelled, and the others do its work
    given_up = running(slurm, jobs[0], out)
    slurm.call("scancel", f"{jobs[0]}_{given_up}")
    wait("the task has ended", lambda: slurm.states(jobs[0])[given_up] == "CANCELLED")
    slurm.call("scancel", f"{jobs[1]}_0")  # one that has not begun

    wait("all tasks have ended", lambda: over(slurm, jobs))
    states = slurm.states(jobs[0])
    assert states.pop(given_up) == "CANCELLED", "a cancelled task came back"
    assert set(states.values()) == {"COMPLETED"}, logs(out)
    assert "Restarts=0" not in slurm.call("scontrol", "show", "job", f"{jobs[0]}_{stopped}") or stopped == given_up
    assert contents(out) == undisturbed, logs(out)

    again = slurm.call("sbatch", "--parsable", "--array=0-0", str(out / "logs" / "job.sh"))
    wait("sent again, it finds nothing to do", lambda: over(slurm, [again]), 60)
    assert slurm.states(again) == {"0": "COMPLETED"}
    assert contents(out) == undisturbed


def test_all_tasks_cancelled_and_the_script_sent_again(
    slurm: Cluster, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    jobs = submit(slurm, tmp_path, "--tasks", "2", "--cpus", "1", "--gpus", "1", "--device", "cpu", "--time", "20")
    out = tmp_path / "run"
    wait("some blocks", lambda: done(out) >= 2)
    slurm.call("scancel", *jobs)
    wait("all have ended", lambda: over(slurm, jobs))
    assert set(slurm.states(jobs[0]).values()) == {"CANCELLED"}
    assert json.loads(script("status", out, "--json").stdout)["status"] == "running"
    again = slurm.call("sbatch", "--parsable", f"--chdir={tmp_path}", str(out / "logs" / "job.sh"))
    wait("all have ended", lambda: over(slurm, [again]))
    assert set(slurm.states(again).values()) == {"COMPLETED"}
    assert contents(out) == undisturbed


def test_a_time_limit_stops_a_task_in_time(slurm: Cluster, undisturbed: dict[str, str], tmp_path: Path) -> None:
    """The real thing: two minutes, and the signal 59 seconds, or up to two minutes, before their end."""
    slow = tmp_path / "slowly.sh"
    slow.write_text(f'#!/bin/bash\nexec nice -n 19 taskset -c 0 {program()} "$@"\n')
    slow.chmod(0o755)
    jobs = submit(slurm, tmp_path, "--cpus", "1", "--time", "2", "--grace", "59", "--command", str(slow))
    out = tmp_path / "run"
    wait("the end", lambda: over(slurm, jobs), 500)
    assert slurm.states(jobs[0]) == {"0": "COMPLETED"}
    if "Restarts=0" in slurm.call("scontrol", "show", "job", f"{jobs[0]}_0"):
        pytest.skip("this machine was done before the limit came")
    assert "stopped in time, queued again" in logs(out)
    assert "DUE TO TIME LIMIT" not in logs(out)
    assert contents(out) == undisturbed


def program() -> str:
    import sys

    return str(Path(sys.executable).with_name("supplyshock"))


def test_a_refusal_of_slurm(slurm: Cluster, tmp_path: Path) -> None:
    sent = script(
        "slurm", *RUN, "--out", "run", "--partition", "gold", "--submit", cwd=tmp_path, **slurm.env
    )  # fmt: skip
    assert sent.returncode == 69
    assert "invalid partition" in sent.stderr
    assert len(sent.stderr.strip().splitlines()) == 1


def test_shellcheck_of_what_was_sent(slurm: Cluster, tmp_path: Path) -> None:
    made = script("slurm", *RUN, "--out", "run", "--tasks", "9", "-o", "job.sh", cwd=tmp_path, **slurm.env)
    assert made.returncode == 0
    subprocess.run(["bash", "-n", tmp_path / "job.sh"], check=True)
    assert "--array=0-3" in (tmp_path / "job.sh").read_text()  # as the Slurm that is here allows
