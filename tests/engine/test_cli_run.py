"""`supplyshock run` and `plan`: what they print, make, resume and refuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from support.command import SCENARIOS, SMALL, invoke, said, script, small_run

__all__ = ["small_run"]

FIELDS = {
    "run", "scenarios", "paths", "weeks", "backend", "device", "seconds", "seconds_compile",
    "path_weeks_per_second", "market_steps_per_second", "blocks_computed", "blocks_resumed", "blocks_left", "complete",
    "peak_memory_mb",
}  # fmt: skip
TINY = ("--paths", "8", "--weeks", "6", "--save-series", "2", "--backend", "reference")
Digests = Callable[[Path], dict[str, str]]


def test_json_is_one_object_and_the_same_command_resumes(small_run: Path, digests: Digests) -> None:
    before = digests(small_run / "results.zarr")
    again = script("run", *SCENARIOS, *SMALL, "--out", small_run, "--json")
    assert again.returncode == 0
    told = json.loads(again.stdout)
    assert set(told) == FIELDS | {"warnings"}
    assert told["scenarios"] == list(SCENARIOS)
    assert (told["paths"], told["weeks"], told["backend"], told["device"]) == (300, 52, "reference", "cpu")
    assert told["blocks_computed"] == 0
    assert told["blocks_resumed"] == 3
    assert digests(small_run / "results.zarr") == before


def test_summary_is_on_stdout_and_progress_on_stderr(tmp_path: Path) -> None:
    out = tmp_path / "run"
    made = invoke("run", "swap_deal", *TINY, "--out", out)
    assert made.exit_code == 0
    assert f"supplyshock show {out}" in made.stdout
    assert "paths/s" in made.stderr
    assert "all of it was there already" in invoke("run", "swap_deal", *TINY, "--out", out).stdout


@pytest.mark.parametrize("form", ["--json", "--debug"])
def test_dry_run_makes_nothing(form: str, tmp_path: Path) -> None:
    planned = invoke("run", *SCENARIOS, *SMALL, "--out", tmp_path / "a" / "b", "--dry-run", form)
    assert planned.exit_code == 0
    assert not list(tmp_path.iterdir())
    if form == "--json":
        told = json.loads(planned.stdout)
        assert (told["paths"], told["weeks"], told["seed"]) == (300, 52, 5)
        assert told["path_weeks"] == 3 * 300 * 52


def test_set_changes_a_parameter_and_a_key(tmp_path: Path) -> None:
    from supplyshock.analysis.open_run import open_run

    made = invoke(
        "run", "status_quo", "--set", "parameters.material.alpha=0.09", "--set", "weeks=20", "--paths", 4,
        "--backend", "reference", "--save-series", 1, "--out", tmp_path / "run", "--quiet",
    )  # fmt: skip
    assert made.exit_code == 0, made.stderr
    run = open_run(tmp_path / "run")
    assert run["summary"].sizes["time"] == 20
    alpha = run["inputs"]["value"].sel(scalar="material.alpha")
    assert float(alpha.item()) == pytest.approx(0.09)


def test_options_come_from_the_environment_and_the_command_line_wins() -> None:
    env = {"SUPPLYSHOCK_PLAN_PATHS": "50", "SUPPLYSHOCK_PLAN_SEED": "9"}
    told = json.loads(invoke("plan", "status_quo", "--seed", "7", "--json", env=env).stdout)
    assert (told["paths"], told["seed"]) == (50, 7)
    dry = script("run", "status_quo", "--dry-run", "--json", SUPPLYSHOCK_RUN_PATHS="50")
    assert json.loads(dry.stdout)["paths"] == 50


def test_wrong_environment_is_wrong_use() -> None:
    answer = invoke("plan", "status_quo", env={"SUPPLYSHOCK_PLAN_PATHS": "many"})
    assert answer.exit_code == 2
    assert "--paths" in said(answer)


def test_another_run_in_the_folder_is_refused_and_left_alone(tmp_path: Path, digests: Digests) -> None:
    out = tmp_path / "run"
    assert invoke("run", "swap_deal", *TINY, "--out", out, "--quiet").exit_code == 0
    before = digests(out)
    for other in (
        ["swap_deal", *TINY, "--seed", "2"],
        ["breakdown", *TINY],
        ["swap_deal", *TINY, "--paths", "9"],
    ):
        answer = invoke("run", *other, "--out", out, "--quiet")
        assert answer.exit_code == 2
        assert str(out) in said(answer)
        assert "--overwrite" in said(answer)
        assert digests(out) == before
    assert invoke("run", "breakdown", *TINY, "--out", out, "--quiet", "--overwrite").exit_code == 0
    assert digests(out) != before


def test_figure_of_a_run(tmp_path: Path) -> None:
    """In the folder of the run or anywhere: FILE, as in `show`; without a file nothing runs."""
    picture = tmp_path / "run" / "fan.png"
    made = invoke("run", "swap_deal", *TINY, "--out", tmp_path / "run", "--figure", picture)
    assert made.exit_code == 0, made.stderr
    assert picture.stat().st_size > 10_000
    assert str(picture) in made.stdout
    wrong = invoke("run", "--figure", "swap_deal", *TINY, "--out", tmp_path / "other")
    assert wrong.exit_code == 2 and "--figure" in said(wrong) and ".png" in said(wrong)
    assert not (tmp_path / "other").exists()


def test_a_slurm_array_task_takes_its_shard_unless_told_otherwise(tmp_path: Path) -> None:
    task = {"SLURM_ARRAY_TASK_ID": "2", "SLURM_ARRAY_TASK_COUNT": "3", "SLURM_ARRAY_TASK_MIN": "0"}
    command = ("run", "swap_deal", *TINY, "--out", tmp_path / "run")
    made = invoke(*command, env=task)
    assert made.exit_code == 0, made.stderr
    assert "shard 3/3, from SLURM_ARRAY_TASK_ID" in made.stderr
    assert "from SLURM" not in invoke(*command, "--shard", "1/2", env=task).stderr
    assert "from SLURM" not in invoke(*command, "--no-shard", "--overwrite", env=task).stderr
    for wrong in (
        ("--overwrite",),
        ("--shard", "0/3"),
        ("--shard", "1/2", "--no-shard"),
        ("--dask", "x", "--shard", "1/2"),
    ):
        answer = invoke(*command, *wrong, env=task)
        assert answer.exit_code == 2, wrong
        assert wrong[0] in said(answer)
