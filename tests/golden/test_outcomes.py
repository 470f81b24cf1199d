"""Outcomes of the shipped scenarios are those on record, to the last bit."""

from __future__ import annotations

import json

import pytest

from golden.outcomes import FILE, outcome_digest
from supplyshock.scenarios.shipped import shipped_names

EXPECTED = json.loads(FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", shipped_names())
def test_a_shipped_scenario_gives_the_outcomes_on_record(name):
    assert outcome_digest(name) == EXPECTED["numba_float32"][name], (
        "if the model or its data changed on purpose: python tests/golden/outcomes.py --write"
    )


@pytest.mark.thorough
def test_double_precision_gives_the_outcomes_on_record():
    assert outcome_digest("status_quo", precision="float64") == EXPECTED["numba_float64"]["status_quo"]


def test_the_reference_gives_the_outcomes_on_record():
    assert outcome_digest("status_quo", "reference", paths=64) == EXPECTED["reference_float32"]["status_quo"]


def test_another_seed_would_be_seen(monkeypatch):
    monkeypatch.setattr("golden.outcomes.SEED", 8)
    assert outcome_digest("status_quo", "reference", paths=64) != EXPECTED["reference_float32"]["status_quo"]
