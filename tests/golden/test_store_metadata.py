"""The words of results.zarr are those on record, byte by byte."""

from __future__ import annotations

import pytest

from golden import store_metadata
from supplyshock_kernels import outputs


def test_units_and_long_names_are_those_on_record():
    assert store_metadata.text() == store_metadata.FILE.read_text(encoding="utf-8"), (
        "if a word changed on purpose: python tests/golden/store_metadata.py --write"
    )


@pytest.mark.parametrize("field", ["units", "long_name", "name"])
def test_another_word_would_be_seen(monkeypatch, field):
    other = (outputs.OUTCOMES[0]._replace(**{field: "other"}), *outputs.OUTCOMES[1:])
    monkeypatch.setattr("supplyshock.store.variables.OUTCOMES", other)
    assert store_metadata.text() != store_metadata.FILE.read_text(encoding="utf-8")
