"""A book is part of a run: killed, sharded, merged, extended, branched, sent away and checked as a run is."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import supplyshock as ss
from supplyshock.analysis.exposure.figures import exposure_of
from supplyshock.common.errors import StoreError, UsageError
from supplyshock.execution import attached_firm, backend_selection
from supplyshock.execution import plan as planning
from supplyshock.execution.merge import merge_runs
from supplyshock.execution.repair import repair_run
from supplyshock.execution.run import run_scenarios
from supplyshock.execution.run_report import RunReport
from supplyshock.execution.shard import Shard
from supplyshock.store.proposal import PERIOD, Proposal
from supplyshock.store.status import manifest_of
from supplyshock.store.verify import verify_run
from supplyshock_kernels.params import Grid
from support import killed_run, synthetic
from support.command import invoke
from support.firms import TINY_BOOK
from support.processes import start_module

Digests = Callable[[Path], dict[str, str]]
Z = 4.5
"""Errors that two estimates may differ by: a false alarm in 150,000."""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("book") / "plant.yaml"
    path.write_text(TINY_BOOK, encoding="utf-8")
    return path


def run(out: Path, book: Path | None, paths: int = 4000, **changes: Any) -> RunReport:
    wanted: dict[str, Any] = {**killed_run.SIZE, "backend": synthetic.simulate, "paths": paths, "book": book}
    return run_scenarios(synthetic.two_scenarios(), out, **{**wanted, **changes})


@pytest.fixture(scope="module")
def whole(book: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole") / "run"
    run(out, book)
    return out


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    return shutil.copytree(whole, tmp_path / "run")


def test_the_run_is_the_plain_run_and_a_group_more(whole: Path, tmp_path: Path, digests: Digests) -> None:
    run(tmp_path / "plain", None)
    plain, mine = (digests(out / "results.zarr") for out in (tmp_path / "plain", whole))
    more = {name for name in mine if name.startswith("exposure/")}
    assert len(more) > 50 and mine.keys() - more == plain.keys()
    assert {n for n in plain if mine[n] != plain[n]} == {"zarr.json"}, "the root alone names the group"


@pytest.mark.thorough
@pytest.mark.parametrize(
    "point",
    ["within a block", "between arrays and journal", "before a summary", "within a summary", "before statistics go"],
)
def test_killed_and_resumed_gives_the_same_bytes(
    point: str, book: Path, whole: Path, tmp_path: Path, digests: Digests
) -> None:
    process = start_module("killed_run", tmp_path / "run", "--point", point, "--book", book)
    _, complaint = process.communicate(timeout=120)
    assert process.returncode == killed_run.STATUS, complaint
    run(tmp_path / "run", book)
    assert digests(tmp_path / "run/results.zarr") == digests(whole / "results.zarr")


def test_a_failure_and_the_same_call_again(book: Path, whole: Path, tmp_path: Path, digests: Digests) -> None:
    """The blocks that were done are kept, with the counts of their weeks."""

    def simulate(params: Any, grid: Grid, seed: int, paths: range) -> Any:
        if paths.start >= 2000:
            raise OSError("the disk is gone")
        return synthetic.simulate(params, grid, seed, paths)

    simulate.__name__ = "simulate"
    with pytest.raises(StoreError, match="the disk is gone"):
        run(tmp_path / "run", book, backend=simulate)
    assert run(tmp_path / "run", book).blocks_resumed > 0
    assert digests(tmp_path / "run/results.zarr") == digests(whole / "results.zarr")


@pytest.mark.parametrize("sharded", [False, True])
def test_any_block_call_thread_and_shard_gives_the_same_bytes(
    sharded: bool, book: Path, tmp_path: Path, digests: Digests, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("MAX_CHUNK", 512), ("STEP", 128), ("UNSHARDED_CHUNKS", 2 if sharded else 512)):
        monkeypatch.setattr(planning, name, value)
    run(tmp_path / "one", book, threads=1)
    monkeypatch.setattr(backend_selection, "CALLABLE_CALL", 512)
    monkeypatch.setattr(attached_firm, "ROOM", 1)
    monkeypatch.setattr(attached_firm, "STEP", 200)
    for index in (2, 0, 1):
        run(tmp_path / "three", book, threads=3, shard=Shard(index, 3))
    assert digests(tmp_path / "one/results.zarr") == digests(tmp_path / "three/results.zarr")


def test_joined_and_extended_runs_have_the_bytes_of_one(
    book: Path, whole: Path, tmp_path: Path, digests: Digests
) -> None:
    run(tmp_path / "a", book, 1700)
    run(tmp_path / "b", book, 2300, first_path=1700)
    merge_runs([tmp_path / "b", tmp_path / "a"], tmp_path / "joined", threads=2, progress="quiet")
    run(tmp_path / "more", book, extend=tmp_path / "a")
    for name in ("joined", "more"):
        assert digests(tmp_path / name / "results.zarr") == digests(whole / "results.zarr")
    run(tmp_path / "plain", None, 1700)
    with pytest.raises(UsageError, match="it is not the same run: expected book"):
        run(tmp_path / "other", book, extend=tmp_path / "plain")


def test_another_book_is_refused_and_a_comment_is_none(book: Path, copy: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(f"# the same\n{TINY_BOOK}", encoding="utf-8")
    assert run(copy, other).blocks_computed == 0
    other.write_text(TINY_BOOK.replace("stock: 1 week", "stock: 3 weeks"), encoding="utf-8")
    for wrong in (other, None):
        with pytest.raises(UsageError, match=r"contains another run \(book is \w+ there and (\w+|absent) here\)"):
            run(copy, wrong)
    assert run(copy, book).blocks_computed == 0, "nothing was touched"


def test_a_flipped_byte_is_found_and_mended_from_the_run_alone(copy: Path, whole: Path, digests: Digests) -> None:
    """In outcomes, in statistics of weeks, and in the book: which the run itself then has to hold."""
    root = copy / "results.zarr/exposure"
    chosen = [
        next(p for p in sorted((root / name / "c").rglob("*")) if p.is_file())
        for name in ("total_cost_usd", "stock_weeks_quantile")
    ]
    for file in (*chosen, root / "zarr.json"):
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
        assert verify_run(copy).damaged == (file.relative_to(copy).as_posix(),)
        repair_run(copy, backend=synthetic.simulate)
        assert digests(copy / "results.zarr") == digests(whole / "results.zarr")


def test_object_storage_has_the_same_files(
    book: Path, whole: Path, tmp_path: Path, digests: Digests, monkeypatch: pytest.MonkeyPatch
) -> None:
    obstore = pytest.importorskip("obstore")
    from supplyshock.store.object_store import bucket as buckets
    from supplyshock.store.object_store.address import Address

    def connect(address: Address, name: str = "") -> object:
        place = tmp_path / "objects" / address.container / address.key / name
        place.mkdir(parents=True, exist_ok=True)
        return obstore.store.LocalStore(place)

    monkeypatch.setattr(buckets, "connect", connect)
    monkeypatch.setenv("SUPPLYSHOCK_CACHE_DIR", str(tmp_path / "cache"))
    run_scenarios(synthetic.two_scenarios(), "s3://runs/one", **killed_run.SIZE, backend=synthetic.simulate, book=book)
    assert digests(tmp_path / "objects/runs/one/results.zarr") == digests(whole / "results.zarr")


@pytest.mark.thorough
def test_dask_makes_the_same_bytes(book: Path, whole: Path, tmp_path: Path, digests: Digests) -> None:
    """A worker reads the book from the folder."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None) as made:
        run(tmp_path / "run", book, dask=made.scheduler_address)
    assert digests(tmp_path / "run/results.zarr") == digests(whole / "results.zarr")


@pytest.mark.thorough
def test_processes_of_one_command_make_the_same_bytes(
    book: Path, whole: Path, tmp_path: Path, digests: Digests
) -> None:
    """The request goes to them with the book."""
    run(tmp_path / "run", book, workers=2)
    assert digests(tmp_path / "run/results.zarr") == digests(whole / "results.zarr")


def test_a_job_array_has_the_book(book: Path, tmp_path: Path) -> None:
    words = ["slurm", "status_quo", "--book", book, "--paths", "1e6", "--tasks", "4", "--out", tmp_path / "big"]
    assert f"--book {book}" in invoke(*words).stdout
    missing = invoke(*words[:3], tmp_path / "none.yaml", *words[4:])
    assert missing.exit_code == 65 and "no such file" in missing.stderr, "now, and not in every task"


# -- by the model itself

PLANT = """
inputs: [{market: Dy, use: 3 t/year, stock: 2 weeks, priority: 0.2}]
lines: [{title: Motors, needs: [Dy], value_added: 120 M USD/year, minimum_rate: 60 %}]
options: [{title: more Dy, inputs: {Dy: {stock: 8 weeks}}}]
"""


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plant") / "plant.yaml"
    path.write_text(PLANT, encoding="utf-8")
    return path


def test_importance_sampling_agrees_with_a_plain_run(plant: Path, tmp_path: Path) -> None:
    """Within `Z` errors in 4 figures of 2 options: a false alarm in some 20,000. Without its weights it would not."""
    scenario = ss.load_scenario("status_quo", {"weeks": 26})
    given: dict[str, Any] = {"paths": PERIOD, "book": plant, "save_series": 0, "progress": "quiet"}
    proposal = Proposal.of({"factors": {"restrict_cn": 2.0, "escalate": 2.0}})
    run_scenarios([scenario], tmp_path / "is", seed=2, proposal=proposal, **given)
    run_scenarios([scenario], tmp_path / "plain", seed=3, **given)
    weighted, plain = (exposure_of(ss.open_run(tmp_path / name)) for name in ("is", "plain"))
    assert plain["effective_paths"].item() == PERIOD
    assert 0.2 * PERIOD < weighted["effective_paths"].item() < 0.9 * PERIOD
    for name in ("stop_probability", "slow_probability", "total_cost_usd_mean", "stop_probability_difference"):
        error = np.hypot(weighted[f"{name}_se"], plain[f"{name}_se"])
        assert (abs(weighted[name] - plain[name]) <= Z * error).all(), name
    cost = weighted["total_cost_usd"].isel(scenario=0, option=0)
    naive = float(cost.mean()) - float(plain["total_cost_usd_mean"][0, 0])
    assert naive > 2 * Z * float(plain["total_cost_usd_mean_se"][0, 0]), "weights matter"


def test_a_branch_takes_the_book_along(plant: Path, tmp_path: Path) -> None:
    """The firm begins on the day of the branch; all paths of a branch without conditions have their parents' bits."""
    scenario = ss.load_scenario("breakdown", {"weeks": 30})
    run_scenarios([scenario], tmp_path / "parent", paths=300, seed=3, save_series=300, progress="quiet")
    run_scenarios(
        [scenario], tmp_path / "branch", from_run=tmp_path / "parent", at="2026-12-02", book=plant, progress="quiet"
    )
    branch = ss.open_run(tmp_path / "branch")
    assert branch["exposure"].sizes["time"] == 22 and branch["exposure"].sizes["path"] == 300
    from supplyshock.scenarios.exposure.book import Book
    from supplyshock.store.stored_scenarios import stored_scenarios
    from supplyshock_kernels.backends.numba_cpu.firm import simulate_firm

    late = stored_scenarios(tmp_path / "branch")[0]
    paths = ss.open_run(tmp_path / "parent")["paths"].to_dataset().isel(scenario=0).sel(market="Dy")
    rows = [paths["price_ratio"].sel(bloc="XC"), paths["paid_price_ratio"], paths["shortage_ratio"].sel(bloc="XC")]
    series = np.stack([row.transpose("time", "path").values[8:] for row in rows])
    again = simulate_firm(Book.read(plant, late).firm(late), series).outcomes[:, 6]
    np.testing.assert_array_equal(branch["exposure"]["total_cost_usd"].values[0].T, again)


def test_the_manifest_names_the_book(whole: Path) -> None:
    assert len(manifest_of(whole).identity["book"]) == 16
    text = ss.open_run(whole)["exposure"].attrs["book"]
    assert text == TINY_BOOK
