"""manifest.json: what the run is, how its paths are cut, how far it got, and by whom it was made."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..errors import StoreError, UsageError
from ..plan import Layout
from .files import write_whole

FORMAT = 1
NAME = "manifest.json"
PREPARING, RUNNING, COMPLETE = "preparing", "running", "complete"


@dataclass
class Manifest:
    """The state of a run folder; `write` replaces the file at once or not at all."""

    identity: dict[str, Any]
    """Everything the numbers depend on; a run with another identity is refused, not mixed."""
    layout: Layout
    status: str = PREPARING
    """preparing: no results yet; running: blocks are written; complete: summaries too."""
    summarised: list[str] = field(default_factory=list)
    """Scenarios whose summary is written."""
    sessions: list[dict[str, Any]] = field(default_factory=list)
    """One row per command that worked on the run: when, where, versions, how long."""
    format: int = FORMAT

    def write(self, out: Path) -> None:
        """Writes the manifest into the folder of the run."""
        write_whole(out / NAME, json.dumps(asdict(self), indent=2).encode())


def read_manifest(out: Path) -> Manifest | None:
    """The manifest of a run folder, or None when it has none. Raises `StoreError` for a broken one."""
    try:
        text = (out / NAME).read_text()
    except FileNotFoundError:
        return None
    try:
        raw = json.loads(text)
        if raw["format"] != FORMAT:
            raise StoreError(
                "made by another version of supplyshock",
                where=str(out / NAME),
                expected=f"format {FORMAT}",
                got=repr(raw["format"]),
                fix="use that version, --overwrite, or another --out",
            )
        return Manifest(**{**raw, "layout": Layout(**raw["layout"])})
    except (ValueError, KeyError, TypeError) as e:
        raise StoreError(
            "not the manifest of a run",
            where=str(out / NAME),
            got=str(e),
            fix="--overwrite or choose another --out",
        ) from e


def check_same(manifest: Manifest, wanted: dict[str, Any], out: Path) -> None:
    """Raises `UsageError`, naming what differs, when `out` holds another run than the wanted one."""
    held, want = _flat(manifest.identity), _flat(wanted)
    differ = [k for k in sorted(held.keys() | want.keys()) if held.get(k) != want.get(k)]
    if differ:
        told = "; ".join(f"{k} is {_short(held.get(k))} there and {_short(want.get(k))} here" for k in differ)
        raise UsageError(
            f"holds another run ({told}); nothing was touched",
            where=str(out),
            fix="give --overwrite to replace that run, or another --out to keep both",
        )


def _flat(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        name = f"{prefix}{key}"
        flat.update(_flat(value, f"{name} of ") if isinstance(value, dict) else {name: value})
    return flat


def _short(value: object) -> str:
    text = "absent" if value is None else str(value)
    return text if len(text) <= 40 else text[:12] + "..."
