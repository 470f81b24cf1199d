"""Vector instructions of a market-step, counted in the compiled loops of the hot kernels.

Run in a process with an empty kernel cache: only a fresh compilation shows its assembly.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

LEAST = 200
"""Instructions of a block below which it is no body of a main loop, but the way into one."""


def bodies(assembly: str) -> Iterator[list[str]]:
    """The blocks of straight code that work on whole registers: bodies of vectorised loops or parts of one."""
    for block in re.split(r"\n(?=\.LBB)", assembly):
        code = [x for x in block.splitlines() if x.startswith("\t") and x[1:2] != "."]
        if len(code) > LEAST and sum("zmm" in c or "ymm" in c for c in code) > 0.8 * len(code):
            yield code


def per_16(code: list[str], interleave: int) -> float:
    """Instructions for 16 lanes; a loop with 64-bit words (random numbers) has half as many lanes a register."""
    lanes = 16 if any("zmm" in c for c in code) else 8
    words = any(c.startswith("\tvpmuludq") for c in code)
    return len(code) * 16 / (interleave * lanes / (2 if words else 1))


def count() -> dict[str, float]:
    """Instructions per 16 lanes of the main loops, and their weighted mean per market-step.

    Output at risk is counted for materials; that of chips is computed only where some are short.
    """
    from supplyshock.scenario import load_scenario
    from supplyshock_kernels.backends import numba_cpu
    from supplyshock_kernels.backends.numba_cpu import at_risk, luck, markets
    from supplyshock_kernels.backends.numba_cpu.options import INTERLEAVE
    from supplyshock_kernels.params import Grid

    params = load_scenario("status_quo").params
    numba_cpu.simulate(params, Grid(), 1, range(1))
    loops = (markets.run_materials, markets.run_chips, at_risk.run_at_risk, luck.fill_normals)
    found = {f.__name__: [per_16(b, INTERLEAVE) for b in bodies(f.inspect_asm(f.signatures[0]))] for f in loops}
    material, chip = sum(found["run_materials"]), sum(found["run_chips"])  # chips: one loop in two blocks
    risk, normals = min(found["run_at_risk"]), max(found["fill_normals"])  # of Box-Muller, the longer
    n_mat, n = params.n_materials, len(params.markets.group)
    return {
        "material_loop": material,
        "material_at_risk_loop": risk,
        "chip_loop": chip,
        "normals_loop": normals,
        "per_16_market_steps": (n_mat * (material + risk) + (n - n_mat) * chip) / n + normals / 2,
    }


if __name__ == "__main__":
    print(json.dumps(count()))
