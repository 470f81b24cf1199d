"""Vector instructions of a market-step, counted in the compiled loops of the hot kernels.

Run in a process with an empty kernel cache: only a fresh compilation shows its assembly.
"""

from __future__ import annotations

import json
import re


def longest(assembly: str) -> int:
    """Instructions of the basic block with most vector instructions: the body of the main loop."""
    best = (0, 0)
    for block in re.split(r"\n(?=\.LBB)", assembly):
        code = [x for x in block.splitlines() if x.startswith("\t") and x[1:2] != "."]
        best = max(best, (sum("zmm" in c or "ymm" in c for c in code), len(code)))
    return best[1]


def count() -> dict[str, float]:
    """Instructions per 16 lanes of the main loops, and their weighted mean per market-step.

    A loop's body works on several vectors side by side (`options.INTERLEAVE`).
    """
    from supplyshock.scenario import load_scenario
    from supplyshock_kernels.backends import numba_cpu
    from supplyshock_kernels.backends.numba_cpu import luck, markets
    from supplyshock_kernels.backends.numba_cpu.options import INTERLEAVE
    from supplyshock_kernels.params import Grid

    params = load_scenario("status_quo").params
    numba_cpu.simulate(params, Grid(), 1, range(1))
    asm = {f.__name__: f.inspect_asm(f.signatures[0]) for f in (markets.run_materials, markets.run_chips)}
    material, chip = longest(asm["run_materials"]) / INTERLEAVE, longest(asm["run_chips"]) / INTERLEAVE
    normals = longest(luck.fill_normals.inspect_asm(luck.fill_normals.signatures[0])) / INTERLEAVE
    n_mat, n = params.n_materials, len(params.markets.group)
    return {
        "material_loop": material,
        "chip_loop": chip,
        "normals_loop": normals,
        "per_16_market_steps": (n_mat * material + (n - n_mat) * chip) / n + normals / 2,
    }


if __name__ == "__main__":
    print(json.dumps(count()))
