"""A run with a damaged or a missing file: one clear line and exit code 74 from every command that reads it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from supplyshock import measure
from supplyshock.analysis.open_run import open_run
from supplyshock.common.errors import StoreError
from support.command import invoke, is_one_clear_line, said, small_run, tree

__all__ = ["small_run", "tree"]
COMMANDS = (("show",), ("compare",), ("replay", "--typical"), ("report",))


@pytest.fixture
def broken(small_run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_run, tmp_path / "run"))


def chunk(run: Path, name: str) -> Path:
    return next(p for p in sorted((run / "results.zarr" / name).rglob("*")) if p.is_file() and p.name != "zarr.json")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("how", ["cut", "garbage", "gone"])
def test_a_file_of_the_outcomes(command: tuple[str, ...], how: str, broken: Path) -> None:
    file = chunk(broken, "outcomes/loss_usd_bn")
    if how == "gone":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:40] if how == "cut" else b"garbage" * 9)
    answer = invoke(command[0], broken, *command[1:])
    assert answer.exit_code == 74
    assert is_one_clear_line(answer)
    assert "verify" in said(answer)


@pytest.mark.parametrize("command", [("show",), ("report",)])
@pytest.mark.parametrize("how", ["cut", "gone"])
def test_a_file_of_the_summaries(command: tuple[str, ...], how: str, broken: Path) -> None:
    file = chunk(broken, "summary/price_ratio_quantile")
    if how == "gone":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:40])
    answer = invoke(command[0], broken, *command[1:])
    assert answer.exit_code == 74
    assert is_one_clear_line(answer)


def test_a_missing_value_is_not_what_never_happened(broken: Path) -> None:
    chunk(broken, "outcomes/loss_usd_bn").unlink()
    with pytest.raises(StoreError, match="missing on 300 of 300 paths"):
        measure(open_run(broken), "loss:US", "status_quo")


def test_a_defect_is_still_called_one(small_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: on sound files an error of the code is no damage."""

    def fail(*_: object) -> None:
        raise ValueError("a slip")

    monkeypatch.setattr("supplyshock.cli.print_answer.headline", fail)
    answer = invoke("show", small_run)
    assert answer.exit_code == 70
    assert "a defect: ValueError: a slip" in answer.stderr
