"""Runs in object storage, by the client library's store in a folder: no service, and no credentials.

`tests/s3` does the same against a real S3 service, with processes that are killed.
"""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from supplyshock.analysis.open_run import open_run
from supplyshock.common.errors import StoreError, UsageError
from supplyshock.common.progress import Progress
from supplyshock.execution.backend_selection import find_backend
from supplyshock.execution.run import run_scenarios
from supplyshock.execution.run_request import RunControl, RunRequest
from supplyshock.execution.stopping_rule import run_to_targets
from supplyshock.store.object_store import bucket as buckets
from supplyshock.store.object_store.address import Address, place_of
from supplyshock.store.object_store.bucket import Bucket
from supplyshock.store.worker_registry import WorkerRegistration
from support import synthetic
from support.command import SMALL, invoke, said

obstore = pytest.importorskip("obstore")

SIZE = {"paths": 3000, "save_series": 100, "seed": 5, "threads": 2, "backend": synthetic.paced, "progress": "quiet"}
"""Three blocks a scenario."""


@pytest.fixture(autouse=True)
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose files are the objects of all buckets."""
    root = tmp_path / "objects"

    def connect(address: Address, name: str = "") -> object:
        place = root / address.container / address.key / name
        place.mkdir(parents=True, exist_ok=True)
        return obstore.store.LocalStore(place)

    monkeypatch.setattr(buckets, "connect", connect)
    monkeypatch.setenv("SUPPLYSHOCK_CACHE_DIR", str(tmp_path / "cache"))
    return root / "runs" / "one"


@pytest.fixture
def scenarios() -> list[Any]:
    return [synthetic.scenario(), synthetic.scenario("swap_deal", 0.25)]


def files(root: Path) -> dict[str, str]:
    """SHA-256 of every file of the results below a run."""
    stored = (p for p in (root / "results.zarr").rglob("*") if p.is_file())
    return {p.relative_to(root).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in stored}


def test_a_run_has_the_files_of_one_in_a_folder(scenarios: list[Any], at: Path, tmp_path: Path) -> None:
    there = run_scenarios(scenarios, "s3://runs/one", **SIZE)
    run_scenarios(scenarios, tmp_path / "here", **SIZE)
    assert (there.run, there.complete) == ("s3://runs/one", True)
    assert files(at) == files(tmp_path / "here")
    kept = {p.name for p in (tmp_path / "here" / "journal" / "001-swap_deal").iterdir()}
    assert {p.name for p in (at / "journal" / "001-swap_deal").iterdir()} == kept
    assert not list((tmp_path / "cache" / "stages").iterdir())  # what is complete needs no stage
    plain = xr.open_datatree(at / "results.zarr", engine="zarr")
    with open_run("s3://runs/one") as tree:
        for name in ("loss_usd_bn", "peak_price_ratio"):
            np.testing.assert_array_equal(tree["outcomes"][name].values, plain["outcomes"][name].values)


class StopsAfter(Progress):
    """Sets an event once so many paths are done."""

    def __init__(self, paths: int, stop: threading.Event) -> None:
        self.left, self.stop = paths, stop

    def advance(self, paths: int) -> None:
        self.left -= paths
        if self.left <= 0:
            self.stop.set()


def test_another_machine_goes_on_where_one_stopped(
    scenarios: list[Any], at: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from supplyshock.common.errors import Interrupted

    stop = threading.Event()
    size = SIZE | {"threads": 1, "progress": StopsAfter(1, stop)}
    with pytest.raises(Interrupted, match="s3://runs/one: interrupted"):
        run_scenarios(scenarios, "s3://runs/one", **size, stop=stop)
    done = len(list(at.rglob("*.block.json")))
    assert done > 0
    monkeypatch.setenv("SUPPLYSHOCK_CACHE_DIR", str(tmp_path / "another"))
    report = run_scenarios(scenarios, "s3://runs/one", **SIZE)
    assert (report.blocks_resumed, report.complete) == (done, True)
    run_scenarios(scenarios, tmp_path / "here", **SIZE | {"threads": 1})
    assert files(at) == files(tmp_path / "here")


def test_what_was_made_but_not_entered_is_made_again(
    scenarios: list[Any], at: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = Bucket.put

    def fails(self: Bucket, name: str, data: bytes | Path) -> None:
        if name.endswith(".block.json"):
            raise StoreError("the network is gone", where=name)
        sent(self, name, data)

    with monkeypatch.context() as patch:
        patch.setattr(Bucket, "put", fails)
        with pytest.raises(StoreError, match="the network is gone"):
            run_scenarios(scenarios, "s3://runs/one", **SIZE)
    assert not list(at.rglob("*.block.json")) and list((at / "results.zarr" / "outcomes").rglob("c/*"))
    assert run_scenarios(scenarios, "s3://runs/one", **SIZE).blocks_resumed == 0


def test_another_config_is_refused_and_replaced_only_when_told(scenarios: list[Any], at: Path) -> None:
    run_scenarios(scenarios, "s3://runs/one", **SIZE)
    before = files(at)
    with pytest.raises(UsageError, match=r"s3://runs/one: contains another run \(seed is 5 there and 6 here\)"):
        run_scenarios(scenarios, "s3://runs/one", **SIZE | {"seed": 6})
    assert files(at) == before
    run_scenarios(scenarios, "s3://runs/one", **SIZE | {"seed": 6}, overwrite=True)
    assert files(at) != before and before.keys() == files(at).keys()


def test_foreign_objects_are_left_alone(scenarios: list[Any], at: Path) -> None:
    at.mkdir(parents=True)
    (at / "thesis.txt").write_text("mine")
    with pytest.raises(StoreError, match="not empty and not a run; nothing was touched: got thesis.txt"):
        run_scenarios(scenarios, "s3://runs/one", **SIZE)
    assert [p.name for p in at.iterdir()] == ["thesis.txt"]


def test_a_run_that_is_replaced_meanwhile_takes_no_part_of_the_old_one(
    scenarios: list[Any], at: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_all = Bucket.put_all

    def replaced(self: Bucket, sent: dict[str, Path]) -> None:
        put_all(self, sent)
        if any("outcomes/loss_usd_bn/c/" in name for name in sent):
            (at / "manifest.json").write_text("{}")

    monkeypatch.setattr(Bucket, "put_all", replaced)
    with pytest.raises(StoreError, match="replaced in the meantime"):
        run_scenarios(scenarios, "s3://runs/one", **SIZE)
    assert not list(at.rglob("*.block.json"))


def test_of_two_that_come_at_once_one_manifest_holds(at: Path) -> None:
    bucket = Bucket(Address.parse("s3://runs/one"))
    barrier, won = threading.Barrier(8), []

    def come(i: int) -> None:
        barrier.wait()
        if bucket.create("manifest.json", b"%d" % i):
            won.append(i)

    threads = [threading.Thread(target=come, args=(i,)) for i in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(won) == 1 and bucket.get("manifest.json") == b"%d" % won[0]


def test_a_service_without_conditional_requests_decides_by_what_is_there_in_the_end(
    at: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buckets, "SETTLE", 0.3)
    put = obstore.put

    def refuses(*arguments: object, mode: str = "overwrite", **more: object) -> object:
        if mode == "create":
            raise obstore.exceptions.GenericError("501: <Code>NotImplemented</Code><Message>no conditions</Message>")
        return put(*arguments, **more)

    monkeypatch.setattr(obstore, "put", refuses)
    bucket, won = Bucket(Address.parse("s3://runs/one")), []
    threads = [threading.Thread(target=lambda i=i: won.append(bucket.create("m", b"%d" % i))) for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert won.count(True) == 1
    assert not bucket.create("m", b"late")


def test_others_are_seen_through_the_store_and_those_of_this_machine_are_not_shown_twice(
    at: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from supplyshock.store.object_store import heartbeats

    monkeypatch.setattr(heartbeats, "BEAT", 0.1)
    bucket = Bucket(Address.parse("s3://runs/one"))
    other = {
        "host": "node7",
        "pid": 1,
        "place": "elsewhere",
        "locked": True,
        "beat": 3,
        "done": 1,
        "doing": ["a.block"],
    }
    here, name = tmp_path / "stage", "workers/20260101T000000-0123abcd.json"
    here.mkdir()
    bucket.put(name, json.dumps(other).encode())
    registration = WorkerRegistration(here, {"alone": False})
    with heartbeats.exchange_heartbeats(bucket, here, registration):
        assert registration.parts_of_others() == {"a.block"}
        dead = {**registration.state, "doing": ["b.block"]}  # says it is of this machine, and has no file here
        bucket.put("workers/20260101T000000-0123abce.json", json.dumps(dead).encode())
        for _ in range(100):
            if not (at / "workers" / "20260101T000000-0123abce.json").exists():
                break
            threading.Event().wait(0.05)
        assert registration.parts_of_others() == {"a.block"}
        assert len(list((at / "workers").glob("*.json"))) == 2
    registration.close()
    assert [p.name for p in (at / "workers").glob("*.json")] == [Path(name).name]


def test_verify_finds_one_flipped_byte_and_repair_lets_the_run_go_on(
    scenarios: list[Any], at: Path, tmp_path: Path
) -> None:
    run_scenarios(scenarios, "s3://runs/one", **SIZE)
    before = files(at)
    for victim in (next((at / "results.zarr" / "outcomes" / "deal_week").rglob("c/*/*")),
                   at / "results.zarr" / "inputs" / "zarr.json"):  # fmt: skip
        data = bytearray(victim.read_bytes())
        data[len(data) // 2] ^= 1
        victim.write_bytes(data)
    told = invoke("verify", "s3://runs/one")
    assert told.exit_code == 74
    assert "damaged  results.zarr/outcomes/deal_week/c/" in told.stdout and "inputs/zarr.json" in told.stdout
    repaired = invoke("verify", "s3://runs/one", "--repair")
    assert repaired.exit_code == 0 and "originals.json" in repaired.stdout, repaired.output
    run_scenarios(scenarios, "s3://runs/one", **SIZE)
    assert files(at) == before
    assert invoke("verify", "s3://runs/one").stdout.startswith("sound")


def test_the_command_line_takes_an_address(at: Path) -> None:
    made = invoke("run", "status_quo", *SMALL, "--out", "s3://runs/one")
    assert made.exit_code == 0, made.output
    assert "s3://runs/one/results.zarr" in made.stdout
    assert json.loads(invoke("status", "s3://runs/one", "--json").stdout)["status"] == "complete"
    shown = invoke("show", "s3://runs/one")
    assert shown.exit_code == 0 and "United States: lost output" in shown.stdout
    planned = invoke("plan", "status_quo", "--out", "s3://runs/one", "--json")
    assert (json.loads(planned.stdout)["run"], json.loads(planned.stdout)["disk_free_mb"]) == ("s3://runs/one", None)


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (("run", "status_quo", "--out", "s3://runs"), 2, "expected s3://BUCKET/KEY"),
        (("run", "status_quo", "--out", "s3://runs/a/../b"), 2, "expected s3://BUCKET/KEY"),
        (("run", "status_quo", "--out", "s3://key:secret@runs/a"), 2, "expected s3://BUCKET/KEY"),
        (("run", "status_quo", "--out", "s3://runs/a", "--dask", "local"), 2, "needs a folder"),
        (("run", "status_quo", "--out", "s3://runs/a", "--target-se", "loss:US mean 1%"), 2, "needs a folder"),
        (("run", "status_quo", "--out", "s3://runs/a", "--extend", "s3://runs/b"), 2, "needs a path"),
        (("sweep", "status_quo", "--vary", "horizon=1", "--out", "s3://runs/a"), 2, "needs a path"),
        (("bargain", "--out", "s3://runs/a"), 2, "needs a path"),
        (("merge", "s3://runs/a", "s3://runs/b", "--out", "c"), 2, "needs a path"),
        (("clean", "s3://runs/a"), 2, "needs a path"),
        (("slurm", "status_quo", "--out", "s3://runs/a"), 2, "needs a path"),
        (("show", "s3://runs/nothing"), 74, "no run here"),
        (("status", "s3://runs/nothing"), 74, "no run here"),
        (("verify", "s3://runs/nothing"), 74, "no run here"),
    ],
)
def test_wrong_use_is_one_clear_line(words: tuple[str, ...], code: int, part: str, tmp_path: Path) -> None:
    told = invoke(*words)
    assert told.exit_code == code and part in said(told), told.output


def test_an_address_as_a_path_is_noticed() -> None:
    request = RunRequest([synthetic.scenario()], 300, backend=synthetic.simulate)
    with pytest.raises(UsageError, match="--target-se needs a folder"):
        run_to_targets(request, "s3://runs/one", [], find_backend(synthetic.simulate), RunControl())
    with pytest.raises(UsageError, match="loses a slash"):
        place_of(Path("s3://runs/one"))
    assert place_of("s3://runs/one/results.zarr/") == Address("s3", "runs", "one")


def test_objects_of_a_stranger_that_are_too_large_are_not_fetched(scenarios: list[Any], at: Path) -> None:
    run_scenarios(scenarios, "s3://runs/one", **SIZE)
    with open(at / "manifest.json", "ab") as file:
        file.truncate(2**26)
    for command in ("status", "show", "verify"):
        told = invoke(command, "s3://runs/one")
        assert told.exit_code == 74 and "at most 33,554,432 bytes" in said(told), told.output


def test_without_the_package_it_says_what_to_install(at: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(address: Address, name: str = "") -> object:
        raise ImportError("No module named 'obstore'")

    monkeypatch.setattr(buckets, "connect", absent)
    told = invoke("show", "s3://runs/one")
    assert told.exit_code == 2 and 'pip install "supplyshock[cloud]"' in said(told)
