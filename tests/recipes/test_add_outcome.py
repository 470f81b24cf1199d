"""The recipe "An outcome" of docs/extending.md, executed."""

from __future__ import annotations

import numpy as np
import pytest
import zarr

from support.recipes import ScratchCopy

HEADING = "An outcome"
KERNELS = "kernels/supplyshock_kernels"
BOTH = """
import numpy as np
import supplyshock as ss
from supplyshock_kernels import backends
from supplyshock_kernels.outputs import outcome_rows
from supplyshock_kernels.params import Grid, cast

params = cast(ss.load_scenario("breakdown").params, "float32")
(row,) = [r for r in outcome_rows(params) if r.name == "peak_pain"]
for name in ("reference", "numba"):
    values = backends.get(name)(params, Grid("float32"), 7, range(128)).outcomes[row.start : row.stop]
    np.save(name, values)
"""


@pytest.fixture(scope="module")
def printed(changed: ScratchCopy) -> list[str]:
    """What the recipe's commands print."""
    return changed.commands(HEADING)


def test_three_files_of_the_kernels_and_one_of_tests(changed: ScratchCopy) -> None:
    assert changed.written == set()
    assert changed.edited == {
        f"{KERNELS}/outputs.py",
        f"{KERNELS}/backends/array_program/path_totals.py",
        f"{KERNELS}/backends/numba_cpu/path_totals.py",
        "tests/kernels/test_conformance.py",
    }


@pytest.mark.usefixtures("printed")
def test_the_store_has_it(changed: ScratchCopy) -> None:
    """With axes, units, long name and differences; pain is higher where talks break down."""
    store = zarr.open_group(changed.root / "runs/pain/results.zarr", mode="r")
    array = store["outcomes/peak_pain"]
    assert array.attrs["units"] == "percent"
    assert array.attrs["long_name"] == "highest pain of the party, of its GDP"
    assert array.metadata.dimension_names == ("scenario", "path", "party")
    values = np.asarray(array[:])
    assert values.shape == (2, 64, 2)
    assert (values >= 0).all()
    us = values[..., 1].mean(1)
    assert us[1] > us[0] > 0
    assert any("peak_pain" in name for name in store["pairs"])


def test_it_is_a_measure(printed: list[str]) -> None:
    _, measures, comparison = printed
    assert "peak_pain" in measures
    assert "highest pain of the party, of its GDP" in measures
    assert "breakdown" in comparison


def test_a_forgotten_bound_is_seen(changed: ScratchCopy) -> None:
    test = "pytest -q tests/kernels/test_conformance.py -k test_every_outcome_is_compared"
    assert "1 passed" in changed.run(test).stdout
    file = changed.root / "tests/kernels/test_conformance.py"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('    "peak_pain": 1e-3,\n', ""), encoding="utf-8")
    try:
        assert "peak_pain" in changed.run(test, exit_code=1).stdout
    finally:
        file.write_text(text, encoding="utf-8")


@pytest.mark.slow  # compiles the numba kernels of the copy
def test_numba_agrees_with_the_reference(changed: ScratchCopy) -> None:
    changed.python(BOTH)
    reference, numba = (np.load(changed.root / f"{name}.npy") for name in ("reference", "numba"))
    assert (numba >= 0).all() and numba.max() > 0
    np.testing.assert_allclose(numba, reference, rtol=1e-3, atol=1e-6)
