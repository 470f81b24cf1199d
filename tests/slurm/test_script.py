"""The batch script: its text, what bash and shellcheck say of it, and what it does when signals come."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supplyshock.common.errors import UsageError
from supplyshock.execution.slurm import values
from supplyshock.execution.slurm.script import Job, directive, render, windows

GOLDEN = Path(__file__).parent / "golden"
JOBS = {
    "small.sh": Job(
        command=("/opt/env/bin/supplyshock", "run", "status_quo", "--paths", "1000000", "--out", "runs/first"),
        tasks=4,
        name="status_quo",
        folder="/home/ann",
        log="runs/first/logs/slurm-%A_%a.log",
        wants={"cpus-per-task": "8", "mem": "16G", "time": "4:00:00"},
    ),
    "large.sh": Job(
        command=("supplyshock", "run", "my world.yaml", "--set", 'title=It\'s "so"', "--out", "a run"),
        tasks=2500,
        name="my world",
        folder="/scratch/ann's #1",
        log='a "run"/logs/slurm-%A_%a.log',
        max_concurrent=64,
        grace=300,
        requeues=5,
        wants={"exclusive": None, "gres": "gpu:a100:4", "partition": "gpu", "mail-user": "ann@example.org"},
        prologue=("module load cuda", 'export SUPPLYSHOCK_CACHE_DIR="$HOME/cache"'),
    ),
}


@pytest.mark.parametrize("name", JOBS)
def test_text(name: str) -> None:
    text = render(JOBS[name], "job.sh").replace(f"supplyshock {version('supplyshock')}", "supplyshock VERSION")
    assert text == (GOLDEN / name).read_text()


@pytest.mark.parametrize("name", JOBS)
def test_bash_and_shellcheck_find_nothing(name: str) -> None:
    subprocess.run(["bash", "-n", GOLDEN / name], check=True)
    if shutil.which("shellcheck"):
        told = subprocess.run(["shellcheck", GOLDEN / name], capture_output=True, text=True)
        assert (told.returncode, told.stdout) == (0, "")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=12), min_size=1, max_size=4))
def test_every_word_arrives_as_it_was(words: list[str]) -> None:
    text = render(Job(command=("printf", r"%s\0", *words), tasks=1))
    env = os.environ | {"SLURM_ARRAY_TASK_ID": "0"}
    said = subprocess.run(["bash", "-c", text], env=env, capture_output=True, check=True).stdout
    assert said.split(b"\0")[:-3] == [w.encode() for w in words]


def test_words_that_no_line_can_hold_are_refused() -> None:
    for text in ("a\nb", "a\rb", "a\0b"):
        with pytest.raises(UsageError, match="one line"):
            directive(text)
    with pytest.raises(UsageError):
        render(Job(command=("x",), tasks=1, prologue=("true\n#SBATCH --array=0-9",)))


def test_windows_cover_every_task_once() -> None:
    for tasks, window in ((1, 5), (5, 5), (6, 5), (2500, 1001)):
        cut = windows(Job(command=("x",), tasks=tasks, window=window, max_concurrent=3))
        covered = [w.first + i for w in cut for i in range(w.count)]
        assert covered == list(range(tasks))
        assert all(w.array == f"0-{w.count - 1}%3" and w.count <= window for w in cut)


def test_times_as_the_manual_has_them() -> None:
    known = {"90": 5400, "90:30": 5430, "1:02:03": 3723, "2-3": 183600, "2-3:04": 183840, "2-3:04:05": 183845}
    assert {text: values.seconds(text) for text in known} == known
    assert [values.seconds(t) for t in ("", "4h", "1:2:3:4", "-1", "1-", "1 2")] == [None] * 6


# -- what the script does: `scontrol` writes down what it is asked, the run is a small program

RUN = """\
import os, signal, sys, time
def stop(number, frame):
    print("stopped by", signal.Signals(number).name, flush=True)
    time.sleep(0.2)
    sys.exit(75)
signal.signal(signal.SIGUSR1, stop)
signal.signal(signal.SIGTERM, stop)
print("shard", sys.argv[-1], flush=True)
time.sleep(float(sys.argv[1]))
if (code := int(sys.argv[2])) < 0:
    signal.signal(-code, signal.SIG_DFL) if -code != signal.SIGKILL else None
    os.kill(os.getpid(), -code)
sys.exit(code)
"""


class Task:
    """The script as Slurm would run it: bash in a session of its own."""

    def __init__(self, folder: Path, seconds: float, code: int, restarts: int = 0, **job: int) -> None:
        (folder / "run.py").write_text(RUN)
        scontrol = folder / "scontrol"
        scontrol.write_text(f'#!/bin/bash\necho "$@" >> "{folder}/asked"\n')
        scontrol.chmod(scontrol.stat().st_mode | stat.S_IXUSR)
        command = (shutil.which("python3") or "python3", str(folder / "run.py"), str(seconds), str(code))
        (folder / "job.sh").write_text(render(Job(command=command, tasks=9, **job)))
        slurm = {"SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_JOB_ID": "77", "SLURM_RESTART_COUNT": str(restarts)}
        env = os.environ | slurm | {"PATH": f"{folder}:{os.environ['PATH']}"}
        self.asked = folder / "asked"
        self.process = subprocess.Popen(
            ["bash", folder / "job.sh", "5"], env=env, text=True, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert self.process.stdout
        self.first = self.process.stdout.readline()

    def end(self) -> tuple[int, str]:
        """Its exit code, and what it asked of Slurm."""
        self.output, self.errors = self.process.communicate(timeout=30)
        return self.process.returncode, self.asked.read_text() if self.asked.exists() else ""


def test_a_shard_is_the_window_and_the_task(tmp_path: Path) -> None:
    task = Task(tmp_path, 0, 0)
    assert task.first == "shard 9/9\n"
    assert task.end() == (0, "")


@pytest.mark.parametrize("code", [2, 74])
def test_what_fails_is_not_queued_again(code: int, tmp_path: Path) -> None:
    assert Task(tmp_path, 0, code).end() == (code, "")


def test_the_signal_before_the_limit_stops_and_requeues(tmp_path: Path) -> None:
    task = Task(tmp_path, 60, 0)
    os.kill(task.process.pid, signal.SIGUSR1)  # the shell alone
    assert task.end() == (75, "requeue 77_3\n")
    assert task.output == "stopped by SIGUSR1\n"
    assert "queued again" in task.errors


def test_a_task_that_is_cancelled_is_not_queued_again(tmp_path: Path) -> None:
    task = Task(tmp_path, 60, 0)
    os.killpg(task.process.pid, signal.SIGTERM)  # all processes, as scancel and preemption do
    assert task.end() == (75, "")
    assert task.output == "stopped by SIGTERM\n"


def test_a_task_is_queued_only_so_often(tmp_path: Path) -> None:
    task = Task(tmp_path, 60, 0, restarts=2, requeues=2)
    os.kill(task.process.pid, signal.SIGUSR1)
    assert task.end() == (75, "")
    assert "submit the script again" in task.errors


def test_a_run_that_is_killed_outright_is_not_queued_again(tmp_path: Path) -> None:
    assert Task(tmp_path, 0, -signal.SIGKILL).end() == (128 + signal.SIGKILL, "")


def test_a_signal_that_the_run_cannot_take_yet_requeues(tmp_path: Path) -> None:
    assert Task(tmp_path, 0, -signal.SIGUSR1).end() == (128 + signal.SIGUSR1, "requeue 77_3\n")
