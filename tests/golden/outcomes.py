"""Digests of what every shipped scenario gives: a change of names or structure may not move one bit.

python tests/golden/outcomes.py            compare with outcomes.json
python tests/golden/outcomes.py --write    after a change of the model or its data, on purpose
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

import supplyshock as ss
from supplyshock.scenarios.shipped import shipped_names
from supplyshock_kernels import backends
from supplyshock_kernels.params import Grid, cast

FILE = Path(__file__).with_name("outcomes.json")
PATHS, SEED, KEPT = 384, 7, 16


def outcome_digest(name: str, backend: str = "numba", precision: str = "float32", paths: int = PATHS) -> str:
    """SHA-256 over outcomes, weekly series and sums of a shipped scenario's first paths.

    Counts of bins are left out: they follow from the series, and change with the grid of the quantiles.
    """
    params = cast(ss.load_scenario(name).params, precision)
    result = backends.get(backend)(params, Grid(precision, keep=KEPT), SEED, range(paths))
    sha = hashlib.sha256()
    sums = (result.stats.total, result.stats.square, result.stats.regime)
    for array in (result.outcomes, result.series, *sums):
        sha.update(np.ascontiguousarray(array).tobytes())
    return sha.hexdigest()[:32]


def all_digests() -> dict[str, Any]:
    """The digest of every shipped scenario on numba; of one also in double precision and on the reference."""
    return {
        "numba_float32": {name: outcome_digest(name) for name in shipped_names()},
        "numba_float64": {"status_quo": outcome_digest("status_quo", precision="float64")},
        "reference_float32": {"status_quo": outcome_digest("status_quo", "reference", paths=64)},
    }


def main() -> int:
    """Writes the digests, or says which ones differ from the committed ones."""
    digests = all_digests()
    if "--write" in sys.argv:
        FILE.write_text(json.dumps(digests, indent=1) + "\n", encoding="utf-8")
        return 0
    differing = [
        f"{group}: {name}"
        for group, expected in json.loads(FILE.read_text(encoding="utf-8")).items()
        for name, digest in expected.items()
        if digests[group].get(name) != digest
    ]
    print("\n".join(differing) or f"{sum(map(len, digests.values()))} digests agree")
    return bool(differing)


if __name__ == "__main__":
    sys.exit(main())
