"""The command line: what it accepts and refuses, exit codes, JSON, resuming."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from supplyshock.cli import main
from support.command import script

SMALL = ("--paths", "64", "--weeks", "6", "--backend", "reference", "--save-series", "2", "--threads", "2")
REPORT = {
    "run", "scenarios", "paths", "weeks", "backend", "device", "seconds", "seconds_compile",
    "path_weeks_per_second", "market_steps_per_second", "blocks_computed", "blocks_resumed", "blocks_left",
    "complete", "peak_memory_mb",
}  # fmt: skip


def call(*args: object, **env: str) -> Result:
    return CliRunner().invoke(main, [str(a) for a in args], env=env, prog_name="supplyshock")


def refused(code: int, *args: object) -> str:
    """The last line on stderr of a call that must fail with `code` and print nothing on stdout."""
    result = call(*args)
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    return result.stderr.strip()


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """A finished run of two scenarios, and what its command printed."""
    out = tmp_path_factory.mktemp("cli") / "run"
    result = call("run", "status_quo", "rift", "--out", out, *SMALL, "--json")
    assert result.exit_code == 0, result.output
    return out, result


def test_version() -> None:
    result = call("--version")
    assert result.exit_code == 0
    assert result.stdout.startswith("supplyshock ")


def test_json_report(done: tuple[Path, Result]) -> None:
    out, result = done
    report = json.loads(result.stdout)
    assert set(report) == REPORT | {"warnings"}
    assert report["run"] == str(out)
    assert report["scenarios"] == ["status_quo", "rift"]
    assert (report["paths"], report["weeks"], report["backend"]) == (64, 6, "reference")
    assert report["blocks_computed"] > 0
    assert report["seconds"] > 0
    assert "paths" in result.stderr  # progress


def test_the_same_command_again_resumes(done: tuple[Path, Result]) -> None:
    out, first = done
    again = call("run", "status_quo", "rift", "--out", out, *SMALL, "--json")
    report = json.loads(again.stdout)
    assert (report["blocks_computed"], report["blocks_resumed"]) == (
        0,
        json.loads(first.stdout)["blocks_computed"],
    )
    said = call("run", "status_quo", "rift", "--out", out, *SMALL)
    assert "was there already" in said.stdout
    assert f"supplyshock show {out}" in said.stdout


def test_another_run_in_the_folder_is_refused_and_overwrite_replaces_it(tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert call("run", "status_quo", "--out", out, *SMALL, "--quiet").exit_code == 0
    before = (out / "manifest.json").read_bytes()
    said = refused(2, "run", "status_quo", "--out", out, *SMALL, "--seed", "2")
    assert "seed is 1 there and 2 here" in said
    assert "--overwrite" in said
    assert (out / "manifest.json").read_bytes() == before
    other = call("run", "status_quo", "--out", out, *SMALL, "--seed", "2", "--overwrite", "--quiet")
    assert (other.exit_code, other.stdout, other.stderr) == (0, "", "")


@pytest.mark.parametrize("number", ["0", "-1", "1e30", "1.5", "nan", "inf", "many", "", "1e999999999"])
@pytest.mark.parametrize("option", ["--paths", "--weeks", "--threads"])
def test_wrong_numbers(option: str, number: str) -> None:
    said = refused(2, "plan", "status_quo", option, number)
    assert f"'{option}'" in said
    assert "expected a whole number from 1" in said.splitlines()[-1]


@pytest.mark.parametrize(
    ("text", "paths"), [("1e6", 10**6), ("100_000", 10**5), ("250", 250), ("1.5e3", 1500), ("1e12", 10**12)]
)
def test_numbers_people_write(text: str, paths: int) -> None:
    assert json.loads(call("plan", "status_quo", "--paths", text, "--json").stdout)["paths"] == paths


def test_options_come_from_the_environment() -> None:
    plan = json.loads(call("plan", "status_quo", "--json", SUPPLYSHOCK_PLAN_PATHS="1e4").stdout)
    assert plan["paths"] == 10_000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("base: status_quo\nwekes: 26\n", ("bad.yaml:2", "wekes", "did you mean 'weeks'?")),
        ("", ("bad.yaml:1", "an empty file")),
        ("weeks: [1\n", ("bad.yaml", "YAML")),
    ],
)
def test_config_errors_name_file_line_and_key(tmp_path: Path, text: str, said: tuple[str, ...]) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    message = refused(65, "run", path, "--out", tmp_path / "run", *SMALL)
    assert all(part in message for part in said)
    assert not (tmp_path / "run").exists()


def test_unknown_scenario_is_answered_with_the_nearest() -> None:
    assert "did you mean 'status_quo'?" in refused(65, "plan", "status_qo")
    assert "no such file" in refused(65, "plan", "nowhere/at_all.yaml")


def test_unknown_command_is_answered_with_the_nearest() -> None:
    assert "did you mean 'show'?" in refused(2, "shwo")  # codespell:ignore shwo


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("run",), 2, "CONFIG"),
        (("run", "status_quo"), 2, "--out"),
        (("run", "status_quo", "status_quo", "--out", "x"), 2, "share a name"),
        (("plan", "status_quo", "--seed", "-1"), 2, "0 to 18,446,744,073,709,551,615"),
        (("plan", "status_quo", "--backend", "abacus"), 2, "abacus"),
        (("plan", "status_quo", "--set", "weeks"), 2, "key=value"),
        (("plan", "status_quo", "--set", "weeks=[1"), 2, "as in a config file"),
        (("plan", "status_quo", "--set", "weeks=4", "--set", "weeks=5"), 2, "once"),
        (("plan", "status_quo", "--set", "weeks=4", "--set", "weeks.x=5"), 2, "once"),
        (("plan", "status_quo", "--set", "foo.bar=1"), 65, "foo"),
        (("plan", "status_quo", "--set", "parameters.material.etta=1"), 65, "material.eta"),
        (("plan", "status_quo", "--set", "policy.initial_regime=riff"), 65, "rift"),
        (
            ("plan", "status_quo", "--set", "run.backend=torch"),
            65,
            "expected 'auto', 'numba', 'jax', 'reference' or 'cuda'",
        ),
        (("plan", "status_quo", "--backend", "numba", "--device", "gpu"), 69, "processor cores"),
    ],
)
def test_what_is_refused(args: tuple[str, ...], code: int, said: str) -> None:
    assert said in refused(code, *args)


def test_a_gpu_is_refused_with_what_was_found(tmp_path: Path) -> None:
    said = refused(69, "run", "status_quo", "--out", tmp_path / "run", "--device", "gpu")
    assert "no gpu found by JAX" in said
    assert "present: " in said
    assert "(driver: " in said
    assert "--device cpu" in said
    assert not (tmp_path / "run").exists()


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("mine")
    said = refused(74, "run", "status_quo", "--out", tmp_path / "run", *SMALL)
    assert "a file has the name of a needed folder" in said
    assert (tmp_path / "run").read_text() == "mine"


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    assert "nothing was touched" in refused(74, "run", "status_quo", "--out", tmp_path, *SMALL)
    assert [p.name for p in tmp_path.iterdir() if not p.name.startswith(".")] == ["thesis.tex"]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a place where nobody can write")
def test_a_place_that_cannot_be_written() -> None:
    assert "/proc/nobody" in refused(74, "run", "status_quo", "--out", "/proc/nobody/run", *SMALL)


def test_set_changes_the_scenario_and_not_more(tmp_path: Path) -> None:
    from supplyshock.analysis.open_run import open_run

    changes = ("--set", "parameters.material.eta=0.31", "--set", "policy.control_levels.ree_light=0.5")
    assert call("run", "status_quo", "--out", tmp_path / "r", *SMALL, *changes, "--quiet").exit_code == 0
    inputs = open_run(tmp_path / "r")["inputs"].isel(scenario=0)
    assert float(inputs["value"].sel(scalar="material.eta")) == 0.31
    assert float(inputs["initial_control"].sel(list="ree_light")) == 0.5
    assert float(inputs["initial_control"].sel(list="ree_2025_04")) == 0.95


def test_dry_run_and_plan_say_the_same_and_write_nothing(tmp_path: Path) -> None:
    out = tmp_path / "run"
    dry = call("run", "status_quo", "--out", out, *SMALL, "--dry-run", "--json")
    plan = call("plan", "status_quo", "--out", out, *SMALL, "--json")
    first, second = json.loads(dry.stdout), json.loads(plan.stdout)
    of_this_moment = {"disk_free_mb": 0, "memory_free_mb": 0}
    assert first | of_this_moment == second | of_this_moment
    assert first["path_weeks"] == 64 * 6
    assert all(first[k] > 0 for k in ("blocks", "disk_mb", "memory_mb", "seconds"))
    assert not out.exists()
    text = call("plan", "status_quo", *SMALL, "--benchmark").stdout
    assert "measured here" in text
    assert "64 paths x 6 weeks x 26 markets" in text


def test_show_text(done: tuple[Path, Result]) -> None:
    result = call("show", done[0], "--full")
    assert result.exit_code == 0, result.output
    for part in (
        "64 paths of 6 weeks",
        "seed 1",
        "rift - status_quo",
        "CVaR95",
        "Dysprosium",
        "Advanced logic chips",
        "±",
    ):
        assert part in result.stdout
    assert result.stderr == ""
    assert "\x1b" not in result.stdout  # plain where it is no terminal


def test_show_on_a_terminal_without_the_plus_minus_sign(done: tuple[Path, Result]) -> None:
    shown = script("show", done[0], "--full", PYTHONIOENCODING="ascii")
    assert shown.returncode == 0, shown.stderr
    assert "+/-: one Monte Carlo standard error" in shown.stdout


def test_csv_has_the_rows_of_json_and_every_market(done: tuple[Path, Result]) -> None:
    shown = json.loads(call("show", done[0], "--json").stdout)
    assert (shown["paths"], shown["seed"], shown["scenarios"]) == (64, 1, ["status_quo", "rift"])
    lines = call("show", done[0], "--csv").stdout.splitlines()
    assert lines[0] == "table,scenario,item,statistic,value,se,unit,label,usd_per_kg_at_1,parameter_sd"
    assert len(lines) > 1 + len(shown["rows"])  # CSV has every market
    for row in shown["rows"]:
        assert any(line.startswith(f"{row['table']},{row['scenario']},") and row["item"] in line for line in lines)
    assert {row["table"] for row in shown["rows"]} >= {"regimes", "losses", "prices", "leverage", "differences"}


def test_show_draws(done: tuple[Path, Result], tmp_path: Path) -> None:
    result = call("show", done[0], "--csv", "--figure", tmp_path / "fan.png", "--market", "Nd")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "fan.png").read_bytes().startswith(b"\x89PNG")
    said = call("show", done[0], "--csv", "--figure", tmp_path / "x.png", "--market", "leading_logik")
    assert said.exit_code == 2
    assert "did you mean 'leading_logic'?" in said.stderr
    assert call("show", done[0], "--csv", "--figure", tmp_path / "new" / "x.png").exit_code == 0
    assert (tmp_path / "new" / "x.png").is_file()


def test_show_refuses_what_is_no_run(tmp_path: Path) -> None:
    assert "no run here" in refused(74, "show", tmp_path)
    assert "no run here" in refused(74, "show", tmp_path / "absent")


def test_schema_is_a_json_schema() -> None:
    schema = json.loads(call("schema").stdout)
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert {"base", "weeks", "policy"} <= set(schema["properties"])


def test_doctor() -> None:
    facts = json.loads(call("doctor", "--json").stdout)
    assert facts["packages"]["numpy"]
    assert facts["processor"]["usable_cores"] >= 1
    assert "status_quo" in facts["configs"]["shipped"]
    assert isinstance(facts["kernel_cache"]["warm"], bool)
    text = call("doctor").stdout
    assert facts["python"] in text
    assert facts["kernel_cache"]["folder"] in text


def test_doctor_and_plan_where_no_cache_can_be_written() -> None:
    """Nothing is compiled or kept when the kernels are imported."""
    for words in (("doctor",), ("plan", "status_quo", "--paths", "100")):
        ended = script(*words, SUPPLYSHOCK_CACHE_DIR="/dev/null/cache")
        assert ended.returncode == 0, ended.stderr
        assert words[0] != "doctor" or "CANNOT BE WRITTEN (Not a directory), set SUPPLYSHOCK_CACHE_DIR" in ended.stdout


@pytest.mark.parametrize(("error", "code"), [(ValueError("bug\nmore"), 70), (KeyboardInterrupt(), 75)])
def test_what_nobody_foresaw_is_one_line(error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **options: Any) -> None:
        raise error

    monkeypatch.setattr("supplyshock.scenarios.scenario.load_scenario", fail)
    said = refused(code, "plan", "status_quo")
    assert len(said.splitlines()) == 1
    assert ("--debug" in said) == (code == 70)
    for args in (("--debug", "plan", "status_quo"), ("plan", "status_quo", "--debug")):
        assert "Traceback" in call(*args).stderr


def shell(*args: object, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from supplyshock.cli import main; main(prog_name='supplyshock')"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([*command, *(str(a) for a in args)], **pipes, **options)


def test_a_stopped_run_is_75_and_the_same_command_finishes_it(tmp_path: Path) -> None:
    out = tmp_path / "run"
    command = ("run", "status_quo", "--out", out, "--paths", "100_000", "--weeks", "1", "--backend",
               "reference", "--save-series", "0", "--threads", "1", "--json")  # fmt: skip
    process = shell(*command)
    limit = time.monotonic() + 60
    while not list(out.glob("journal/*/*.json")) and process.poll() is None and time.monotonic() < limit:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout) == (75, "")
    assert "the same command again" in stderr
    assert "not complete" in refused(74, "show", out)
    again = call(*command)
    report = json.loads(again.stdout)
    assert again.exit_code == 0
    assert report["blocks_resumed"] >= 1
    assert report["blocks_computed"] >= 1


def test_the_command_and_its_help_import_nothing_heavy() -> None:
    code = (
        "import sys, supplyshock, supplyshock.cli as c\n"
        "try: c.main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'xarray', 'zarr', 'numba', 'pydantic', 'rich', 'matplotlib', 'pandas'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_completion_names_commands_and_scenarios() -> None:
    for words, wanted in (("supplyshock sh", "show"), ("supplyshock run sta", "status_quo")):
        words_env = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
        env = os.environ | words_env | {"_SUPPLYSHOCK_COMPLETE": "bash_complete"}
        assert wanted in shell(env=env).communicate(timeout=60)[0]
