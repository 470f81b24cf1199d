"""An unfinished run that an older version began: what has happened is said, and damage is told apart from it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from supplyshock.common.errors import StoreError
from supplyshock.execution.run import run_scenarios
from supplyshock.store import create_store, run_folder, variables, writer
from supplyshock.store.provenance import made_on, versions
from support import synthetic

Digests = Callable[[Path], dict[str, str]]
NEW = ("summary/price_ratio_quantile_se", "summary/regime_probability_se")
"""Variables that the older version does not have."""


def run(out: Path, backend: Any = synthetic.simulate) -> None:
    scenarios = [synthetic.scenario()]
    run_scenarios(scenarios, out, paths=9000, seed=3, threads=9, backend=backend, progress="quiet")


def begin(out: Path) -> None:
    """A run whose later blocks fail."""
    with pytest.raises(StoreError, match="same command again"):
        run(out, synthetic.failing_beyond(5000))


def begin_with_an_older_version(out: Path, without: tuple[str, ...], begun_by: dict[str, str]) -> None:
    with pytest.MonkeyPatch.context() as patched:
        for module in (create_store, writer, run_folder):
            patched.setattr(
                module,
                "variables",
                lambda p: [v for v in variables.variables(p) if f"{v.group}/{v.name}" not in without],
            )
        patched.setattr(run_folder, "made_on", lambda: {**made_on(), "versions": begun_by})
        begin(out)


@pytest.mark.parametrize(
    ("without", "begun_by", "texts"),
    [
        (NEW[:1], {"supplyshock": "0.0.7"}, (f"the variable {NEW[0]}, which", "0.0.7 without it;")),
        (NEW, {}, (f"the variable {NEW[0]} and 1 more, which", "of an unknown version without them;")),
    ],
)
def test_a_run_that_an_older_version_began_is_named_as_one(
    without: tuple[str, ...], begun_by: dict[str, str], texts: tuple[str, ...], tmp_path: Path, digests: Digests
) -> None:
    begin_with_an_older_version(tmp_path / "run", without, begun_by)
    before = digests(tmp_path / "run/results.zarr")
    said = re.escape(f"which supplyshock {versions()['supplyshock']} writes, got results of supplyshock ")
    with pytest.raises(StoreError, match=f"begun by another version.*{said}.*--overwrite") as raised:
        run(tmp_path / "run")
    assert all(text in str(raised.value) for text in texts)
    assert "damaged" not in str(raised.value)
    assert digests(tmp_path / "run/results.zarr") == before


def test_a_run_that_this_version_began_goes_on(tmp_path: Path) -> None:
    begin_with_an_older_version(tmp_path / "run", (), versions())
    run(tmp_path / "run")


@pytest.mark.parametrize("list_too", [False, True])
def test_a_variable_that_was_there_and_is_gone_is_damage(list_too: bool, tmp_path: Path) -> None:
    begin(tmp_path / "run")
    shutil.rmtree(tmp_path / "run/results.zarr" / NEW[0])
    if list_too:
        (tmp_path / "run/journal/originals.json").unlink()
    with pytest.raises(StoreError, match="the results are damaged"):
        run(tmp_path / "run")
