"""The tables of the tiers name files that exist."""

from __future__ import annotations

from support.processes import TESTS
from support.tiers import COMPILES, SECONDS, THOROUGH, TOGETHER, WITHOUT_KERNELS


def test_every_file_of_the_tables_exists() -> None:
    assert {COMPILES, *SECONDS, *THOROUGH, *TOGETHER, *WITHOUT_KERNELS} <= {
        file.stem for file in TESTS.rglob("test_*.py")
    }
