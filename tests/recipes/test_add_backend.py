"""The recipe "A backend" of docs/extending.md, executed."""

from __future__ import annotations

import json
import re

import pytest
import zarr

from support.recipes import ScratchCopy, command_lines

HEADING = "A backend"
BACKENDS = "kernels/supplyshock_kernels/backends"
CONFORMANCE, RUN = command_lines(HEADING)


def test_a_package_and_a_line(changed: ScratchCopy) -> None:
    assert changed.written == {f"{BACKENDS}/plain/__init__.py", "tests/kernels/test_plain.py"}
    assert changed.edited == {f"{BACKENDS}/__init__.py"}


@pytest.mark.slow  # all of them; below one of them
def test_it_keeps_the_promises(changed: ScratchCopy) -> None:
    passed = re.search(r"(\d+) passed", changed.run(CONFORMANCE).stdout)
    assert passed
    assert int(passed[1]) > 15


def test_the_run_says_who_computed(changed: ScratchCopy) -> None:
    changed.run(RUN)
    manifest = json.loads((changed.root / "runs/plain/manifest.json").read_text(encoding="utf-8"))
    assert "plain" in json.dumps(manifest)
    store = zarr.open_group(changed.root / "runs/plain/results.zarr", mode="r")
    assert store["outcomes/theta"].shape[1] == 64


def test_help_and_schema_name_it(changed: ScratchCopy) -> None:
    assert "auto|numba|jax|reference|plain" in changed.run("supplyshock run --help").stdout
    assert "plain" in changed.run("supplyshock schema").stdout
    assert "'plain'" in changed.run("supplyshock run status_quo --backend plane", exit_code=2).stderr


def test_a_backend_that_breaks_a_promise_fails(changed: ScratchCopy) -> None:
    """Negative control: the conformance tests see a seed that is ignored."""
    file = changed.root / BACKENDS / "plain/__init__.py"
    text = file.read_text(encoding="utf-8")
    fixed = "return lambda params, grid, seed, paths, versus=None: simulate(params, grid, 1, paths, versus)"
    assert "return simulate" in text
    file.write_text(text.replace("return simulate", fixed), encoding="utf-8")
    try:
        report = changed.run(f"{CONFORMANCE} -k test_seed", exit_code=1).stdout
    finally:
        file.write_text(text, encoding="utf-8")
    assert "1 failed" in report
    assert "1 passed" in changed.run(f"{CONFORMANCE} -k test_seed").stdout
