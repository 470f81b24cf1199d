"""Results far larger than memory: opened lazily, read by the file, and summaries that never touch outcomes."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from zarr.storage import LocalStore

import supplyshock as ss
from supplyshock.analysis.open_run import open_run
from supplyshock.common.errors import UsageError
from supplyshock.execution.plan import plan_run
from supplyshock.execution.run import run_scenarios
from supplyshock.execution.run_report import RunReport
from supplyshock.execution.run_request import RunRequest
from supplyshock.store.create_store import create
from supplyshock.store.mantissa_rounding import rounded
from supplyshock.store.provenance import made_on
from supplyshock.store.run_definition import RunDefinition, root_attrs
from support import synthetic
from support.command import invoke

Digests = Callable[[Path], dict[str, str]]
SCENARIOS = [synthetic.scenario(), synthetic.scenario("swap_deal", 0.25)]


def run(out: Path, **changes: Any) -> RunReport:
    wanted: dict[str, Any] = {"paths": 3000, "seed": 3, "save_series": 100, "threads": 2, "progress": "quiet"}
    return run_scenarios(SCENARIOS, out, **{"backend": synthetic.simulate, **wanted, **changes})


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keys of chunks that are read from any store."""
    keys: list[str] = []
    original = LocalStore.get

    async def get(self: LocalStore, key: str, *args: Any, **kwargs: Any) -> Any:
        if "/c/" in key:
            keys.append(key)
        return await original(self, key, *args, **kwargs)

    monkeypatch.setattr(LocalStore, "get", get)
    return keys


def test_quantiles_over_all_paths_touch_no_outcome(tmp_path: Path, reads: list[str]) -> None:
    run(tmp_path / "run")
    reads.clear()
    tree = open_run(tmp_path / "run")
    assert not [key for key in reads if key.startswith(("outcomes", "paths", "summary", "pairs")) and "/c/0/0" in key]
    reads.clear()
    q = tree["summary"]["price_ratio_quantile"].sel(market="Dy", bloc="XC", quantile=0.95)
    fan = ss.fan(tree, "price_ratio", market="Dy", bloc="XC", scenario="status_quo").load()
    assert q.load().notnull().all()
    assert np.isfinite(fan).all()
    assert reads
    assert {key.split("/")[0] for key in reads} == {"summary"}
    tree["outcomes"]["theta"].isel(scenario=0, path=7).load()  # the negative control
    assert any(key.startswith("outcomes/theta/c/0/0") for key in reads)


def test_a_store_of_a_thousand_million_paths_opens_in_little_memory(tmp_path: Path, reads: list[str]) -> None:
    """Made without its blocks, which would take terabytes; what is read of it is one file."""
    plan = plan_run(RunRequest(SCENARIOS, 10**9, seed=3, save_series=1000, threads=2))
    create(tmp_path, plan, SCENARIOS, root_attrs(RunDefinition.of(plan, SCENARIOS), made_on()))
    open_run(tmp_path, partial=True).load  # noqa: B018  # imports and caches
    tracemalloc.start()
    tree = open_run(tmp_path, partial=True)  # without it, what is claimed has to be on disk
    assert tree["outcomes"].sizes["path"] == 10**9
    tree["outcomes"]["theta"].isel(scenario=1, path=slice(5 * 10**8, 5 * 10**8 + 10)).load()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 * 2**20, peak
    assert {k.rsplit("/", 2)[0] for k in reads if k.startswith("outcomes/theta")} == {"outcomes/theta/c/1"}
    assert len({k for k in reads if k.startswith("outcomes/theta")}) == 1


def test_chunks_for_dask_are_those_of_the_files(tmp_path: Path) -> None:
    pytest.importorskip("dask")
    run(tmp_path / "run")
    loss = open_run(tmp_path / "run", chunks={})["outcomes"]["loss_usd_bn"]
    files = list((tmp_path / "run/results.zarr/outcomes/loss_usd_bn/c").glob("*/*"))
    assert np.prod([len(c) for c in loss.chunks]) == len(files) == 6
    np.testing.assert_array_equal(loss.max("path"), open_run(tmp_path / "run")["outcomes"]["loss_usd_bn"].max("path"))


def test_rounding_is_to_the_nearest_and_keeps_what_is_special() -> None:
    x = np.random.default_rng(1).normal(size=4000).astype(np.float32).reshape(4, -1)
    for bits in (12, 16, 22):
        near = rounded(x, bits)
        assert (np.abs(near / x - 1) <= 2.0 ** -(bits + 1)).all()
        assert not (near.view(np.uint32) & ((1 << (23 - bits)) - 1)).any()
        np.testing.assert_array_equal(rounded(near, bits), near)
    special = np.array([np.nan, np.inf, -np.inf, 0, -0.0, 8191, 104], np.float32)
    np.testing.assert_array_equal(rounded(special, 12).view(np.uint32), special.view(np.uint32))
    assert rounded(x, 0) is x


def test_rounded_runs(tmp_path: Path, digests: Digests) -> None:
    """Outcomes and series are rounded and say so; statistics are those of what was computed; runs do not mix."""
    for name, bits in (("whole", 0), ("short", 12)):
        run(tmp_path / name, mantissa_bits=bits)
    whole, short = open_run(tmp_path / "whole"), open_run(tmp_path / "short")
    assert short.attrs["round_bits"] == 12
    assert short.outcomes.theta.attrs["mantissa_bits_kept"] == short.paths.regime.attrs["mantissa_bits_kept"] == 12
    assert "mantissa_bits_kept" not in whole.outcomes.theta.attrs
    np.testing.assert_array_equal(short.outcomes.theta, rounded(whole.outcomes.theta.to_numpy(), 12))
    np.testing.assert_array_equal(short.paths.price_ratio, rounded(whole.paths.price_ratio.to_numpy(), 12))
    assert short.summary.to_dataset().identical(whole.summary.to_dataset())
    size = [
        sum(p.stat().st_size for p in (tmp_path / n).glob("results.zarr/outcomes/*/c/**/*")) for n in ("whole", "short")
    ]
    assert size[1] < 0.85 * size[0]
    with pytest.raises(UsageError, match="mantissa-bits is 12 there and 0 here"):
        run(tmp_path / "short")


def test_a_rounded_run_is_replayed(tmp_path: Path) -> None:
    """With the model; and a run that begins at another path."""
    size = ("--weeks", 6, "--save-series", 5, "--backend", "reference", "--quiet", "--paths", 8)
    for more in (("--mantissa-bits", 12), ("--first-path", 3, "--save-series", 6)):
        out = tmp_path / more[0].strip("-")
        assert invoke("run", "status_quo", *size, *more, "--out", out).exit_code == 0
        told = invoke("replay", out, "--path", 2, "--json")
        assert told.exit_code == 0, told.stderr
        assert json.loads(told.stdout)
