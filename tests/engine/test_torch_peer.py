"""The PyTorch peer: cut off cleanly, absent without harm, and without a rate where its paths are not those of numba."""

from __future__ import annotations

import importlib
import importlib.util
import time
from pathlib import Path
from types import ModuleType

import pytest

from supplyshock.scenarios.scenario import load_scenario


@pytest.fixture
def peer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The launcher, with an empty script and a torch that can be found."""
    module = importlib.import_module("torch_peer")
    monkeypatch.setattr(module, "SCRIPT", tmp_path / "script.py")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    return module


def test_what_was_found_before_the_limit_is_kept(peer: ModuleType) -> None:
    """The script and what it has started are ended; a figure that stands is kept, half a line is not."""
    peer.SCRIPT.write_text(
        "import subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print('{\"eager\": 1}', flush=True)\nprint('{\"comp', end='', flush=True)\ntime.sleep(60)\n"
    )
    began = time.perf_counter()
    assert peer.measured("cpu", 3) == {"eager": 1, "failed": "cut off after 3 s"}
    assert time.perf_counter() - began < 30, "a child that lives on holds the pipe open"


def test_an_error_is_told(peer: ModuleType) -> None:
    peer.SCRIPT.write_text("print('{\"eager\": 1}', flush=True)\nraise SystemExit('no compiler')\n")
    assert peer.measured("cpu", 60) == {"eager": 1, "failed": "no compiler"}


def test_without_torch_it_is_absent(peer: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert peer.measured("cpu", 60) == {"absent": "torch is not installed"}


def test_paths_are_those_of_numba_or_there_is_no_rate() -> None:
    torch = pytest.importorskip("torch")
    script = importlib.import_module("torch_model")
    params = load_scenario("status_quo", {"weeks": 8}).params
    model = script.Model(params, "float64", torch.device("cpu"))
    truth = script.numbas(model, 64)
    seen = script.compared(params, model.simulate(range(64), model.week), truth)
    assert seen["passed"]
    assert seen["difference_of_sums"] < 1e-9
    assert "market_steps_per_second" in script.timed(model, model.week, 1, truth)
    other = script.Model(params, "float64", torch.device("cpu"), seed=2)
    timing = script.timed(other, other.week, 1, truth)
    assert not timing["passed"]
    assert "market_steps_per_second" not in timing
