"""`supplyshock slurm`: what it writes, hands on, refuses, and says where there is no Slurm."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

import pytest

from support.command import invoke, is_one_clear_line, said

NOWHERE = {"PATH": "/nowhere"}


def commands(text: str) -> list[str]:
    """The words of the run in a script."""
    line = next(x for x in text.splitlines() if " run " in x and not x.startswith("#"))
    return shlex.split(line.removesuffix(" &"))


def directives(text: str) -> list[str]:
    """The options of sbatch in a script."""
    return [x.removeprefix("#SBATCH --") for x in text.splitlines() if x.startswith("#SBATCH")]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, on a machine without Slurm."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/usr/bin:/bin" if not os.access("/usr/bin/sbatch", os.X_OK) else "/nowhere")
    return tmp_path


def test_the_script_goes_to_stdout_and_its_logs_have_a_folder(here: Path) -> None:
    made = invoke(
        "slurm", "status_quo", "swap_deal", "--out", "a run", "--paths", "1e6", "--set", "parameters.material.eta=0.3",
        "--tasks", 2500, "--max-concurrent", 10, "--cpus", 4, "--mem", "8G", "--time", "1-0",
        "--sbatch", "mail-type=END",
    )  # fmt: skip
    assert made.exit_code == 0, made.stderr
    assert made.stdout.startswith("#!/bin/bash\n#SBATCH")
    asked = directives(made.stdout)
    assert {"array=0-1000%10", "cpus-per-task=4", "mem=8G", "time=1-0", "mail-type=END", "requeue"} <= set(asked)
    assert f"chdir={here}" in asked or f'chdir="{here}"' in asked
    assert commands(made.stdout)[1:] == [
        "run", "status_quo", "swap_deal", "--paths", "1000000", "--threads", "4",
        "--set", "parameters.material.eta=0.3", "--out", "a run", "--shard", "$shard/2500",
    ]  # fmt: skip
    assert (here / "a run" / "logs").is_dir()
    assert "62 blocks for 2500 tasks" in made.stderr


def test_a_task_with_gpus_computes_on_them() -> None:
    text = invoke("slurm", "status_quo", "--out", "run", "--gpus", "a100:4", "--nodes", 8, "--cpus", 32).stdout
    asked = directives(text)
    assert {"gres=gpu:a100:4", "exclusive", "array=0-7", "cpus-per-task=32"} <= set(asked)
    assert "--device gpu" in " ".join(commands(text))
    assert "--threads" not in text
    jax = invoke("slurm", "status_quo", "--out", "run", "--gpus", "1", "--backend", "jax").stdout
    assert "--backend jax --device gpu" in jax.replace("'", ""), "no task computes slowly on cores by mistake"
    told = json.loads(invoke("slurm", "status_quo", "--out", "run", "--json").stdout)
    assert told["text"].startswith("#!/bin/bash") and told["tasks"] == 1
    chosen = invoke("slurm", "status_quo", "--out", "run", "--gpus", "1", "--backend", "numba")
    assert chosen.exit_code == 0
    assert "--device" not in commands(chosen.stdout)


def test_a_file(here: Path) -> None:
    made = invoke("slurm", "status_quo", "--out", "run", "-o", "my job.sh", "--json")
    assert json.loads(made.stdout) == {"script": "my job.sh", "jobs": [], "tasks": 1, "arrays": ["0-0"], "warnings": []}
    assert "#   sbatch 'my job.sh'" in (here / "my job.sh").read_text()


def test_no_slurm_is_said_before_anything_is_made(here: Path) -> None:
    made = invoke("slurm", "status_quo", "--out", "run", "--submit")
    assert made.exit_code == 69
    assert is_one_clear_line(made)
    assert "sbatch" in said(made) and "-o job.sh" in said(made)
    assert not list(here.iterdir())


@pytest.mark.parametrize(
    ("options", "code", "names"),
    [
        (["--time", "4h"], 2, "--time"),
        (["--time", "3"], 2, "--time"),
        (["--gpus", "0"], 2, "--gpus"),
        (["--gpus", "many"], 2, "--gpus"),
        (["--mem", "lots"], 2, "--mem"),
        (["--tasks", "2", "--nodes", "2"], 2, "--nodes"),
        (["--sbatch", "array=0-9"], 2, "--sbatch"),
        (["--prologue", "a\nb"], 2, "one line"),
        (["--partition", "a\n#SBATCH --uid=0"], 2, "one line"),
        (["--set", "parameters.nonsense=1"], 65, "nonsense"),
        (["--gpus", "1", "--device", "gpu", "--backend", "numba"], 69, "--device"),
    ],
)
def test_refusals_come_now_and_not_on_the_node(options: list[str], code: int, names: str, here: Path) -> None:
    made = invoke("slurm", "status_quo", "--out", "run", *options)
    assert made.exit_code == code, made.output
    assert names in made.stderr
    assert not made.stdout
    assert not list(here.iterdir())


def test_a_refusal_of_slurm_is_passed_on(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "bin").mkdir()
    sbatch = here / "bin" / "sbatch"
    sbatch.write_text("#!/bin/sh\necho 'sbatch: error: invalid partition specified: gold' >&2\nexit 1\n")
    sbatch.chmod(0o755)
    monkeypatch.setenv("PATH", f"{here}/bin")
    made = invoke("slurm", "status_quo", "--out", "run", "--partition", "gold", "--submit")
    assert made.exit_code == 69
    assert "invalid partition specified: gold" in said(made)


def test_a_name_that_is_no_utf8_is_written_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    answer = invoke("slurm", "status_quo", "--out", os.fsdecode(b"big\xff"), "-o", "job.sh")
    assert answer.exit_code == 0, answer.output
    assert b"--out 'big\xff'" in (tmp_path / "job.sh").read_bytes()


def test_a_script_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    answer = invoke("slurm", "status_quo", "--out", tmp_path / "big", "-o", tmp_path / "file" / "job.sh")
    assert answer.exit_code == 74 and "cannot write the file" in said(answer)
    answer = invoke("slurm", "status_quo", "--out", tmp_path / "big", "-o", tmp_path / "a\nb.sh")
    assert answer.exit_code == 2 and "expected one line of text" in said(answer)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_hints_can_be_pasted(tmp_path: Path) -> None:
    out = tmp_path / "my run"
    answer = invoke("run", "status_quo", "--paths", 10, "--weeks", 2, "--backend", "reference", "--out", out)
    assert f"supplyshock show '{out}' --figure '{out}/fan.png'" in answer.stdout
