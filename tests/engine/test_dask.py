"""Blocks on dask.distributed: the same bytes, though workers are killed."""

from __future__ import annotations

import builtins
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from supplyshock.common.errors import StoreError, UsageError
from supplyshock.common.progress import Progress
from supplyshock.execution import dask_runner
from supplyshock.execution.plan import plan_run
from supplyshock.execution.run import run_scenarios
from supplyshock.execution.run_report import RunReport
from supplyshock.execution.run_request import request_of_run
from supplyshock.execution.scheduler import Scheduler
from supplyshock.store.cleanup import clean_run
from supplyshock.store.partition import BLOCK, SUMMARY
from supplyshock.store.status import journal_of, manifest_of, units_of
from supplyshock.store.worker_registry import worker_records
from support import synthetic
from support.processes import environment, run_script

distributed = pytest.importorskip("distributed")
Digests = Callable[[Path], dict[str, str]]


def run(out: Path, **changes: Any) -> RunReport:
    scenarios = [synthetic.scenario(), synthetic.scenario("swap_deal", 0.25)]
    wanted: dict[str, Any] = {"paths": 9000, "seed": 3, "save_series": 1500, "threads": 9, "progress": "quiet"}
    return run_scenarios(scenarios, out, **{"backend": synthetic.paced, **wanted, **changes})


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("undisturbed") / "run"
    run(out)
    return out


@pytest.fixture(scope="module")
def cluster() -> Any:
    """Two workers that can import `synthetic`."""
    before = os.environ.copy()
    os.environ.update(environment(PAUSE="0.3"))
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as made:
        yield made
    os.environ.clear()
    os.environ.update(before)


def test_a_killed_worker_changes_nothing(cluster: Any, undisturbed: Path, tmp_path: Path, digests: Digests) -> None:
    out, victims = tmp_path / "run", []

    def kill() -> None:
        while len(victims) < 2:
            busy = [s for s in worker_records(out / "workers") if s.doing and s.id not in victims]
            for one in busy[:1]:
                victims.append(one.id)
                os.kill(one.state["pid"], signal.SIGKILL)
            time.sleep(0.5 if busy else 0.01)

    killer = threading.Thread(target=kill)
    killer.start()
    report = run(out, dask=cluster.scheduler_address)
    killer.join()
    assert report.complete
    assert report.blocks_computed == 18
    clean_run(out)  # nobody is at work, though the workers live
    assert digests(out / "results.zarr") == digests(undisturbed / "results.zarr")


def test_it_goes_on_with_a_run_of_another_kind(
    cluster: Any, undisturbed: Path, tmp_path: Path, digests: Digests
) -> None:
    with pytest.raises(StoreError):
        run(tmp_path / "run", backend=synthetic.failing_beyond(5000))
    report = run(tmp_path / "run", dask=cluster.scheduler_address)
    assert report.blocks_resumed >= 1
    assert report.blocks_resumed + report.blocks_computed == 18
    assert digests(tmp_path / "run/results.zarr") == digests(undisturbed / "results.zarr")


def test_a_folder_that_is_replaced(cluster: Any, undisturbed: Path, tmp_path: Path, digests: Digests) -> None:
    """Workers that know the folder from before do not mix the runs."""
    for seed in (9, 3):
        run(tmp_path / "run", seed=seed, overwrite=True, paths=9000, dask=cluster.scheduler_address)
    assert digests(tmp_path / "run/results.zarr") == digests(undisturbed / "results.zarr")


def test_commands_import_dask_and_numba_only_to_compute_by_them(tmp_path: Path) -> None:
    """xarray would import dask.array at the first array, whether or not it is of dask."""
    code = (
        "import sys; from supplyshock.cli import main; main(sys.argv[1:], standalone_mode=False); "
        "print('imported', *(name for name in ('dask', 'distributed', 'numba') if sys.modules.get(name)))"
    )
    out = tmp_path / "run"
    run_it = ["run", "status_quo", "--paths", "300", "--weeks", "8", "--out", out, "--backend", "reference"]
    by_dask = [*run_it, "--seed", "5", "--overwrite", "--dask", "local"]
    for words, imported in ((run_it, []), (["show", out], []), (by_dask, ["dask", "distributed"])):
        done = run_script(code, tmp_path, *words)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[-1].split()[1:] == imported


def test_an_error_of_a_task_is_that_of_the_command(cluster: Any, tmp_path: Path) -> None:
    with pytest.raises(FloatingPointError, match="NaN in the state"):
        run(tmp_path / "run", backend=synthetic.broken, dask=cluster.scheduler_address)


def test_without_a_scheduler_or_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="no scheduler answers"):
        run(tmp_path / "run", dask="nowhere")
    original = builtins.__import__

    def missing(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "distributed":
            raise ImportError("No module named 'distributed'")
        return original(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(UsageError, match=r"not installed.*supplyshock\[dask\]"):
        run(tmp_path / "run", dask="local")


def test_a_summary_that_two_made_costs_nothing(undisturbed: Path, tmp_path: Path) -> None:
    """The second to make it finds its sums dropped, and says so: the blocks are done all the same."""
    out = shutil.copytree(undisturbed, tmp_path / "run")
    manifest = manifest_of(out)
    journal, units = journal_of(out, manifest), list(units_of(manifest))
    folder = SimpleNamespace(plan=plan_of(out), journal=journal)
    schedule = Scheduler(folder, Progress())  # type: ignore[arg-type]
    summary = next(u for u in units if u.kind == SUMMARY)
    schedule.done.discard(summary)
    lost = [u for u in units if u.kind == BLOCK and u.scenario == summary.scenario]
    tasks = dask_runner._TaskSubmitter(None, folder, schedule, None)  # type: ignore[arg-type]
    tasks._finish(SimpleNamespace(exception=lambda: None, result=lambda: lost), summary)
    assert schedule.complete
    assert all(journal.is_done(u) for u in units)


def plan_of(out: Path) -> Any:
    manifest = manifest_of(out)
    return plan_run(request_of_run(out, manifest, synthetic.paced), layout=manifest.layout)


def test_dask_and_workers_are_not_both_taken(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Dask starts its own workers"):
        run(tmp_path / "run", workers=2, dask="local")
    assert not (tmp_path / "run").exists()
