"""Runs that do not fit are refused before anything is written, by the estimates of their plan."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from supplyshock.common.errors import CapacityError
from supplyshock.common.number_format import size_text
from supplyshock.common.system_memory import available_memory
from supplyshock.execution import capacity
from supplyshock.execution.capacity import Capacity
from supplyshock.execution.merge import merge_runs
from supplyshock.execution.plan import plan_run
from supplyshock.execution.run import run_scenarios
from supplyshock.execution.run_request import RunRequest
from supplyshock.execution.slurm.values import memory_bytes
from supplyshock.store.manifest import read_manifest
from supplyshock.store.object_store.address import Address
from supplyshock.store.status import journal_of, units_of
from support import synthetic
from support.command import invoke, said

HUGE = ("status_quo", "--paths", "1e12", "--backend", "reference")
GB = 2**30


@pytest.mark.parametrize(
    "words",
    [("run", *HUGE), ("run", *HUGE, "--workers", "2"), ("run", *HUGE, "--importance-sample", "quote:Dy >10"),
     ("slurm", *HUGE), ("plan", *HUGE, "--check")],
)  # fmt: skip
def test_a_run_that_cannot_fit_is_refused_and_nothing_is_there(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = invoke(*words, "--out", tmp_path / "big")
    assert answer.exit_code == 73, answer.output
    assert "TB of disk" in said(answer) and "--force" in said(answer)
    assert not list(tmp_path.iterdir())


def test_plan_says_what_is_missing_and_succeeds(tmp_path: Path) -> None:
    answer = invoke("plan", *HUGE, "--out", tmp_path / "big")
    assert answer.exit_code == 0 and "fits       no: it needs about 77" in answer.stdout
    facts = json.loads(invoke("plan", *HUGE, "--json").stdout)
    assert (facts["fits"], len(facts["shortages"])) == (False, 1)
    small = invoke("plan", "status_quo", "--paths", 1000, "--check", "--out", tmp_path / "x")
    assert small.exit_code == 0 and "fits" not in small.stdout


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without disk or memory to speak of."""
    monkeypatch.setattr(capacity, "available_memory", lambda: 2**20)
    monkeypatch.setattr(capacity, "_free", lambda folder: 0)


SIZE: dict[str, Any] = {"paths": 300, "seed": 5, "backend": synthetic.simulate, "progress": "quiet"}


def test_force_tries_it_all_the_same(tiny: None, tmp_path: Path) -> None:
    out = tmp_path / "run"
    with pytest.raises(CapacityError, match=r"of disk, and 0 MB are free .* of memory, and 1 MB may be used"):
        run_scenarios([synthetic.scenario()], out, **SIZE)
    assert not out.exists()
    assert run_scenarios([synthetic.scenario()], out, **SIZE, force=True).complete


def test_what_a_run_has_already_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "run"
    run_scenarios([synthetic.scenario()], out, **SIZE)
    monkeypatch.setattr(capacity, "_free", lambda folder: 0)
    assert run_scenarios([synthetic.scenario()], out, **SIZE).complete  # a full disk, and nothing to write
    monkeypatch.setattr(capacity, "_bytes", lambda folder: 0)
    assert run_scenarios([synthetic.scenario()], out, **SIZE).complete
    larger = SIZE | {"paths": 600, "overwrite": True}
    with pytest.raises(CapacityError):
        run_scenarios([synthetic.scenario()], out, **larger)
    monkeypatch.setattr(capacity, "_bytes", lambda folder: GB)
    assert run_scenarios([synthetic.scenario()], out, **larger).complete


def test_a_scenario_that_has_not_begun_is_all_that_is_missing(tmp_path: Path) -> None:
    """A run that stopped in the first of two scenarios has no folder of the second in its journal."""
    out = tmp_path / "run"
    two = [synthetic.scenario(), synthetic.scenario(name="other")]
    run_scenarios(two, out, **SIZE)
    manifest, plan = read_manifest(out), plan_run(RunRequest(two, SIZE["paths"], backend=SIZE["backend"]))
    assert manifest is not None and capacity._missing(plan, out) == 0
    shutil.rmtree(journal_of(out, manifest).of_scenario(1))
    second = [u.scenario == 1 for u in units_of(manifest)]
    assert capacity._missing(plan, out) == sum(second) / len(second) < 1


def test_a_joined_run_has_to_fit_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [tmp_path / "a", tmp_path / "b"]
    for first, out in zip((0, 300), runs, strict=True):
        run_scenarios([synthetic.scenario()], out, **SIZE, first_path=first)
    monkeypatch.setattr(capacity, "_free", lambda folder: 0)
    with pytest.raises(CapacityError):
        merge_runs(runs, tmp_path / "both", progress="quiet")
    assert not (tmp_path / "both").exists()


def test_what_nobody_knows_refuses_nothing() -> None:
    request = RunRequest([synthetic.scenario()], 10**12, backend=synthetic.simulate)
    assert Capacity(None, None).shortages(plan_run(request)) == []
    assert Capacity.at(Address("s3", "runs", "a")).disk is None


def test_memory_of_a_job_is_that_of_its_option(tmp_path: Path) -> None:
    answer = invoke("slurm", "status_quo", "--paths", "1e6", "--cpus", "8", "--mem", "500M", "--out", tmp_path / "x")
    assert answer.exit_code == 73 and "500 MB may be used" in said(answer)
    answer = invoke("slurm", *HUGE, "--force", "--out", tmp_path / "x")
    assert answer.exit_code == 0 and " --force " in answer.stdout


@pytest.mark.parametrize(("text", "size"), [("900", 900 * 2**20), ("16G", 16 * GB), ("2t", 2048 * GB), ("0", None)])
def test_sizes_of_slurm(text: str, size: int | None) -> None:
    assert memory_bytes(text) == size


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 MB"), (87 * 2**20, "87 MB"), (1.25 * GB, "1.2 GB"), (690 * 2**40, "690 TB"), (2**61, "2,048 PB")],
)
def test_size_text(size: float, text: str) -> None:
    assert size_text(size) == text


class TestMemory:
    """Files of /proc and /sys as systems have them."""

    @staticmethod
    def system(root: Path, **files: str) -> Path:
        for name, text in files.items():
            file = root / name.replace("__", "/").replace("_DOT_", ".")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return root

    MACHINE = "MemTotal: 99 kB\nMemAvailable:   8388608 kB\n"  # 8 GB

    def test_of_the_machine(self, tmp_path: Path) -> None:
        assert available_memory(self.system(tmp_path, proc__meminfo=self.MACHINE)) == 8 * GB

    def test_of_a_control_group_and_those_above(self, tmp_path: Path) -> None:
        root = self.system(
            tmp_path,
            proc__meminfo=self.MACHINE,
            proc__self__cgroup="0::/job/step\n",
            sys__fs__cgroup__job__memory_DOT_max=f"{3 * GB}\n",
            sys__fs__cgroup__job__memory_DOT_current=f"{2 * GB}\n",
            sys__fs__cgroup__job__memory_DOT_stat=f"anon 5\ninactive_file {GB // 2}\n",
            sys__fs__cgroup__job__step__memory_DOT_max="max\n",
        )
        assert available_memory(root) == 3 * GB // 2

    def test_of_version_1_and_of_a_container_that_shows_the_path_of_its_host(self, tmp_path: Path) -> None:
        limit, used = "sys__fs__cgroup__memory__memory_DOT_limit_in_bytes", "memory_DOT_usage_in_bytes"
        root = self.system(
            tmp_path,
            proc__meminfo=self.MACHINE,
            proc__self__cgroup="5:devices:/\n4:cpu,memory:/docker/abc\n",
            **{limit: f"{4 * GB}\n", f"sys__fs__cgroup__memory__{used}": f"{GB}\n"},
        )
        assert available_memory(root) == 3 * GB

    def test_no_limit_and_damaged_files(self, tmp_path: Path) -> None:
        root = self.system(
            tmp_path,
            proc__meminfo=self.MACHINE,
            proc__self__cgroup="nonsense\n4:memory:/\n",
            sys__fs__cgroup__memory__memory_DOT_limit_in_bytes="9223372036854771712\n",
        )
        assert available_memory(root) == 8 * GB

    def test_of_this_machine(self) -> None:
        assert (available_memory() or 0) > 2**20
