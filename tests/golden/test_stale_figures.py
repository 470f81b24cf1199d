"""Every figure, table and console block of the pages is of today's results, and by-hand sentences were read since."""

from __future__ import annotations

from pathlib import Path

import pytest
from figures import lock
from figures.registry import load

ROOT = Path(__file__).resolve().parents[2]
REGISTRY = load(ROOT)
LOCK = lock.read(ROOT)


@pytest.mark.parametrize("name", [*REGISTRY.artefacts, *REGISTRY.by_hand])
def test_the_pages_are_of_todays_results(name):
    stale = lock.stale(ROOT, REGISTRY, name, LOCK)
    assert stale is None, str(stale)


def test_numbers_in_sentences_are_those_of_the_lock():
    assert lock.wrong_numbers(ROOT, LOCK) == []


def test_other_results_would_be_seen(monkeypatch):
    monkeypatch.setattr("figures.keys.scenario_digest", lambda root, name: "moved")
    assert lock.stale(ROOT, REGISTRY, "first", LOCK) is not None
