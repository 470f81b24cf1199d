"""Display names as a run keeps them: an attribute of each coordinate that holds ids."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..common.safe_text import load_json
from ..scenarios.display_names import AXES, DisplayNames

if TYPE_CHECKING:
    import xarray as xr

ATTRIBUTE = "display_names"
"""JSON, name by id: an attribute that is text survives every format, and a mapping survives a selection."""


def names_attribute(names: DisplayNames, axis: str, ids: Iterable[str]) -> dict[str, str]:
    """The attribute of a coordinate; none where no id of it has a name."""
    own = names.by_axis.get(AXES.get(axis, ""), {})
    kept = {label: own[label] for label in ids if label in own}
    return {ATTRIBUTE: json.dumps(kept, ensure_ascii=False)} if kept else {}


def read_names(groups: Iterable[xr.Dataset]) -> DisplayNames:
    """The names that groups of a run keep; none of an older run. Raises `ValueError` for what no run writes."""
    by_axis: dict[str, dict[str, str]] = {}
    for group in groups:
        for axis in AXES.keys() & set(map(str, group.coords)):
            text = group[axis].attrs.get(ATTRIBUTE, "{}")
            names = load_json(text) if isinstance(text, str) else None
            if not isinstance(names, dict) or not all(isinstance(name, str) for name in names.values()):
                raise ValueError(f"{axis}: the attribute {ATTRIBUTE} is not a mapping of names")
            by_axis.setdefault(AXES[axis], {}).update(names)
    return DisplayNames(by_axis)
