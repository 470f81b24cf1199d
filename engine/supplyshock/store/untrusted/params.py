"""Parameters read back from a store: compiled loops index by them and check nothing, so this does."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from supplyshock_kernels.params import Array, Params
from supplyshock_kernels.uncertain_parameters import NAMES

from ..inputs import AXES, DEFAULT_AXES, EXTRA_AXES

MAX_WEEKS = 2600
FIXED = {"bloc": 2, "party": 2, "regime": 6, "parameter": len(NAMES), **{k: len(v) for k, v in EXTRA_AXES.items()}}
"""Sizes that no data set changes."""
FREE = {
    "market": "markets.group",
    "source": "sources.bloc",
    "sector": "sectors.gated",
    "list": "policy.list_party",
    "time": "schedule.regime",
}
"""Fields whose length is the size of the axis."""


def check_params(params: Params) -> None:
    """Raises `ValueError` unless arrays have the shapes of their axes, indices their range, and numbers are finite."""
    fields = dict(_fields(params))
    size = FIXED | {axis: fields[name].size for axis, name in FREE.items()}
    for key, value in fields.items():
        group = key.partition(".")[0]
        axes = AXES.get(key, DEFAULT_AXES.get(group, ()) if value.ndim else ())
        _need(value.shape == tuple(size[a] for a in axes), key, f"the shape {value.shape}")
        _need(
            value.dtype.kind in "iuf" and bool(np.isfinite(value).all()), key, "something that is not a finite number"
        )
    for key, (low, high) in _ranges(size).items():
        value = fields[key]
        whole = value.dtype.kind in "iu" and bool(((value >= low) & (value <= high)).all())
        _need(whole, key, f"an index that is not in {low}..{high}")
    _need(1 <= size["time"] <= MAX_WEEKS, "schedule.regime", f"{size['time']} weeks")
    chips = fields["markets.group"] == 3
    _need(bool((np.diff(chips.astype(int)) >= 0).all()), "markets.group", "a chip before a material")


def _ranges(size: dict[str, int]) -> dict[str, tuple[int, int]]:
    """First and last value of every field that is an index."""
    lists = size["list"]
    return {
        "markets.group": (0, 3),
        "markets.cn_list": (0, lists),
        "markets.us_list": (0, lists),
        "sources.bloc": (0, 1),
        "policy.list_party": (0, 1),
        "policy.tools_list": (0, lists - 1),
        "priors.factor": (0, size["parameter"] - 1),
        "initial.regime": (0, size["regime"] - 1),
        "schedule.regime": (-1, size["regime"] - 1),
    }


def _fields(params: Params) -> Iterator[tuple[str, Array]]:
    for group, values in params._asdict().items():
        for name, value in values._asdict().items():
            yield f"{group}.{name}", np.asarray(value)


def _need(ok: bool, key: str, what: str) -> None:
    if not ok:
        raise ValueError(f"the parameter {key} holds {what}")
