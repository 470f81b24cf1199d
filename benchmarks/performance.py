"""Writes docs/performance.md from the measurements in results/; measures nothing.

supplyshock bench -o benchmarks/results/bench.json     about four minutes on two quiet cores
python benchmarks/main_job.py --large                  about eight
python benchmarks/performance.py
"""

from __future__ import annotations

import json
from pathlib import Path

import main_job

from supplyshock.bench import record

HERE = Path(__file__).resolve().parent
RESULTS, PAGE = HERE / "results", HERE.parent / "docs" / "performance.md"
HEAD = """# Performance

Made by `benchmarks/performance.py` from the files in `benchmarks/results/`; nothing on it is written by hand but these
lines. A *market-step* is one market in both blocs, advanced one week on one path. Compare ratios between machines, not
times. What made the loops faster, and what did not, is in [decision 0008](decisions/0008-loops.md); what is known of a
GPU without one is in [gpu.md](gpu.md).

**Goals that are missed.** numba at 40, better 60 times the NumPy reference; a million paths end to end in 10 seconds.
The loops wait for results more than for units, and a third of their time are statistics (sums, squares and bins of 200
weekly rows a path), which the reference makes as well.

## The main job

"""
SUITES = """## Suites

`supplyshock bench` runs these anywhere, and with `--against FILE` says what lies outside the noise of both
measurements. They are classes that airspeed velocity runs too (`benchmarks/asv.conf.json`).

"""


def render() -> str:
    """The page."""
    jobs = [main_job.table(json.loads(f.read_text())) for f in sorted(RESULTS.glob("cpu*.json"))]
    suites = [record.page(record.read_record(f)) for f in sorted(RESULTS.glob("bench*.json"))]
    return HEAD + "\n\n".join(jobs) + "\n\n" + SUITES + "\n".join(suites)


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
    print(f"wrote {PAGE}")
