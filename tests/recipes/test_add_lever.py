"""The recipe "A lever" of docs/extending.md, executed; and a dated array that is declared without axes."""

from __future__ import annotations

import json

import numpy as np
import pytest
import zarr

from support.recipes import ScratchCopy

HEADING = "A lever"
DATED = "kernels/supplyshock_kernels/params/dated.py"
STEP = """
import numpy as np
import supplyshock as ss
from supplyshock.studies.gradients.directions import find_directions

(step,) = find_directions(ss.load_scenario("status_quo"), ["curtailment.CN"])
assert step.step == "+1 point"
change, = step.entries.values()
print(*step.entries, np.unique(change + 0.0).tolist())
"""


@pytest.fixture(scope="module")
def printed(changed: ScratchCopy) -> list[str]:
    """What the recipe's commands print."""
    return changed.commands(HEADING)


def test_three_files(changed: ScratchCopy) -> None:
    assert changed.written == {"rationed.yaml"}
    assert changed.edited == {
        "engine/supplyshock/scenarios/config/levers.py",
        "engine/supplyshock/scenarios/model_inputs/weekly_inputs.py",
        "engine/supplyshock/studies/gradients/levers.py",
    }


@pytest.mark.usefixtures("printed")
def test_prices_rise(changed: ScratchCopy) -> None:
    """Common random numbers: the highest quote of cerium is higher on nearly every path, and never lower.

    It is scarce on no path of the first day, so its highest quote lies ahead; magnets, which are made less as well,
    hold none of it.
    """
    store = zarr.open_group(changed.root / "runs/cut/results.zarr", mode="r")
    market = list(store["outcomes/market"][:]).index("Ce")
    before, after = np.asarray(store["outcomes/peak_price_ratio"][:, :, market, 1])
    assert (after > before).mean() > 0.9
    assert (after >= before).all()


def test_plan_and_compare_take_it(printed: list[str]) -> None:
    plan, _, comparison = printed
    assert "rationed" in plan
    assert "rationed" in comparison


def test_the_schema_has_it(changed: ScratchCopy) -> None:
    schema = json.loads(changed.run("supplyshock schema").stdout)
    assert schema["$defs"]["Curtailment"]["properties"].keys() == {"from", "to", "bloc", "cut"}


def test_it_has_a_gradient(changed: ScratchCopy) -> None:
    """A point more of the lever takes a point of the output of the bloc's sources, and nothing of others."""
    assert changed.python(STEP).stdout.strip() == "('schedule', 'availability') [-1.0, 0.0]"


def test_a_wrong_key_is_refused(changed: ScratchCopy) -> None:
    (changed.root / "wrong.yaml").write_text("base: status_quo\nlevers:\n  curtailment: [{bloc: US, cut: 30 %}]\n")
    error = changed.run("supplyshock plan wrong.yaml", exit_code=65).stderr
    assert "wrong.yaml:3" in error
    assert "'CN'" in error


def test_a_dated_array_without_axes_fails_as_the_package_is_imported(changed: ScratchCopy) -> None:
    file = changed.root / DATED
    text = file.read_text(encoding="utf-8")
    file.write_text(f"{text}    tariff: Array\n", encoding="utf-8")
    try:
        error = changed.python("import supplyshock_kernels.params", exit_code=1).stderr
    finally:
        file.write_text(text, encoding="utf-8")
    assert error.splitlines()[-1].startswith(
        'TypeError: schedule.tariff: an array without axes; declare it as Annotated[Array, axes("time", "market")]'
    )
