"""The journal: a block with an entry has all its files."""

from __future__ import annotations

from pathlib import Path

import pytest

from supplyshock.store.atomic_files import digest_file
from supplyshock.store.journal import Journal
from supplyshock.store.partition import Unit

UNIT = Unit(1, 1024, 2048)
FILES = ["outcomes/x/c/1/1", "outcomes/y/c/1/1"]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    for name in FILES:
        file = tmp_path / "results.zarr" / name
        file.parent.mkdir(parents=True)
        file.write_bytes(b"values of " + name.encode())
    opened = Journal(tmp_path, "r", ("a", "b/.."), ("da", "db"))
    opened.record(UNIT, {name: digest_file(opened.results / name) for name in FILES}, b"sums", {"seconds": 1.0})
    return opened


def entry_file(journal: Journal) -> Path:
    return next(journal.folder.rglob("*.json"))


def test_a_recorded_block_is_done(journal: Journal) -> None:
    assert journal.is_done(UNIT, sums=True)
    assert journal.statistics(UNIT) == b"sums"
    entry = journal.entry(UNIT)
    assert entry is not None
    assert entry.damaged(journal.results) == []
    assert set(entry.files) == set(FILES)
    assert entry.scenario == "b/.."


def test_other_blocks_are_not(journal: Journal) -> None:
    assert not journal.is_done(Unit(1, 0, 1024), sums=True)
    assert not journal.is_done(Unit(0, 1024, 2048), sums=True)
    changed = Journal(journal.folder.parent, "r", ("a", "b/.."), ("da", "other"))
    assert not changed.is_done(UNIT, sums=False)


def test_every_truncation_of_the_entry_undoes_the_block(journal: Journal) -> None:
    file = entry_file(journal)
    whole = file.read_bytes()
    for length in range(len(whole) - 1):
        file.write_bytes(whole[:length])
        assert journal.entry(UNIT) is None


def test_a_changed_entry_undoes_the_block(journal: Journal) -> None:
    file = entry_file(journal)
    file.write_bytes(file.read_bytes().replace(b'"seconds": 1.0', b'"seconds": 2.0'))
    assert not journal.is_done(UNIT, sums=False)


def test_files_missing_or_cut_short_undo_the_block(journal: Journal) -> None:
    file = journal.results / FILES[0]
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    assert not journal.is_done(UNIT, sums=False)
    file.unlink()
    assert not journal.is_done(UNIT, sums=False)
    file.write_bytes(whole)
    assert journal.is_done(UNIT, sums=False)


def test_flipped_bits_are_found_by_reading(journal: Journal) -> None:
    file = journal.results / FILES[1]
    file.write_bytes(file.read_bytes().replace(b"v", b"w"))
    assert journal.is_done(UNIT, sums=False)
    entry = journal.entry(UNIT)
    assert entry is not None
    assert entry.damaged(journal.results) == [FILES[1]]


def test_statistics_are_needed_until_summarised(journal: Journal) -> None:
    journal.drop_statistics(1)
    assert journal.is_done(UNIT, sums=False)
    assert not journal.is_done(UNIT, sums=True)


def test_damaged_statistics_are_not_used(journal: Journal) -> None:
    next(journal.folder.rglob("*.stats")).write_bytes(b"SUMS")
    assert journal.statistics(UNIT) is None


def test_forget(journal: Journal) -> None:
    journal.forget(UNIT)
    assert not journal.is_done(UNIT, sums=False)
    journal.forget(UNIT)
