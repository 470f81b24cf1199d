"""Vector instructions of a market-step, and bytes it moves, counted in the compiled loops of the hot kernels.

Run in a process with an empty kernel cache: only a fresh compilation shows its assembly.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

LEAST = 200
"""Instructions of a block below which it is no body of a main loop, but the way into one."""


def bodies(assembly: str) -> Iterator[list[str]]:
    """The blocks of straight code that work on whole registers: bodies of vectorised loops or parts of one."""
    for block in re.split(r"\n(?=\.LBB)", assembly):
        code = [x for x in block.splitlines() if x.startswith("\t") and x[1:2] != "."]
        if len(code) > LEAST and sum("zmm" in c or "ymm" in c for c in code) > 0.8 * len(code):
            yield code


def per_16(code: list[str], interleave: int, of: Callable[[str], int] = lambda _: 1) -> float:
    """Instructions for 16 lanes, or the sum `of` each. Lanes are those of float32 numbers: random numbers, whose words
    are as long as two, take two registers for each of floats."""
    lanes = 16 if any("zmm" in c for c in code) else 8
    return sum(map(of, code)) * 16 / (interleave * lanes)


def moved(instruction: str) -> int:
    """Bytes that an instruction moves between registers and the first cache: what it loads or stores."""
    if "(" not in instruction or instruction.startswith(("\tlea", "\tprefetch")):
        return 0
    if "{1to" in instruction or "broadcastss" in instruction:
        return 4
    wide = re.search(r"%([xyz])mm", instruction)
    return {"x": 16, "y": 32, "z": 64}[wide[1]] if wide else 8


def divides(instruction: str) -> int:
    """Whether an instruction is a vector division."""
    return instruction.startswith("\tvdivps")


def count() -> dict[str, Any]:
    """Instructions per 16 lanes of the main loops, and their weighted mean per market-step; bytes and divisions.

    Output at risk is left out: it is computed only where chips are short.
    """
    from supplyshock.scenarios.scenario import load_scenario
    from supplyshock_kernels.backends.numba_cpu import layout, markets, memory, random_inputs
    from supplyshock_kernels.backends.numba_cpu import simulate as numba_cpu
    from supplyshock_kernels.backends.numba_cpu.compile_options import INTERLEAVE
    from supplyshock_kernels.params import Grid

    params = load_scenario("status_quo").params
    numba_cpu.simulate(params, Grid(), 1, range(1))
    loops = (markets.trade_materials, markets.trade_chips, random_inputs.draw_normals)
    code = {f.__name__: list(bodies(f.inspect_asm(f.signatures[0]))) for f in loops}
    check_normals(min(code["draw_normals"], key=len), INTERLEAVE)
    n_mat, n = params.n_materials, len(params.markets.group)
    numbers = [a.size for a in memory.new_tile(params, np.dtype(np.float32))]
    bytes_of = weighted({k: [per_16(b, INTERLEAVE, moved) for b in v] for k, v in code.items()}, n_mat, n)
    return weighted({k: [per_16(b, INTERLEAVE) for b in v] for k, v in code.items()}, n_mat, n) | {
        "divisions": {k: sum(per_16(b, INTERLEAVE, divides) for b in v) for k, v in code.items()},
        "bytes_per_market_step": bytes_of["per_16_market_steps"] / 16,
        "tile_bytes": 4 * sum(numbers),
        "tile_bytes_per_market_step": 4 * sum(numbers) / (layout.LANES * n),
    }


def check_normals(code: list[str], interleave: int) -> None:
    """Raises `ValueError` unless the loop takes two square roots a path, as Box-Muller does for four normals."""
    roots = sum(c.startswith("\tvsqrtps") for c in code)
    if roots != 2 * interleave:
        raise ValueError(f"the loop of normals: expected {2 * interleave} square roots, got {roots}")


def weighted(results: dict[str, list[float]], n_mat: int, n: int) -> dict[str, float]:
    """By loop, and per 16 market-steps of a mean market."""
    material, chip = sum(results["trade_materials"]), sum(results["trade_chips"])  # each loop is in several blocks
    normals = min(results["draw_normals"])  # of Box-Muller: inverse distribution functions are longer
    return {
        "material_loop": material,
        "chip_loop": chip,
        "normals_loop": normals,
        "per_16_market_steps": (n_mat * material + (n - n_mat) * chip) / n + normals / 2,
    }


if __name__ == "__main__":
    print(json.dumps(count()))
