"""Draws docs/architecture.png from the imports of the code, and says when the picture is stale.

    python docs/draw_architecture.py            # draws the picture and writes the counts beside it
    python docs/draw_architecture.py --check    # exit code 1 if the code has left the picture

The layers come from the import-linter contract in pyproject.toml, the arrows from the imports.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import grimp
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path as Curve
from PIL import Image

from supplyshock.reporting.plots.style import DPI, INK, PAPER
from supplyshock.reporting.plots.style import GREY as SOFT

ROOT = Path(__file__).resolve().parents[1]
PICTURE, COUNTS = ROOT / "docs/architecture.png", ROOT / "docs/architecture.json"
ENGINE, KERNELS = "supplyshock", "supplyshock_kernels"

PURPOSES = {
    "cli": "a command parses, calls one function, prints",
    "benchmarking": "how fast this machine runs the model, in suites that can be compared",
    "reporting": "what people read: pages, plots, stories of single paths",
    "studies": "many scenarios at once, each reduced to a few numbers",
    "calibration": "fits the model to history, and checks it against history",
    "execution": "runs scenarios into a folder: plan, blocks, threads, processes",
    "analysis": "reads results: measures, quantiles, tail risks, paired differences",
    "store": "the folder of a run: results.zarr, journal, manifest",
    "scenarios": "from a config and a data set to the arrays of one simulation",
    "common": "errors, progress, signals, threads, numbers in text",
}
"""What each package is for, as docs/architecture.md says."""
ROOMS = {
    "backends.reference": (0.0, 0, "NumPy, to be read"),
    "backends.array_program": (1.01, 0, "one week of all\npaths at once"),
    "backends.jax_xla": (2.02, 0, "GPU, TPU; gradients"),
    "backends.numba_cpu": (3.03, 0, "tiles of paths on\nprocessor cores"),
    "backends.numba_cuda": (4.03, 0, "one kernel of a\nGPU, not run yet"),
    "estimation": (0.0, 1, "likelihoods and\ntheir optimisers"),
    "rng": (1.03, 1, "Philox words,\nuniforms, normals"),
    "model": (2.53, 1, "the physics,\nwritten once"),
    "statistics": (4.03, 1, "sums and counts\nthat merge exactly"),
    "float32math": (0.0, 2, "exp, log, sin\nthat vectorise"),
    "numba_dialect": (1.01, 2, "how numba spells\nthe operations"),
    "ops": (2.02, 2, "operations that the\nphysics is written in"),
    "params": (3.03, 2, "what a simulation\nis given"),
    "outputs": (4.03, 2, "what a simulation\ngives back"),
}
"""Each room of the kernels: column, row from the top, purpose."""
UNDRAWN = {
    "backends", "backends.compile_cache", "backends.spec", "firm_outputs", "path_numbers", "paused",
    "uncertain_parameters",
}  # fmt: skip
"""Small modules that others lean on; the picture leaves them out."""

HUES = ["#5b4b8a", "#7a4f8c", "#9c4f80", "#bd5468", "#cf6a4c", "#cc8a3a", "#9b9a3f", "#5f9a5a", "#3b8f83", "#3a7ca5"]
GROUND = "#44576b"


def layer_names() -> list[str]:
    """The packages of the engine, top to bottom, from the contract that the linter enforces."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers: list[str] = next(c["layers"] for c in contracts if c["type"] == "layers")
    return [name.removeprefix(f"{ENGINE}.") for name in layers if name != KERNELS]


def layer_of(module: str) -> str:
    """The package of a module; all kernels are one layer, the public API is none."""
    parts = module.split(".")
    return KERNELS if parts[0] == KERNELS else parts[1] if len(parts) > 1 else ""


def room_of(module: str) -> str:
    """The room of a module of the kernels."""
    parts = module.split(".")[1:]
    return ".".join(parts[:2] if parts[:1] == ["backends"] else parts[:1])


def count_imports() -> dict[str, Any]:
    """Layers, their modules, and the imports between layers and between rooms of the kernels."""
    graph = grimp.build_graph(ENGINE, KERNELS, cache_dir=None)
    layers: Counter[str] = Counter()
    rooms: Counter[str] = Counter()
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            ends = layer_of(module), layer_of(imported)
            if all(ends) and ends[0] != ends[1]:
                layers[" > ".join(ends)] += 1
            inside = room_of(module), room_of(imported)
            if ends == (KERNELS, KERNELS) and all(inside) and inside[0] != inside[1]:
                rooms[" > ".join(inside)] += 1
    modules = Counter(layer_of(m) for m in graph.modules if layer_of(m))
    return {
        "layers": layer_names(),
        "rooms": sorted({room_of(m) for m in graph.modules if m.startswith(f"{KERNELS}.")}),
        "modules": dict(sorted(modules.items())),
        "imports": dict(sorted(layers.items())),
        "imports_of_kernels": dict(sorted(rooms.items())),
    }


def differences(drawn: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What the picture no longer says: other layers or rooms, arrows come or gone, counts off by a third.

    A count may move by three, or by a third, before the picture has to be drawn again; an arrow of
    one import may come or go.
    """
    found = [f"{key}: {drawn[key]} is {now[key]}" for key in ("layers", "rooms") if drawn[key] != now[key]]
    for table in ("modules", "imports", "imports_of_kernels"):
        for name in sorted(drawn[table].keys() | now[table].keys()):
            before, after = drawn[table].get(name, 0), now[table].get(name, 0)
            come_or_gone = (before > 1) != (after > 1)
            if abs(after - before) > max(3, before / 3) or (come_or_gone and abs(after - before) > 1):
                found.append(f"{table}, {name}: drawn {before}, now {after}")
    return found


def box(ax: Axes, x: float, y: float, width: float, height: float, colour: str, fill: float) -> None:
    """A rounded box with a tinted fill."""
    shape = "round,pad=0,rounding_size=0.10"
    for face, edge, alpha in ((colour, "none", fill), ("none", colour, 0.9)):
        ax.add_patch(FancyBboxPatch((x, y), width, height, boxstyle=shape, fc=face, ec=edge, lw=1.0, alpha=alpha))


WIDTH, BOX, STEP, TALL = 10.0, 5.95, 0.84, 0.66
"""Of the picture; of a package's box; from box to box; height of a box."""
FLOOR = 4.6
"""Height of the kernels' room."""


def draw_layers(ax: Axes, counts: dict[str, Any]) -> None:
    """The ten packages, top to bottom, and their arrows: arcs on the right, one below the other."""
    names = counts["layers"]
    top = {name: FLOOR + STEP * (len(names) - i) - TALL + 0.12 for i, name in enumerate(names)}
    for name, colour in zip(names, HUES, strict=True):
        y = top[name]
        box(ax, 0, y, BOX, TALL, colour, 0.13)
        ax.text(0.16, y + 0.43, name, size=11.5, weight="bold", color=colour, va="center")
        ax.text(
            BOX - 0.14, y + 0.43, f"{counts['modules'][name]} modules", size=7.5, color=SOFT, va="center", ha="right"
        )
        ax.text(0.16, y + 0.19, PURPOSES[name], size=7.8, color=INK, va="center")
    draw_arcs(ax, counts, top, dict(zip(names, HUES, strict=True)))


def draw_arcs(ax: Axes, counts: dict[str, Any], top: dict[str, float], hue: dict[str, str]) -> None:
    """An arc for each pair of layers, as wide as the number of imports; the longest lie outside."""
    order = [*counts["layers"], KERNELS]
    pairs = sorted(counts["imports"].items(), key=lambda item: item[1])
    out, into = ports(counts, order)
    for name, number in pairs:
        a, b = name.split(" > ")
        start = top[a] + TALL * (0.42 - 0.36 * out[name])
        reach = 0.42 + 0.33 * abs(order.index(b) - order.index(a))
        if b == KERNELS:
            arc(ax, (BOX, start), (BOX + reach, FLOOR), reach, number, hue[a])
        else:
            arc(ax, (BOX, start), (BOX, top[b] + TALL * (0.94 - 0.40 * into[name])), reach, number, hue[a])


def ports(counts: dict[str, Any], order: list[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Where on its box an arrow leaves and arrives, from 0 (top) to 1: near ends lie inside far ones."""
    out: dict[str, float] = {}
    into: dict[str, float] = {}
    for layer in order:
        leaving = [n for n in counts["imports"] if n.split(" > ")[0] == layer]
        coming = [n for n in counts["imports"] if n.split(" > ")[1] == layer]
        leaving.sort(key=lambda n: -order.index(n.split(" > ")[1]))
        coming.sort(key=lambda n: order.index(n.split(" > ")[0]))
        out |= {n: i / max(1, len(leaving) - 1) for i, n in enumerate(leaving)}
        into |= {n: i / max(1, len(coming) - 1) for i, n in enumerate(coming)}
    return out, into


def arc(ax: Axes, start: tuple[float, float], end: tuple[float, float], reach: float, number: int, colour: str) -> None:
    """A curve to the right and back, or down to the ground, with its number on it if it is a wide one."""
    down = end[0] > start[0]
    x = end[0] if down else start[0] + reach * 1.333
    bend = [(x, start[1]), (x, start[1]), end] if down else [(x, start[1]), (x, end[1]), end]
    style = "-|>,head_length=3.6,head_width=1.9"
    ax.add_patch(
        FancyArrowPatch(path=Curve([start, *bend], [1, 4, 4, 4]), arrowstyle=style, lw=0.5 + 0.9 * number**0.5,
                        color=colour, alpha=0.35 + 0.4 * min(1, number / 40), capstyle="butt", joinstyle="miter",
                        mutation_scale=1.0, shrinkA=0, shrinkB=1.5)
    )  # fmt: skip
    if number >= LABELLED:
        at = (x, end[1] + 0.33) if down else (start[0] + reach, (start[1] + end[1]) / 2)
        label(ax, at, number, colour)


def label(ax: Axes, at: tuple[float, float], number: int, colour: str) -> None:
    """The number of an arrow, on paper."""
    paper = {"fc": PAPER, "ec": "none", "pad": 0.8, "alpha": 0.9}
    ax.text(*at, str(number), size=7.5, color=colour, weight="bold", ha="center", va="center", bbox=paper)


LABELLED = 11
"""Arrows of so many imports or more show their number."""


def draw_kernels(ax: Axes, counts: dict[str, Any]) -> None:
    """The ground floor: the kernels with their own rooms."""
    box(ax, 0, 0, WIDTH, FLOOR - 0.02, GROUND, 0.08)
    ax.text(0.16, FLOOR - 0.28, KERNELS, size=11.5, weight="bold", color=GROUND, va="center")
    title = "the model as pure numbers: knows no files, no names, no units; single imports undrawn"
    ax.text(2.98, FLOOR - 0.29, title, size=7.8, color=INK, va="center")
    corner = {r: (0.2 + 1.92 * x, FLOOR - 1.52 - 1.37 * row) for r, (x, row, _) in ROOMS.items()}
    first, last = corner["backends.reference"], corner["backends.numba_cuda"]
    ax.add_patch(
        FancyBboxPatch((first[0] - 0.1, first[1] - 0.1), last[0] - first[0] + ROOM[0] + 0.2, ROOM[1] + 0.38,
                       boxstyle="round,pad=0,rounding_size=0.1", fc=GROUND, ec="none", alpha=0.10)
    )  # fmt: skip
    ax.text(first[0], first[1] + ROOM[1] + 0.13, "backends", size=8, style="italic", color=GROUND, va="center")
    for name, number in sorted(counts["imports_of_kernels"].items(), key=lambda item: item[1]):
        a, b = name.split(" > ")
        if not {a, b} & UNDRAWN and number > 1:
            join(ax, corner[a], corner[b], number)
    for room, at in corner.items():
        draw_room(ax, room, at)


ROOM = (1.72, 0.78)
"""Width and height of a room of the kernels."""


def draw_room(ax: Axes, room: str, at: tuple[float, float]) -> None:
    """A room of the kernels: its name and what it is for."""
    (x, y), shape = at, "round,pad=0,rounding_size=0.08"
    ax.add_patch(FancyBboxPatch(at, *ROOM, boxstyle=shape, fc=PAPER, ec=GROUND, lw=0.9))
    ax.text(x + 0.1, y + 0.60, room.removeprefix("backends."), size=9, weight="bold", color=GROUND, va="center")
    ax.text(x + 0.1, y + 0.26, ROOMS[room][2], size=7, color=INK, va="center", linespacing=1.15)


def join(ax: Axes, a: tuple[float, float], b: tuple[float, float], number: int) -> None:
    """An arrow between two rooms: from the side of one to the side of the other that faces it."""
    wide, tall = ROOM
    if abs(a[1] - b[1]) < 0.1:
        right = b[0] > a[0]
        start = a[0] + (wide if right else 0), a[1] + tall * 0.5
        end = b[0] + (0 if right else wide), b[1] + tall * 0.5
    else:
        lean = (b[0] - a[0]) / WIDTH
        start, end = (a[0] + wide * (0.5 + 0.55 * lean), a[1]), (b[0] + wide * (0.5 - 0.55 * lean), b[1] + tall)
    ax.add_patch(
        FancyArrowPatch(start, end, arrowstyle="-|>,head_length=3.2,head_width=1.8", lw=0.5 + 0.75 * number**0.5,
                        color=GROUND, alpha=0.28 + 0.4 * min(1, number / 28), shrinkA=0, shrinkB=1,
                        capstyle="butt", joinstyle="miter", mutation_scale=1.0)
    )  # fmt: skip


def draw(counts: dict[str, Any]) -> None:
    """The whole picture, at the width of a column."""
    tall = FLOOR + STEP * len(counts["layers"]) + 0.75
    figure, ax = plt.subplots(figsize=(WIDTH * 0.9, tall * 0.9), facecolor=PAPER)
    ax.set(xlim=(-0.05, WIDTH + 0.05), ylim=(-0.05, tall))
    ax.axis("off")
    ax.set_aspect("equal")
    ax.text(0, tall - 0.28, "Imports run downward", size=15, weight="bold", color=INK, va="center")
    key = f"The wider an arrow, the more imports; {LABELLED} or more show their number."
    ax.text(WIDTH, tall - 0.28, key, size=7.8, color=SOFT, va="center", ha="right")
    draw_kernels(ax, counts)
    draw_layers(ax, counts)
    figure.savefig(PICTURE, dpi=DPI, bbox_inches="tight", pad_inches=0.08, metadata={"Software": None})
    plt.close(figure)
    Image.open(PICTURE).convert("RGB").quantize(256).save(PICTURE, optimize=True)  # a third of the size


def main(arguments: list[str] | None = None) -> int:
    """Draws, or checks."""
    parser = argparse.ArgumentParser(description="Draw docs/architecture.png, or check that it is of today's code.")
    parser.add_argument("--check", action="store_true", help="only say whether the picture is stale")
    check = parser.parse_args(arguments).check
    counts = count_imports()
    if missing := set(counts["rooms"]) - ROOMS.keys() - UNDRAWN:
        print(f"rooms without a place in ROOMS: {', '.join(sorted(missing))}", file=sys.stderr)
        return 1
    if check:
        found = differences(json.loads(COUNTS.read_text(encoding="utf-8")), counts)
        for line in found:
            print(line)
        if found:
            print("stale: run `python docs/draw_architecture.py`")
        return 1 if found else 0
    draw(counts)
    COUNTS.write_text(json.dumps(counts, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
