"""A command that reads results loads few libraries and modules, and reads no chunk again and again: see decision 63."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from supplyshock.common import hidden_libraries
from supplyshock.store.untrusted.codecs import SizedStore
from support.command import invoke, small_run
from support.processes import run_script

__all__ = ["small_run"]

MEASURES = "supplyshock.analysis.measures"
HEAVY = (
    "dask", "distributed", "fsspec", "jax", "jinja2", "matplotlib", "numba", "pint", "pydantic", "rich", "ruamel.yaml",
    "scipy", "supplyshock.analysis.accessor", "supplyshock.analysis.comparison", MEASURES, "supplyshock.execution",
    "supplyshock.reporting.plots", "supplyshock.reporting.story", "supplyshock.studies",
)  # fmt: skip
CODE = f"""
import sys
from supplyshock.cli import main
main(sys.argv[1:], standalone_mode=False)
print("imported", *(name for name in {HEAVY} if sys.modules.get(name)))
"""


def imported(folder: Path, *words: object) -> set[str]:
    """What a command imports of `HEAVY`."""
    done = run_script(CODE, folder, *words)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split()[1:])


def test_show_imports_what_its_figures_need(small_run: Path, tmp_path: Path) -> None:
    """xarray would import dask and pint at the first array, and zarr fsspec."""
    assert imported(tmp_path, "show", small_run) == set()
    assert imported(tmp_path, "show", small_run, "--csv", "-") == set()
    assert imported(tmp_path, "show", small_run, "--measure", "loss:US") == {MEASURES, "rich"}


def test_a_config_is_read_with_pint(tmp_path: Path) -> None:
    assert {"pint", "pydantic", "ruamel.yaml"} <= imported(tmp_path, "plan", "status_quo", "--paths", "100")


def test_show_reads_a_chunk_twice_at_most(small_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The coordinate `time` apart, whose ends xarray reads first."""
    reads: Counter[str] = Counter()
    get = SizedStore.get

    async def counted(self: Any, key: str, *rest: Any, **named: Any) -> Any:
        reads[key] += "/c/" in key and "/time/" not in key
        return await get(self, key, *rest, **named)

    monkeypatch.setattr(SizedStore, "get", counted)
    assert invoke("show", small_run).exit_code == 0
    assert max(reads.values()) == 2, reads.most_common(3)
    assert any(key.startswith("outcomes/loss_usd_bn/") for key in reads)


def test_a_library_is_hidden_unless_it_is_there_and_shown_again(monkeypatch: pytest.MonkeyPatch) -> None:
    modules: dict[str, Any] = {"pint": hidden_libraries}
    monkeypatch.setattr(hidden_libraries.sys, "modules", modules)
    hidden_libraries.hide_libraries()
    assert modules == {"pint": hidden_libraries, "dask": None, "fsspec": None}
    hidden_libraries.show_libraries("dask", "pint", "json")
    assert modules == {"pint": hidden_libraries, "fsspec": None}
