"""What a firm on every path adds to a run: both are timed in turn, into folders, and the ratios of the pairs count.

python benchmarks/exposure.py --paths 100_000 --pairs 3
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SCENARIOS = ("status_quo", "swap_deal", "breakdown")
BOOK = """
title: Benchmark
inputs:
  - {market: Dy, use: 3 t/year, stock: 8 weeks, contract: {share: 50 %}}
  - {market: Nd, use: 10 t/year, stock: 8 weeks}
lines: [{title: Motors, needs: [Dy, Nd], value_added: 120 M USD/year, restart: 1 week}]
holding_cost: 12 %/year
options: [{sweep: Dy.stock, values: [SWEPT]}]
"""


def command(*words: str) -> tuple[float, float, int]:
    """Seconds on the wall and of processors, and the most memory, in MB, of one command in a process of its own."""
    measured = (
        "import resource, sys; from supplyshock.cli import main; main(sys.argv[1:], standalone_mode=False); "
        "used = resource.getrusage(resource.RUSAGE_SELF); "
        "print(used.ru_utime + used.ru_stime, used.ru_maxrss // 1024)"
    )
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", measured, *words], check=True, capture_output=True, text=True, encoding="utf-8"
    )
    seconds, memory = done.stdout.split()[-2:]
    return time.perf_counter() - began, float(seconds), int(memory)


def pair(folder: Path, paths: int, *, first: str) -> dict[str, tuple[float, float, int]]:
    """A plain run and an exposure, in the order asked for."""
    book = folder / "book.yaml"
    times = {}
    for what in ("run", "exposure") if first == "run" else ("exposure", "run"):
        out = folder / what
        shutil.rmtree(out, ignore_errors=True)
        words = ["exposure", str(book)] if what == "exposure" else ["run"]
        times[what] = command(*words, *SCENARIOS, "--paths", str(paths), "--out", str(out), "--quiet")
    return times


def main() -> None:
    """Prints one JSON object."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--paths", type=lambda x: int(x.replace("_", "")), default=100_000)
    arguments.add_argument("--options", type=int, default=20)
    arguments.add_argument("--pairs", type=int, default=3)
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        swept = ", ".join(str(n) for n in range(asked.options - 1))  # the book as it is is the first option
        (folder / "book.yaml").write_text(BOOK.replace("SWEPT", swept), encoding="utf-8")
        pair(folder, 1024, first="run")  # compiles
        pairs = [pair(folder, asked.paths, first=("run", "exposure")[i % 2]) for i in range(asked.pairs)]
    wall, cores = ([p["exposure"][i] / p["run"][i] for p in pairs] for i in (0, 1))
    print(json.dumps({
        "paths": asked.paths,
        "options": asked.options,
        "run_s": [round(p["run"][0], 2) for p in pairs],
        "exposure_s": [round(p["exposure"][0], 2) for p in pairs],
        "ratio": round(statistics.median(wall), 3),
        "ratios": [round(r, 3) for r in wall],
        "ratio_of_processor_seconds": round(statistics.median(cores), 3),
        "run_processor_s": [round(p["run"][1], 2) for p in pairs],
        "exposure_processor_s": [round(p["exposure"][1], 2) for p in pairs],
        "run_mb": max(p["run"][2] for p in pairs),
        "exposure_mb": max(p["exposure"][2] for p in pairs),
    }, indent=2))  # fmt: skip


if __name__ == "__main__":
    main()
