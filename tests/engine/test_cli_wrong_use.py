"""Wrong use is answered with one clear line, and start-up is quick."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.command import SMALL, invoke, is_one_clear_line, said, script
from support.processes import run_code

QUICK = """
import sys
{code}
heavy = ("numpy", "numba", "xarray", "zarr", "matplotlib", "pydantic", "rich")
print("heavy:", [m for m in heavy if m in sys.modules])
"""


@pytest.mark.parametrize(
    "code",
    [
        "import supplyshock",
        "import supplyshock; dir(supplyshock); supplyshock.__version__",
        "from supplyshock.cli import main; main(['--help'], standalone_mode=False)",
        "from supplyshock.cli import main; main(['run', '--help'], standalone_mode=False)",
    ],
)
def test_start_up_imports_nothing_heavy(code: str) -> None:
    done = run_code(QUICK.format(code=code))
    assert done.stdout.splitlines()[-1] == "heavy: []", done.stderr


NUMBERS = ["0", "-1", "1e30", "1.5", "abc", "", "nan", "inf"]


@pytest.mark.parametrize("value", NUMBERS)
def test_wrong_number_of_paths(value: str, tmp_path: Path) -> None:
    answer = invoke("run", "status_quo", f"--paths={value}", "--out", tmp_path / "run")
    assert answer.exit_code == 2
    assert is_one_clear_line(answer)
    assert "--paths" in said(answer)
    assert "from 1 to" in said(answer)
    assert value in said(answer)
    assert not (tmp_path / "run").exists()


WRONG = {
    "unknown command": (["shwo"], 2, ["shwo", "show"]),  # codespell:ignore shwo
    "unknown option": (["show", "--fgure", "x"], 2, ["--fgure", "--figure"]),
    "no config": (["run", "--out", "OUT"], 2, ["CONFIG"]),
    "no folder": (["run", "status_quo"], 2, ["--out"]),
    "unknown scenario": (
        ["run", "status_qo", "--out", "OUT"],
        65,
        ["status_qo", "did you mean 'status_quo'"],
    ),
    "missing file": (["plan", "nowhere/mine.yaml"], 65, ["nowhere/mine.yaml", "no such file"]),
    "negative seed": (["run", "status_quo", "--seed", "-1", "--out", "OUT"], 2, ["--seed", "-1"]),
    "too long": (["plan", "status_quo", "--weeks", "1e5"], 2, ["--weeks"]),
    "no threads": (["plan", "status_quo", "--threads", "0"], 2, ["--threads"]),
    "set without =": (["plan", "status_quo", "--set", "weeks"], 2, ["--set", "key=value", "weeks"]),
    "set twice": (["plan", "status_quo", "--set", "weeks=8", "--set", "weeks=9"], 2, ["--set", "weeks"]),
    "set without key": (["plan", "status_quo", "--set", "=8"], 2, ["--set"]),
    "gpu": (["run", "status_quo", "--device", "gpu", "--out", "OUT"], 69, ["--device", "cpu"]),
    "unknown backend": (["plan", "status_quo", "--backend", "numbra"], 2, ["--backend", "numba"]),
    "show nothing": (["show", "nowhere"], 74, ["nowhere", "no run here"]),
    "same twice": (["plan", "status_quo", "status_quo"], 2, ["status_quo", "share a name"]),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_is_one_clear_line(case: str, tmp_path: Path) -> None:
    args, code, parts = WRONG[case]
    answer = invoke(*(tmp_path / "run" if a == "OUT" else a for a in args))
    assert answer.exit_code == code, answer.stderr
    assert is_one_clear_line(answer), answer.stderr
    for part in parts:
        assert part in said(answer)
    assert not list(tmp_path.iterdir())


def test_set_of_an_unknown_key() -> None:
    answer = invoke("plan", "status_quo", "--set", "parameters.material.alpa=0.1")
    assert answer.exit_code == 65
    assert "material.alpa" in answer.stderr
    assert "did you mean 'material.alpha'" in answer.stderr
    answer = invoke("plan", "status_quo", "--set", "wekes=9")
    assert answer.exit_code == 65
    assert "did you mean 'weeks'" in answer.stderr


def test_unknown_key_of_a_file_is_told_with_its_line(tmp_path: Path) -> None:
    config = tmp_path / "mine.yaml"
    config.write_text("base: base.yaml\ntitle: Mine\nwekes: 30\n")
    answer = invoke("plan", config)
    assert answer.exit_code == 65
    assert f"{config}:3" in answer.stderr
    assert "did you mean 'weeks'" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").touch()
    answer = invoke("plan", tmp_path / "empty.yaml")
    assert answer.exit_code == 65
    assert "empty.yaml" in said(answer)


@pytest.mark.parametrize("where", ["global", "command"])
def test_defect_is_one_line_and_a_traceback_only_for_debug(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("wires crossed")

    monkeypatch.setattr("supplyshock.scenarios.scenario.load_scenario", broken)
    answer = invoke("plan", "status_quo")
    assert answer.exit_code == 70
    assert is_one_clear_line(answer)
    for part in ("RuntimeError", "wires crossed", "--debug"):
        assert part in said(answer)
    debug = ["--debug", "plan", "status_quo"] if where == "global" else ["plan", "status_quo", "--debug"]
    answer = invoke(*debug)
    assert answer.exit_code == 70
    assert "Traceback" in answer.stderr


def test_the_console_script_says_the_same() -> None:
    answer = script("show", "nowhere")
    assert (answer.returncode, answer.stdout) == (74, "")
    assert answer.stderr.startswith("Error: nowhere: no run here")
    assert answer.stderr.count("\n") == 1
    assert script("plan", "status_quo", *SMALL).returncode == 0


def test_a_reader_that_leaves_early_is_no_defect() -> None:
    import subprocess
    import sys

    exe = Path(sys.executable).parent / "supplyshock"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {exe} schema | head -1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert done.stdout == "{\n"
