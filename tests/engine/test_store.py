"""results.zarr: plain zarr, named axes, units, and bytes that do not depend on how it was made."""

from __future__ import annotations

import errno
import json
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from supplyshock.analysis.open_run import open_run
from supplyshock.common.errors import Interrupted, StoreError
from supplyshock.execution import backend_selection
from supplyshock.execution import plan as planning
from supplyshock.execution.run import run_scenarios
from supplyshock.store.partition import Layout
from supplyshock.store.status import run_status
from supplyshock.store.verify import verify_run
from supplyshock_kernels.outputs import OUTCOMES, WEEKLY, outcome_rows
from supplyshock_kernels.params import Grid
from support import synthetic
from support.processes import run_module


def run(out: Path, paths: int = 3000, scenarios: int = 2, **changes: object) -> Path:
    wanted = {
        "paths": paths,
        "seed": 3,
        "save_series": 100,
        "backend": synthetic.simulate,
        "progress": "quiet",
    }
    both = [synthetic.scenario(), synthetic.scenario("swap_deal", 0.25)]
    run_scenarios(both[:scenarios], out, **{**wanted, **changes})  # type: ignore[arg-type]
    return out


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tmp_path_factory.mktemp("store") / "run")


def test_plain_xarray_opens_it_without_a_warning(done: Path, tmp_path: Path) -> None:
    told = run_module("plain_xarray", done / "results.zarr", tmp_path / "copy.zarr", options=("-W", "error"))
    assert len(told.strip()) == 16


def test_names_and_dimensions(done: Path) -> None:
    tree = open_run(done)
    assert set(tree.children) == {"inputs", "summary", "outcomes", "paths", "pairs"}
    for w in WEEKLY:
        assert tree.summary[f"{w.name}_mean"].dims == ("scenario", "time", *w.axes)
        assert tree.summary[f"{w.name}_se"].dims == ("scenario", "time", *w.axes)
        assert tree.summary[f"{w.name}_quantile"].dims == ("scenario", "quantile", "time", *w.axes)
        assert tree.paths[w.name].dims == ("scenario", "path", "time", *w.axes)
    for o in OUTCOMES:
        assert tree.outcomes[o.name].dims == ("scenario", "path", *o.axes)
        assert tree.outcomes[o.name].dtype == np.float32
    assert tree.paths.control_level.dims == ("scenario", "path", "time", "list")
    assert tree.paths.regime.dims == ("scenario", "path", "time")
    assert tree.summary.regime_probability.dims == ("scenario", "time", "regime")
    assert str(tree.summary.time.values[1])[:10] == "2026-01-12"
    assert tree.paths.sizes["path"] == 100
    assert tree.outcomes.sizes["path"] == 3000


def test_values_are_those_of_the_backend(done: Path) -> None:
    tree = open_run(done)
    params = synthetic.tiny_params(0.25)
    observed = synthetic.simulate(params, Grid(keep=100), 3, range(3000))
    for r in outcome_rows(params):
        values = observed.outcomes[r.start : r.stop].T.reshape(3000, *r.shape)
        np.testing.assert_array_equal(tree.outcomes[r.name].isel(scenario=1), values)
    series = tree.paths.price_ratio.isel(scenario=1).stack(row=("market", "bloc")).transpose("row", "time", "path")
    np.testing.assert_array_equal(series, observed.series[:6])
    np.testing.assert_allclose(tree.summary.paths, 3000)
    np.testing.assert_allclose(tree.summary.regime_probability.sum("regime"), 1)


def test_inputs(done: Path) -> None:
    inputs = open_run(done).inputs
    assert inputs.markets_flow.dims == ("scenario", "market", "origin", "bloc")
    assert inputs.policy_hazard.dims == ("scenario", "regime", "to_regime")
    eta = inputs.value.sel(scalar="material.eta")
    np.testing.assert_allclose(eta, [0.28, 0.53])
    rows = list(zip(inputs.figure_key.values, inputs.figure_scenarios.values, inputs.figure_mark.values, strict=True))
    assert ("Dy.cover", "all", "sourced") in rows
    assert ("material.eta", "status_quo", "expert judgement") in rows
    assert (
        "material.eta",
        "swap_deal",
        "expert judgement",
    ) in rows


def test_no_axis_of_inputs_is_nameless(done: Path) -> None:
    """Fails when a field of Params gets a shape that store/inputs.py does not know."""
    dims = open_run(done).inputs.dims
    assert not [d for d in dims if str(d)[-1].isdigit()]


def test_bytes_do_not_depend_on_threads_or_calls(
    done: Path, tmp_path: Path, digests: Callable[[Path], dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = digests(done / "results.zarr")
    assert digests(run(tmp_path / "one", threads=1) / "results.zarr") == first
    assert digests(run(tmp_path / "five", threads=5) / "results.zarr") == first
    monkeypatch.setattr(planning, "FIXED_COST", 10**9)
    assert digests(run(tmp_path / "large", threads=3) / "results.zarr") == first


def test_blocks_that_shrink_make_the_same_store(
    done: Path, tmp_path: Path, digests: Callable[[Path], dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same bytes, also when half of it is made by a command that would have cut it otherwise; and for a longer run
    that takes its paths."""
    make_layout = planning.make_layout

    def shrinking(*args: Any, shrink: bool) -> Layout:
        return replace(make_layout(*args, shrink=shrink), call=3072, unit=3072, least=1024)

    monkeypatch.setattr(planning, "make_layout", shrinking)
    out, stop = run(tmp_path / "shrinking", threads=1), threading.Event()
    named = sorted(p.name[14:27].lstrip("0") for p in (out / "journal/000-status_quo").glob("*.block.json"))
    assert named == ["2048", "3000"]
    assert digests(out / "results.zarr") == digests(done / "results.zarr")

    def simulate(*args: Any) -> Any:  # its name is that of the other: the run goes on with it
        if len(args[3]) > 1:
            stop.set()
        return synthetic.simulate(*args)

    with pytest.raises(Interrupted):
        run(tmp_path / "half", threads=1, backend=simulate, stop=stop)
    monkeypatch.undo()
    assert digests(run(tmp_path / "half", threads=2) / "results.zarr") == digests(done / "results.zarr")
    assert (run_status(out).blocks, run_status(tmp_path / "half").blocks_done) == (4, 4)
    longer = digests(run(tmp_path / "longer", 5000, extend=out) / "results.zarr")
    assert longer == digests(run(tmp_path / "afresh", 5000) / "results.zarr")


def test_values_do_not_depend_on_chunks_and_shards(done: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "MAX_CHUNK", 1024)
    monkeypatch.setattr(backend_selection, "CALLABLE_CALL", 1024)
    monkeypatch.setattr(planning, "STEP", 128)
    monkeypatch.setattr(planning, "UNSHARDED_CHUNKS", 2)
    sharded = run(tmp_path / "sharded", threads=2)
    text = (sharded / "results.zarr/outcomes/loss_usd_bn/zarr.json").read_text()
    assert "sharding_indexed" in text
    layout = json.loads((sharded / "manifest.json").read_text())["run"]["layout"]
    assert layout["unit"] == layout["shard"] == 8 * layout["chunk"]
    a, b = open_run(done), open_run(sharded)
    for group in ("summary", "outcomes", "paths", "pairs", "inputs"):
        assert a[group].to_dataset().identical(b[group].to_dataset()), group


def test_the_calls_of_the_last_block_are_shared(
    tmp_path: Path, digests: Callable[[Path], dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three blocks of four calls, two threads: one has no block at the end, and takes calls of the other."""

    def shards(*args: Any, **options: Any) -> Layout:
        return Layout(chunk=512, shard=2048, call=512, unit=2048)

    monkeypatch.setattr(planning, "make_layout", shards)
    makers: dict[int, str] = {}
    helped = threading.Event()

    def simulate(*args: Any) -> Any:
        first = args[3].start
        if len(args[3]) > 1 and first >= 4096:
            makers[first] = threading.current_thread().name
            if len(set(makers.values())) == 2:
                helped.set()
            helped.wait(20 if len(makers) > 1 else 2)  # in its first call the other thread finishes its own block
        return synthetic.simulate(*args)

    out = run(tmp_path / "shared", paths=6144, scenarios=1, threads=2, backend=simulate)
    assert len(set(makers.values())) == 2
    plain = run(tmp_path / "plain", paths=6144, scenarios=1, threads=1)
    assert digests(out / "results.zarr") == digests(plain / "results.zarr")


def test_every_file_is_in_the_journal_once(done: Path) -> None:
    named = list(json.loads((done / "journal/originals.json").read_text())["originals"]["files"])
    for entry in (done / "journal").glob("*/*.json"):
        named += json.loads(entry.read_text())["entry"]["files"]
    root = done / "results.zarr"
    assert sorted(named) == sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file())


def test_nothing_but_zarr_inside_and_no_statistics_left(done: Path) -> None:
    assert not list((done / "results.zarr").rglob("*.partial"))
    assert not list(done.rglob("*.stats"))
    assert {p.name for p in done.iterdir()} == {"results.zarr", "journal", "manifest.json", "logs"}


def test_nothing_of_the_clock_in_the_results(done: Path) -> None:
    year = json.loads(next((done / "logs").iterdir()).read_text())["began"][:10]
    for file in (done / "results.zarr").rglob("zarr.json"):
        assert year not in file.read_text()


def test_what_is_no_run_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no run here"):
        open_run(tmp_path)


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(StoreError, match="a file has the name of a needed folder"):
        run(tmp_path / "out")
    with pytest.raises(StoreError, match="a file has the name of a needed folder"):
        run(tmp_path / "out" / "deeper")
    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_that_is_no_run_is_left_alone(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(StoreError, match="not empty and not a run") as caught:
        run(tmp_path, overwrite=overwrite)
    assert caught.value.exit_code == 74
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "out"))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(StoreError, match="permission denied; make the folder writable") as caught:
        run(tmp_path / "out")
    assert caught.value.exit_code == 74


def test_status_and_verification(done: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    shutil.copytree(done, out)
    status = run_status(out)
    assert (status.status, status.blocks_done, status.blocks, status.sessions) == ("complete", 4, 4, 1)
    sound = verify_run(out)
    assert sound.files > 100
    assert sound.damaged == ()
    chunk = out / "results.zarr/outcomes/theta/c/1/1/0"
    chunk.write_bytes(bytes(chunk.stat().st_size))
    assert verify_run(out).damaged == (str(chunk.relative_to(out)),)
    chunk.unlink()
    entry = min((out / "journal").rglob("*.json"))
    entry.write_bytes(entry.read_bytes()[:50])
    assert set(verify_run(out).damaged) == {str(chunk.relative_to(out)), str(entry.relative_to(out))}
    assert run_status(out).blocks_done == 3
    with pytest.raises(StoreError, match="no run here"):
        verify_run(tmp_path)
