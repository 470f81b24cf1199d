"""`supplyshock status` and `verify`: what they say of a sound run, a damaged one and none."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from supplyshock.store.worker_registry import announced
from support.command import invoke, is_one_clear_line, said, small_run

__all__ = ["small_run"]


def test_status(small_run: Path) -> None:
    told = json.loads(invoke("status", small_run, "--json").stdout)
    assert (told["status"], told["blocks_done"], told["blocks"], told["paths"]) == ("complete", 3, 3, 300)
    assert "complete: 3 of 3 blocks (100 %)" in invoke("status", small_run).stdout


def test_verify(small_run: Path, tmp_path: Path) -> None:
    sound = invoke("verify", small_run)
    assert (sound.exit_code, sound.stdout.splitlines()[0]) == (0, "sound")
    run = shutil.copytree(small_run, tmp_path / "run")
    chunk = max((run / "results.zarr" / "outcomes" / "loss_usd_bn").rglob("c/**/*"), key=lambda f: f.is_file())
    data = bytearray(chunk.read_bytes())
    data[len(data) // 2] ^= 1
    chunk.write_bytes(data)
    damaged = invoke("verify", run)
    assert damaged.exit_code == 74
    assert f"damaged  {chunk.relative_to(run)}" in damaged.stdout
    told = json.loads(invoke("verify", run, "--json").stdout)
    assert told["damaged"] == [str(chunk.relative_to(run))]


def test_no_run(tmp_path: Path) -> None:
    for command in ("status", "verify"):
        refused = invoke(command, tmp_path)
        assert refused.exit_code == 74
        assert is_one_clear_line(refused)
        assert "no run here" in refused.stderr


def test_a_run_that_nobody_works_on_is_interrupted(small_run: Path, tmp_path: Path) -> None:
    """It is running while a worker lives. JSON has its stored state in both cases."""
    out = Path(shutil.copytree(small_run, tmp_path / "run"))
    next((out / "journal").rglob("*block*.json")).unlink()
    assert "interrupted: 2 of 3 blocks" in invoke("status", out).stdout
    assert "got interrupted" in said(invoke("show", out))
    assert json.loads(invoke("status", out, "--json").stdout)["status"] == "running"
    with announced(out):
        assert "running: 2 of 3 blocks" in invoke("status", out).stdout
        assert "got running" in said(invoke("show", out))
