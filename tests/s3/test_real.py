"""Runs in a real S3 service: killed, gone on with from an empty machine, shared by two; then their bytes."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr

from support.command import script
from support.s3_service import BUCKET, missing, service

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(missing()), reason=missing() or "the service is here")]
obstore = pytest.importorskip("obstore")

RUN = (
    "status_quo",
    "swap_deal",
    "--paths",
    "16384",
    "--weeks",
    "104",
    "--save-series",
    "100",
    "--backend",
    "reference",
)


@pytest.fixture(scope="module")
def store() -> Iterator[dict[str, str]]:
    with service() as settings, pytest.MonkeyPatch.context() as patch:
        for key, value in settings.items():
            patch.setenv(key, value)
        yield settings


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Files of the results of the same run in a folder."""
    out = tmp_path_factory.mktemp("folder") / "run"
    made = script("run", *RUN, "--out", out, "--threads", "1", "--quiet")
    assert made.returncode == 0, made.stderr
    root = out / "results.zarr"
    return {p.relative_to(root).as_posix(): digest(p.read_bytes()) for p in root.rglob("*") if p.is_file()}


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def contents(address: str) -> dict[str, str]:
    from supplyshock.store.object_store.address import Address
    from supplyshock.store.object_store.bucket import Bucket

    bucket = Bucket(Address.parse(address))
    names = [n for n in bucket.sizes("results.zarr/") if n.startswith("results.zarr/")]
    return {n.removeprefix("results.zarr/"): bucket.digest(n)[1] for n in names}


def start(address: str, cache: Path, *more: str) -> subprocess.Popen[str]:
    """The run as a process of another machine: with a stage of its own."""
    command = [str(Path(sys.executable).parent / "supplyshock"), "run", *RUN, "--out", address, "--quiet", *more]
    env = os.environ | {"SUPPLYSHOCK_CACHE_DIR": str(cache)}
    return subprocess.Popen(command, env=env, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_killed_and_gone_on_with_from_a_machine_that_has_nothing(
    store: dict[str, str], undisturbed: dict[str, str], tmp_path: Path
) -> None:
    address, rng, kills = f"s3://{BUCKET}/killed/run", random.Random(7), 0
    for turn in range(6):
        process = start(address, tmp_path / str(turn), "--threads", "2")
        time.sleep(rng.uniform(3, 8))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.communicate()
    assert kills >= 3
    last = start(address, tmp_path / "last", "--threads", "2")
    _, said = last.communicate(timeout=300)
    assert last.returncode == 0, said
    assert contents(address) == undisturbed
    checked = script("verify", address, "--json")
    report = json.loads(checked.stdout)
    assert (checked.returncode, report["damaged"], report["parts_missing"]) == (0, [], 0)
    assert not list((tmp_path / "last" / "stages").glob("*"))  # a stage goes when the run is complete


def test_two_writers_of_two_machines_share_the_work(
    store: dict[str, str], undisturbed: dict[str, str], tmp_path: Path
) -> None:
    address = f"s3://{BUCKET}/two/run"
    both = [start(address, tmp_path / str(i), "--shard", f"{i}/2", "--threads", "1") for i in (1, 2)]
    for process in both:
        _, said = process.communicate(timeout=300)
        assert process.returncode == 0, said
    logs = script("status", address, "--json")
    assert json.loads(logs.stdout)["status"] == "complete"
    assert contents(address) == undisturbed
    made = [json.loads(data)["blocks_computed"] for data in written(address, "logs/")]
    assert len(made) == 2 and min(made) > 0, made


def written(address: str, under: str) -> list[bytes]:
    from supplyshock.store.object_store.address import Address
    from supplyshock.store.object_store.bucket import Bucket

    bucket = Bucket(Address.parse(address))
    return [data for _, data in bucket.get_all(bucket.sizes(under))]


def test_a_signal_ends_it_with_75_and_the_same_command_goes_on(store: dict[str, str], tmp_path: Path) -> None:
    address = f"s3://{BUCKET}/signalled/run"
    process = start(address, tmp_path / "one", "--threads", "1")
    time.sleep(6)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=120)
    assert process.returncode in (75, 0), said
    again = start(address, tmp_path / "two")
    _, said = again.communicate(timeout=300)
    assert again.returncode == 0, said
    key = address.removeprefix(f"s3://{BUCKET}/")
    plain = zarr.storage.ObjectStore(obstore.store.S3Store(BUCKET, prefix=f"{key}/results.zarr"), read_only=True)
    with warnings.catch_warnings(), xr.open_datatree(plain, engine="zarr") as tree:  # docs/how-to/object_storage.md
        warnings.simplefilter("error")
        assert np.isfinite(tree["outcomes"]["loss_usd_bn"].values).all()
    shown = script("show", address)
    assert shown.returncode == 0 and "Odds of each regime" in shown.stdout


def test_a_wrong_secret_is_one_clear_line(store: dict[str, str]) -> None:
    told = script("run", *RUN, "--out", f"s3://{BUCKET}/x", AWS_SECRET_ACCESS_KEY="wrong")
    assert told.returncode == 74 and "AWS_SECRET_ACCESS_KEY" in told.stderr and "Traceback" not in told.stderr
