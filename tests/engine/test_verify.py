"""One flipped byte anywhere is found, and mended; litter goes, and nothing else does."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from supplyshock.analysis.open_run import open_run
from supplyshock.common.errors import StoreError, UsageError
from supplyshock.execution.repair import repair_run
from supplyshock.execution.run import run_scenarios
from supplyshock.store.cleanup import clean_run, find_litter
from supplyshock.store.status import journal_of, manifest_of, run_status, units_of
from supplyshock.store.verify import verify_run
from supplyshock.store.worker_registry import announced
from support import synthetic

Digests = Callable[[Path], dict[str, str]]


def run(out: Path, **changes: Any) -> None:
    scenarios = [synthetic.scenario(), synthetic.scenario("swap_deal", 0.25)]
    wanted: dict[str, Any] = {"paths": 3000, "seed": 3, "save_series": 100, "threads": 2, "progress": "quiet"}
    run_scenarios(scenarios, out, **{"backend": synthetic.simulate, **wanted, **changes})


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("verify") / "run"
    run(out)
    return out


@pytest.fixture
def copy(done: Path, tmp_path: Path) -> Path:
    return shutil.copytree(done, tmp_path / "run")


def flip(file: Path, where: float = 0.5) -> None:
    data = bytearray(file.read_bytes())
    data[int(where * (len(data) - 1))] ^= 1
    file.write_bytes(data)


def test_a_flipped_byte_in_any_file_is_found(copy: Path) -> None:
    """Each file of results.zarr and of its journal in turn: first, middle or last byte."""
    files = [p for name in ("results.zarr", "journal") for p in sorted((copy / name).rglob("*")) if p.is_file()]
    assert len(files) > 300
    for i in range(0, len(files), 40):  # forty at a time: reading all for each would take minutes
        batch = files[i : i + 40]
        before = {file: file.read_bytes() for file in batch}
        for n, file in enumerate(batch):
            flip(file, (0, 0.5, 1)[n % 3])
        told = set(verify_run(copy).damaged)
        for file in batch:
            journalled = file.suffix == ".json" and file.parent.parent.name == "journal"
            name = str(file.relative_to(copy))
            assert name in told or (not journalled and _entry_is_gone(copy, name, told)), name
        for file, data in before.items():
            file.write_bytes(data)
    assert verify_run(copy).damaged == ()


def _entry_is_gone(out: Path, name: str, told: set[str]) -> bool:
    """Whether the entry that knows a file was itself flipped, and is named instead."""
    return any(
        (entry in told and name.removeprefix("results.zarr/") in (out / entry).read_text(errors="replace"))
        or (entry in told and name.startswith(entry.removesuffix(".json")))
        for entry in told
        if entry.endswith(".json") and entry.startswith("journal")
    )


DAMAGE = {
    "an outcome": ["results.zarr/outcomes/theta/c/1/1/0"],
    "a kept series": ["results.zarr/paths/regime/c/0/0/0"],
    "a summary": ["results.zarr/summary/price_ratio_mean/c/1/0/0/0"],
    "a difference": ["results.zarr/pairs/loss_usd_bn/c/0/1/0"],
    "a mean difference": ["results.zarr/pairs/loss_usd_bn_se/c/0/0/0"],
    "an input": ["results.zarr/inputs/value/c/0/0"],
    "metadata": ["results.zarr/zarr.json", "results.zarr/outcomes/theta/zarr.json"],
    "an entry": ["journal/000-status_quo/0000000000000-0000000002048.block.json"],
    "the list of originals": ["journal/originals.json"],
    "the archive of originals": ["journal/originals.zip"],
    "an entry of a summary": ["journal/001-swap_deal/0000000000000-0000000003000.summary.json"],
    "a total": ["journal/001-swap_deal/0000000000000-0000000003000.summary.total"],
    "many": [
        "results.zarr/outcomes/theta/c/0/0/0",
        "results.zarr/summary/paths/c/0",
        "results.zarr/inputs/value/zarr.json",
        "results.zarr/pairs/price_bill_usd_bn/c/0/0/0",
    ],
}


@pytest.mark.parametrize("how", ["flipped", "gone"])
@pytest.mark.parametrize("what", DAMAGE)
def test_repair_gives_the_same_bytes(what: str, how: str, done: Path, copy: Path, digests: Digests) -> None:
    for name in DAMAGE[what]:
        flip(copy / name) if how == "flipped" else (copy / name).unlink()
    if what.startswith("an entry") and how == "gone":
        assert verify_run(copy).parts_missing == 1
        assert run_status(copy).status == "running"
        run(copy)
    else:
        assert verify_run(copy).damaged == tuple(sorted(DAMAGE[what]))
        mended = repair_run(copy, backend=synthetic.simulate, threads=2)
        assert mended.mended == tuple(sorted(DAMAGE[what]))
        assert mended.parts <= (len(DAMAGE[what]) if what != "a total" else 3)
    assert verify_run(copy).damaged == ()
    assert digests(copy / "results.zarr") == digests(done / "results.zarr")
    assert open_run(copy).attrs == open_run(done).attrs
    sums = {k: v for k, v in digests(copy / "journal").items() if not k.endswith(".block.json")}
    assert all(digests(done / "journal")[k] == v for k, v in sums.items() if k.endswith((".total", ".zip")))


def test_what_cannot_be_mended_is_said(copy: Path) -> None:
    flip(copy / "journal/originals.zip")
    flip(copy / "results.zarr/inputs/value/zarr.json")
    with pytest.raises(StoreError, match=r"cannot be repaired: the archive of originals is damaged too.*--overwrite"):
        repair_run(copy, backend=synthetic.simulate)


def test_another_model_does_not_mend(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from supplyshock.store import provenance

    flip(copy / "results.zarr/outcomes/theta/c/1/1/0")
    monkeypatch.setattr(provenance, "model_digest", lambda: "another")
    with pytest.raises(UsageError, match="model code"):
        repair_run(copy, backend=synthetic.simulate)


def test_a_file_of_somebody_in_the_results_is_named(copy: Path) -> None:
    (copy / "results.zarr/notes.txt").write_text("mine")
    report = verify_run(copy)
    assert (report.damaged, report.unknown) == ((), ("results.zarr/notes.txt",))


LITTER = (
    "results.zarr/outcomes/theta/c/1/1/0.0123456789ab.partial",
    "journal/000-status_quo/0000000000000-0000000002048.block.json.0123456789ab.partial",
    "journal/000-status_quo/0123456789ab.partial",
    "journal/000-status_quo/0000000000000-0000000002048.block.stats",
    "manifest.json.0123456789ab.partial",
    "results.zarr.new-0123456789ab/zarr.json",
    "results.zarr.old-0123456789ab/zarr.json",
    "journal.old-0123456789ab/x.json",
    "workers/20260101T000000-01234567.lock.partial",
    "workers/20260101T000000-89abcdef.lock",
)
FOREIGN = (
    "thesis.partial", "results.zarr/notes.partial", "results.zarr.new", "journal.old-mine/a", "logs/mine.txt",
    "results.zarr/outcomes/theta/c/9/9/9", "fan.png", "workers/readme", "x.stats",
)  # fmt: skip


def test_litter_goes_and_nothing_else(done: Path, copy: Path, digests: Digests) -> None:
    dead = {"locked": False, "place": "gone", "started": "", "pid": 1, "beat": 0, "done": 0, "doing": []}
    dead["host"] = socket.gethostname()
    for name in (*LITTER, *FOREIGN, "workers/20260101T000000-01234567.json"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text(json.dumps({**dead, "locked": True}) if name.endswith("4567.json") else "x")
    before = digests(copy)
    with announced(copy), pytest.raises(StoreError, match="another process is writing"):
        clean_run(copy)
    assert digests(copy) == before
    named = {p.relative_to(copy).as_posix() for p in find_litter(copy)}
    assert named == {n if not n.startswith(("results.zarr.", "journal.")) else n.split("/")[0] for n in LITTER} | {
        "workers/20260101T000000-01234567.json"
    }
    files, _ = clean_run(copy)
    assert files == len(LITTER) + 1
    left = digests(copy)
    assert set(left) == set(digests(done)) | set(FOREIGN)
    assert clean_run(copy) == (0, 0)
    assert verify_run(copy).damaged == ()


def test_what_is_not_yet_made_is_not_mended(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        run(tmp_path / "run", backend=synthetic.failing_beyond(2048))
    flip(tmp_path / "run/results.zarr/outcomes/theta/c/0/0/0")
    flip(tmp_path / "run/results.zarr/inputs/value/c/0/0")
    done = repair_run(tmp_path / "run", backend=synthetic.simulate)
    assert done.mended == ("results.zarr/inputs/value/c/0/0",)
    assert (done.parts, done.parts_missing) == (0, len(missing_parts(tmp_path / "run")))
    run(tmp_path / "run")
    assert verify_run(tmp_path / "run").damaged == ()


def missing_parts(out: Path) -> list[Any]:
    """Parts that have no entry."""
    manifest = manifest_of(out)
    journal = journal_of(out, manifest)
    return [u for u in units_of(manifest) if journal.entry(u) is None]


def test_sums_that_are_needed_stay(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        run(tmp_path / "run", backend=synthetic.failing_beyond(2048))
    sums = set((tmp_path / "run").rglob("*.stats"))
    assert sums
    clean_run(tmp_path / "run")
    assert set((tmp_path / "run").rglob("*.stats")) == sums
    run(tmp_path / "run")
