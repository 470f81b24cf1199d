"""How the loops are compiled.

``error_model="numpy"`` because a check for division by zero is a call, which
stops the vectoriser. Of fastmath only ``contract`` (fused multiply-add) and
``arcp`` (one reciprocal for many divisions by the same number): reassociation
broke an inverse distribution function and NaN checks in trials.
"""

from __future__ import annotations

from typing import Any

LOOP: dict[str, Any] = {
    "error_model": "numpy",
    "fastmath": {"contract", "arcp"},
    "nogil": True,
    "cache": True,
}
