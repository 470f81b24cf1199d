"""One of several writers of a run of the tiny world: ``python -m support.shard_writer OUT PATHS [--shard I/N] ...``.

Prints its report as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys

from supplyshock.common.errors import SupplyshockError
from supplyshock.execution.run import run_scenarios
from supplyshock.execution.shard import Shard
from support import synthetic


def main() -> None:
    """Runs two scenarios into OUT, or a shard of their blocks."""
    parser = argparse.ArgumentParser(prog="support.shard_writer")
    parser.add_argument("out")
    parser.add_argument("paths", type=int)
    parser.add_argument("--shard", type=Shard.parse, help="for example 2/3; no shard without it")
    parser.add_argument("--pause", default="0.05", help="seconds before every block")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    os.environ["PAUSE"] = options.pause
    size = {"paths": options.paths, "seed": 3, "save_series": 1500, "threads": 9, "progress": "quiet"}
    try:
        report = run_scenarios(
            synthetic.two_scenarios(), options.out, **size, backend=synthetic.paced,
            shard=options.shard, workers=options.workers,
        )  # fmt: skip
    except SupplyshockError as e:
        print(e, file=sys.stderr)
        sys.exit(e.exit_code)
    print(json.dumps(report.as_dict()))


if __name__ == "__main__":
    main()
