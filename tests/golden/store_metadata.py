"""What results.zarr says about its variables: names, axes, units, long names. Readers rely on every word.

python tests/golden/store_metadata.py --write    after a change of the store's words, on purpose
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import supplyshock as ss
from supplyshock.store.inputs import array_inputs, scalar_inputs
from supplyshock.store.partition import Layout, Plan
from supplyshock.store.proposal import Proposal
from supplyshock.store.variables import variables

FILE = Path(__file__).with_name("store_metadata.json")


def plan() -> Plan:
    """Two scenarios, series and importance sampling: every variable that a store can have."""
    return Plan(
        scenarios=("status_quo", "rift"), paths=4096, weeks=104, markets=26, save_series=64, seed=1, backend="numba",
        device="cpu", precision="float32", threads=1,
        layout=Layout(chunk=1024, shard=2048, call=1024, unit=2048),
        disk_bytes=0, disk_bytes_while_running=0, memory_bytes=0, mantissa_bits=12, proposal=Proposal(),
    )  # fmt: skip


def metadata() -> dict[str, Any]:
    """Every variable by group and name."""
    words = {
        f"{v.group}/{v.name}": [v.dtype, list(v.dims), v.units, v.long_name, v.path_chunk, v.path_shard, v.attrs]
        for v in variables(plan())
    }
    scenario = ss.load_scenario("status_quo")
    for item in array_inputs([scenario]):
        words[f"inputs/{item.name}"] = [str(item.values.dtype), list(item.dims), item.units, item.long_name]
    names, units, _ = scalar_inputs([scenario])
    return words | {f"inputs/scalar/{name}": [unit] for name, unit in zip(names, units, strict=True)}


def text() -> str:
    """The metadata as the file holds them, a variable a line, in the order of the store."""
    rows = (f"{json.dumps(name)}: {json.dumps(row)}" for name, row in metadata().items())
    return "{\n" + ",\n".join(rows) + "\n}\n"


if __name__ == "__main__":
    if "--write" in sys.argv:
        FILE.write_text(text(), encoding="utf-8")
    else:
        sys.exit(text() != FILE.read_text(encoding="utf-8"))
