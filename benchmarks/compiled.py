"""What a week costs on a GPU, counted in the program that XLA makes for one. No GPU is needed, and nothing is run.

    pip install "jax[cuda12]"              the compiler for GPUs is in its plugin
    python benchmarks/compiled.py          compiles for an H100; writes results/compiled-h100.json
    python benchmarks/compiled.py --width 65536 --precision float64 --no-write

Counts: kernels launched in a week, and the bytes they read and write if each reads its inputs and writes its
outputs once (caches may save some, spilled registers add some). The times beside them are derived from these
counts, and marked so; only a run can tell (`gpu.py`).
"""

from __future__ import annotations

import argparse
import json
import os
import re
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jax.experimental import topologies
from jax.sharding import SingleDeviceSharding

from supplyshock.scenarios.scenario import load_scenario
from supplyshock_kernels.backends.jax_xla import launch, static
from supplyshock_kernels.backends.jax_xla.program import no_sums
from supplyshock_kernels.params import Grid, cast
from supplyshock_kernels.rng.philox import key_of

HERE = Path(__file__).resolve().parent
PATHS = 1_000_000
BANDWIDTH = {"H100 SXM": 3.35e12, "H200": 4.8e12}
"""Bytes a second, from the data sheets; copies reach about nine tenths."""
LAUNCH_SECONDS = 2.5e-6
"""Of a small kernel after another on one stream: recalled, to be measured."""
H100 = """
gpu_device_info {
  threads_per_block_limit: 1024  threads_per_warp: 32  shared_memory_per_block: 49152
  shared_memory_per_core: 233472  threads_per_core_limit: 2048  core_count: 132  fpus_per_core: 128
  block_dim_limit_x: 2147483647  block_dim_limit_y: 65535  block_dim_limit_z: 65535
  memory_bandwidth: 3352320000000  l2_cache_size: 52428800  clock_rate_ghz: 1.98
  device_memory_size: 84929347584  shared_memory_per_block_optin: 232448
  cuda_compute_capability { major: 9 }  registers_per_core_limit: 65536  registers_per_block_limit: 65536
}
platform_name: "CUDA"
dnn_version_info { major: 9 minor: 8 }
runtime_version { major: 12 minor: 8 patch: 0 }
device_description_str: "NVIDIA H100 80GB HBM3"
"""
SIZES = {"pred": 1, "s8": 1, "u8": 1, "s16": 2, "u16": 2, "s32": 4, "u32": 4, "f32": 4, "s64": 8, "u64": 8, "f64": 8}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int, default=65_536)
    parser.add_argument("--precision", choices=["float32", "float64"], default="float32")
    parser.add_argument("--no-write", action="store_true")
    parser.add_argument("--text", type=Path, help="also write the compiled program here")
    given = parser.parse_args()
    program, weeks = compiled(h100(), given.width, given.precision)
    if given.text:
        given.text.write_text(program.as_text(), encoding="utf-8")
    results = facts(program, given.width, weeks)
    print(json.dumps(results, indent=2))
    if not given.no_write:
        (HERE / "results" / "compiled-h100.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def h100() -> Any:
    """A device to compile for."""
    os.environ |= {"JAX_SKIP_CUDA_CONSTRAINTS_CHECK": "1", "CUDA_VISIBLE_DEVICES": "-1"}
    os.environ["XLA_FLAGS"] = os.environ.get("XLA_FLAGS", "") + " --xla_gpu_autotune_level=0"
    return topologies.get_topology_desc(platform="cuda", target_config=H100, topology="1x1x1").devices[0]


def compiled(device: Any, width: int, precision: str) -> tuple[Any, int]:
    """(the program of one width for a device, weeks)."""
    params = cast(load_scenario("status_quo").params, precision)
    structure, numbers = static.split(params)
    shape = launch.shape_of(Grid(precision), width)
    with jax.enable_x64(True):
        sums = jax.eval_shape(lambda: no_sums(params))
        stretch = (np.zeros(width, np.uint64), np.int64(0), np.int64(width))
        given = (numbers, key_of(1), stretch, sums, None)
        there = SingleDeviceSharding(device)
        given = jax.tree.map(lambda x: jax.ShapeDtypeStruct(np.shape(x), x.dtype, sharding=there), given)
        return launch._call.lower(structure, shape, *given).compile(), params.weeks


def facts(program: Any, width: int, weeks: int) -> dict[str, Any]:
    bodies = computations(program.as_text())
    kernels = week_of(bodies)
    moved = sum(k["bytes"] for k in kernels)
    memory, runs = program.memory_analysis(), PATHS / width
    floor = {name: runs * weeks * moved / rate for name, rate in BANDWIDTH.items()}
    return {
        "target": "NVIDIA H100 80GB HBM3 (compiled for, not run)",
        "jax": jax.__version__,
        "width": width,
        "kernels_a_week": len(kernels),
        "of_these_copies": sum(k["kind"] == "copy" for k in kernels),
        "bytes_a_week": moved,
        "bytes_a_path_and_week": round(moved / width),
        "largest": sorted(kernels, key=lambda k: -k["bytes"])[:12],
        "memory": {name: getattr(memory, f"{name}_size_in_bytes") for name in ("argument", "output", "temp", "alias")},
        "derived_not_measured": {
            "seconds_of_1M_paths_by_bandwidth": {k: round(v, 3) for k, v in floor.items()},
            "seconds_of_1M_paths_by_launches": round(runs * weeks * len(kernels) * LAUNCH_SECONDS, 3),
        },
    }


def computations(text: str) -> dict[str, list[str]]:
    """Lines of every computation of an HLO module."""
    computed: dict[str, list[str]] = {}
    name = None
    for line in text.splitlines():
        head = re.match(r"^(?:ENTRY )?%?([\w.\-]+) \(.*\) -> .* \{", line)
        if head:
            name = head.group(1)
            computed[name] = []
        elif line.startswith("}"):
            name = None
        elif name:
            computed[name].append(line)
    return computed


INSTRUCTION = re.compile(r"^\s*(ROOT )?%?([\w.\-]+) = (\(.*?\)|\S+) ([\w\-]+)\((.*)$")


def parsed(lines: list[str]) -> dict[str, dict[str, Any]]:
    """Instructions by name: result type, operation, names of operands."""
    instructions = {}
    for line in lines:
        m = INSTRUCTION.match(line)
        if m:
            operands = re.findall(r"%([\w.\-]+)", m.group(5).split("), ")[0])
            instructions[m.group(2)] = {
                "root": bool(m.group(1)), "type": m.group(3), "op": m.group(4), "operands": operands, "line": line,
            }  # fmt: skip
    return instructions


def size(kind: str) -> int:
    total = 0
    for element, dims in re.findall(r"([a-z]+\d*)\[([\d,]*)\]", kind):
        total += SIZES.get(element, 4) * int(np.prod([int(d) for d in dims.split(",") if d], initial=1))
    return total


def week_of(bodies: dict[str, list[str]]) -> list[dict[str, Any]]:
    """The kernels of the loop over weeks with the bytes each moves: those of the longest loop body."""
    loops = [m for lines in bodies.values() for line in lines for m in re.findall(r" while\(.*body=%?([\w.\-]+)", line)]
    week = parsed(max((bodies[name] for name in loops), key=len))
    kernels = []
    for name, each in week.items():
        if each["op"] == "fusion":
            inner = parsed(bodies[re.search(r"calls=%?([\w.\-]+)", each["line"]).group(1)])
            kernels.append({"kernel": name, "kind": "fusion", "bytes": read(inner) + written(inner)})
        elif each["op"] in ("copy", "scatter", "reduce", "concatenate", "custom-call", "sort"):
            moved = size(each["type"]) + sum(size(week[o]["type"]) for o in each["operands"] if o in week)
            kernels.append({"kernel": name, "kind": each["op"], "bytes": moved})
    return kernels


def read(inner: dict[str, dict[str, Any]]) -> int:
    """Bytes a fusion reads: of its inputs as many elements as its results come from, each element at most once."""
    needed: dict[str, int] = {}
    for name, each in reversed(inner.items()):
        wanted = count(each["type"]) if each["root"] else needed.get(name, 0)
        if each["op"] == "reduce":
            wanted = wanted * count(inner[each["operands"][0]]["type"]) // count(each["type"])
        for place, operand in enumerate(o for o in each["operands"] if o in inner):
            whole = count(inner[operand]["type"])
            if each["op"] in UPDATES:
                more = 0 if place == 0 else whole
            else:
                more = whole if each["op"] == "tuple" else wanted
            needed[operand] = min(whole, needed.get(operand, 0) + more)
    inputs = {name: each["type"] for name, each in inner.items() if each["op"] == "parameter"}
    return sum(needed.get(name, 0) * (size(kind) // count(kind)) for name, kind in inputs.items())


def count(kind: str) -> int:
    """Elements of arrays."""
    dims = re.findall(r"[a-z]+\d*\[([\d,]*)\]", kind)
    return sum(int(np.prod([int(d) for d in each.split(",") if d], initial=1)) for each in dims)


UPDATES = ("dynamic-update-slice", "scatter")


def written(inner: dict[str, dict[str, Any]]) -> int:
    """Bytes a fusion writes: of an update in place, what is updated (twice for a scatter, which also reads)."""
    root = next(each for each in inner.values() if each["root"])
    results = [inner[o] for o in root["operands"]] if root["op"] == "tuple" else [root]
    total = 0
    for each in results:
        seen = each
        while seen["op"] == "bitcast":
            seen = inner[seen["operands"][0]]
        if seen["op"] in UPDATES:
            update = inner[seen["operands"][1 if seen["op"] == "dynamic-update-slice" else 2]]
            total += size(update["type"]) * (2 if seen["op"] == "scatter" else 1)
        else:
            total += size(each["type"])
    return total


if __name__ == "__main__":
    main()
