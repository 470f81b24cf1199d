"""A run by the JAX backend: the same store as any other's, what made it in the journal, and paths that replay."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from supplyshock.analysis.open_run import open_run
from supplyshock.store.journal import read_entry
from support.command import invoke

WEEKS = 40
"""As in the conformance tests of the kernels: one program serves both."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = {}
    for backend in ("jax", "reference"):
        out = tmp_path_factory.mktemp(backend) / "run"
        size = ("--weeks", WEEKS, "--paths", 300, "--save-series", 5, "--seed", 3)
        told = invoke("run", "status_quo", *size, "--backend", backend, "--device", "cpu", "--out", out, "--json")
        assert told.exit_code == 0, told.output
        assert json.loads(told.stdout)["backend"] == backend
        made[backend] = out
    return made


def test_the_store_is_that_of_any_backend(runs: dict[str, Path]) -> None:
    """Same groups, variables, axes and types; numbers but for rounding on all but a few paths."""
    ours, theirs = (open_run(runs[name]) for name in ("jax", "reference"))
    assert set(ours.groups) == set(theirs.groups)
    for group in ("outcomes", "summary", "paths"):
        a, b = ours[group].to_dataset(), theirs[group].to_dataset()
        assert {k: (v.dims, v.dtype) for k, v in a.variables.items()} == {
            k: (v.dims, v.dtype) for k, v in b.variables.items()
        }
    for name, close in (("loss_usd_bn", 1e-3), ("peak_price_ratio", 1e-4), ("theta", 1e-4)):
        a, b = (run["outcomes"][name].to_numpy() for run in (ours, theirs))
        assert (np.abs(a - b) <= close * (0.1 + np.abs(b))).mean() > 0.99
    a, b = (run["summary"]["price_ratio_quantile"].to_numpy() for run in (ours, theirs))
    np.testing.assert_allclose(a, b, rtol=0.02)


def test_the_journal_names_the_width(runs: dict[str, Path]) -> None:
    """Where it may change last bits; the paths of the others do not depend on it."""
    for name, width in (("jax", 256), ("reference", 0)):
        entries = [read_entry(path) for path in sorted((runs[name] / "journal").rglob("*.json"))]
        blocks = [e for e in entries if e is not None and "width" in e.made]
        assert blocks
        assert {e.made["width"] for e in blocks} == {width}


def test_a_path_replays_to_the_bit(runs: dict[str, Path]) -> None:
    told = invoke("replay", runs["jax"], "--path", 3)
    assert told.exit_code == 0, told.output
    assert "have the stored bits" in told.stdout


def test_plan_by_jax() -> None:
    planned = invoke("plan", "status_quo", "--paths", "1e5", "--backend", "jax", "--device", "cpu", "--json")
    told = json.loads(planned.stdout)
    assert (told["device"], told["threads"]) == ("cpu", 2)
    assert told["seconds"] > 0
    absent = invoke("plan", "status_quo", "--backend", "jax", "--device", "tpu")
    assert absent.exit_code == 69
    assert "no tpu" in absent.stderr


@pytest.mark.parametrize("backend", ["reference", pytest.param("jax", marks=pytest.mark.slow)])
def test_a_branch_has_the_bits_of_its_parent(backend: str, runs: dict[str, Path], tmp_path: Path) -> None:
    """By the config of the parent itself, for paths that are not in a row."""
    options = ("--from-run", runs[backend], "--at", "2027-01-27", "--where", "regime=truce", "--save-series", 5)
    told = invoke("run", "status_quo", "--weeks", WEEKS, *options, "--out", tmp_path / "b", "--quiet")
    assert told.exit_code == 0, told.output
    branch, whole = open_run(tmp_path / "b"), open_run(runs[backend])
    assert branch.attrs["backend"] == backend
    parents = branch["branch"]["parent"].to_numpy()
    assert 5 < len(parents) < 295
    for name in ("regime_end", "ex_china_supply_share"):
        of_parents = whole["outcomes"][name].isel(scenario=0).to_numpy()[parents]
        np.testing.assert_array_equal(branch["outcomes"][name].isel(scenario=0), of_parents)
    told = invoke("replay", tmp_path / "b", "--path", 3)
    assert "have the stored bits" in told.stdout
