"""Runs in Google Cloud Storage and Azure Blob Storage, by the client library and small services on this machine."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from supplyshock.analysis.open_run import open_run
from supplyshock.common.errors import Interrupted, UsageError
from supplyshock.common.progress import Progress
from supplyshock.execution.run import run_scenarios
from supplyshock.store.object_store.address import Address
from supplyshock.store.object_store.bucket import Bucket
from support import small_clouds, synthetic
from support.command import invoke
from support.small_clouds import Objects

pytest.importorskip("obstore")

SIZE = {"paths": 3000, "save_series": 100, "seed": 5, "threads": 1, "backend": synthetic.paced, "progress": "quiet"}


@pytest.fixture(params=["gs", "az"])
def cloud(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Objects]]:
    """The address of a run, and the objects of the service."""
    service = {"gs": small_clouds.google, "az": small_clouds.azure}[request.param]
    with service() as (settings, objects), pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        patch.setenv("SUPPLYSHOCK_CACHE_DIR", str(tmp_path / "cache"))
        yield f"{request.param}://{small_clouds.CONTAINER}/one", objects


class StopsAtOnce(Progress):
    def __init__(self, stop: threading.Event) -> None:
        self.stop = stop

    def advance(self, paths: int) -> None:
        self.stop.set()


def test_a_run_is_stopped_resumed_read_and_verified(cloud: tuple[str, Objects], tmp_path: Path) -> None:
    address, objects = cloud
    scenarios, stop = [synthetic.scenario()], threading.Event()
    with pytest.raises(Interrupted, match=f"{address}: interrupted"):
        run_scenarios(scenarios, address, **SIZE | {"progress": StopsAtOnce(stop)}, stop=stop)
    report = run_scenarios(scenarios, address, **SIZE)
    assert (report.run, report.complete, report.blocks_resumed > 0) == (address, True, True)
    run_scenarios(scenarios, tmp_path / "here", **SIZE)
    root = tmp_path / "here" / "results.zarr"
    expected = {f"one/results.zarr/{p.relative_to(root)}": p.read_bytes() for p in root.rglob("*") if p.is_file()}
    there = {name: data for name, (data, _) in objects.items() if name.startswith("one/results.zarr/")}
    assert there.keys() == expected.keys()
    digest = {name: hashlib.sha256(data).hexdigest() for name, data in there.items()}
    assert digest == {name: hashlib.sha256(data).hexdigest() for name, data in expected.items()}
    with open_run(address.upper().replace("RUNS/ONE", "runs/one")) as tree:
        assert tree["outcomes"]["loss_usd_bn"].values.shape[1] == 3000
    for words in (("status",), ("verify", "--quiet"), ("show",)):
        answer = invoke(words[0], address, *words[1:])
        assert answer.exit_code == 0, answer.output
    with pytest.raises(UsageError):
        run_scenarios(scenarios, address, **SIZE | {"seed": 6})


def test_the_first_of_two_writers_wins(cloud: tuple[str, Objects]) -> None:
    bucket = Bucket(Address.parse(cloud[0]))
    assert (bucket.create("manifest.json", b"mine"), bucket.create("manifest.json", b"yours")) == (True, False)
    assert bucket.get("manifest.json") == b"mine"
    assert bucket.changed("absent") == 0.0
    bucket.delete(["absent", "manifest.json"])
    assert bucket.sizes() == {}
