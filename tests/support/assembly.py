"""Prints, as JSON, what the machine code of the hot loops is made of: ``python -m support.assembly``.

`inspect_asm` needs functions compiled in this process: run it with an empty SUPPLYSHOCK_CACHE_DIR.
"""

from __future__ import annotations

import json
import re
from collections import Counter

from supplyshock_kernels import backends
from supplyshock_kernels.params import Grid
from support import worlds

INSTRUCTION = re.compile(r"^\s+([a-z][a-z0-9]+)\s+(.*)$", re.M)
PACKED = re.compile(r"v(?:add|sub|mul|div|max|min|sqrt|fn?m(?:add|sub)\d+)ps")
SINGLE = re.compile(r"v?(?:add|sub|mul|div|max|min|sqrt|fn?m(?:add|sub)\d+)ss")
INTEGER = re.compile(r"v(?:pmuludq|pxor[dq]?|pternlog[dq]|psrlq|psrl[dq]|padd[dq])")  # codespell:ignore padd


def body(text: str) -> str:
    """The kernel itself, without the wrappers that unpack Python's arguments."""
    parts = re.split(r"^\s*\.globl\s+", text, flags=re.M)
    return "".join(part for part in parts[1:] if re.match(r'"?_ZN(?!7cpython)\d', part) and "NumbaEnv" not in part[:12])


def summary(text: str) -> dict:
    text = body(text)
    counts: Counter[str] = Counter()
    called: Counter[str] = Counter()
    for name, operands in INSTRUCTION.findall(text):
        wide = "ymm" in operands or "zmm" in operands
        if PACKED.fullmatch(name):
            counts["packed" if wide else "narrow"] += 1
        elif SINGLE.fullmatch(name):
            counts["single"] += 1
        elif INTEGER.fullmatch(name) and wide:
            counts["packed integer"] += 1
        elif "gather" in name:
            counts["gather"] += 1
        elif re.fullmatch(r"v?cvt(?:ps2pd|ss2sd|sd2ss|pd2ps)", name):
            counts["widened"] += 1
        elif re.fullmatch(r"v?\w+pd", name) and re.match(r"v?(?:add|sub|mul|div|fn?m(?:add|sub)\d+)pd", name):
            counts["double"] += 1
        target = operands.split(",")[0].strip(' $"')
        if name in ("callq", "call", "movabsq", "movabs") and re.match(r"[a-zA-Z_][\w.]*$", target):
            called[target] += 1
    return {"found": dict(counts), "called": sorted(called)}


def main() -> None:
    backends.get("numba")(worlds.status_quo(2), Grid("float32"), 1, range(64))
    from supplyshock_kernels.backends.numba_cpu import markets, negotiation, random_inputs

    hot = {
        "trade_materials": markets.trade_materials,
        "trade_chips": markets.trade_chips,
        "draw_normals": random_inputs.draw_normals,
        "draw_uniforms": random_inputs.draw_uniforms,
        "negotiate": negotiation.negotiate,
    }
    print(json.dumps({name: [summary(text) for text in f.inspect_asm().values()] for name, f in hot.items()}))


if __name__ == "__main__":
    main()
