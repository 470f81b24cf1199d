"""What the kernel does not compute."""

from __future__ import annotations

import numpy as np

from ...params import Params
from .layout import U
from .plan import Options, make_plan, rows_of, shared_bytes

SHARED = 232_448
"""Bytes of shared memory that a block may have on an H100, an H200 or a B200."""


def refuses(params: Params, precision: str) -> str:
    """Why the kernel does not compute these parameters in this precision: it has float32 alone, and the state of a
    block has to fit into the shared memory of a multiprocessor. Empty if it does.
    """
    if precision != "float32":
        return f"it computes in float32, not in {precision}"
    links = len(np.union1d(params.recipes.product, params.recipes.input))
    plan = make_plan(params, links, Options(weighed=U(0), inverse=U(0)))
    if shared_bytes(plan) <= SHARED:
        return ""
    return (
        f"this data set takes {rows_of(plan)} rows of state and scratch, {shared_bytes(plan):,} bytes of shared memory "
        f"for a block, and a multiprocessor has {SHARED:,}"
    )
