"""manifest.json: what the run is and how its paths are cut. Written once; how far it got is in the journal."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..common.errors import StoreError, UsageError, reason
from ..common.safe_text import load_json
from .atomic_files import create_whole
from .partition import Layout

FORMAT = 3
NAME = "manifest.json"


@dataclass(frozen=True)
class Manifest:
    """The identity of a run, written by its first process and used by all others."""

    identity: dict[str, Any]
    """Everything the numbers depend on; a run with another identity is refused, not mixed."""
    layout: Layout
    made_on: dict[str, Any]
    """Versions and machine, as they stand in the attributes of the results."""
    sources: tuple[str, ...] = ()
    """Folders of the runs that the first paths are taken from (`sources`)."""
    format: int = FORMAT

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Names of the scenarios; the first is the baseline."""
        return tuple(self.identity["digest"])

    @property
    def checksum(self) -> str:
        """SHA-256 over all fields."""
        return _seal(json.dumps(asdict(self)))

    def create(self, out: Path) -> bool:
        """Writes the manifest into the folder of the run; False if another process was first."""
        return create_whole(out / NAME, self.as_bytes())

    def as_bytes(self) -> bytes:
        """The content of ``manifest.json``: the fields and their checksum."""
        body = json.dumps(asdict(self), indent=1)
        return f'{{"run": {body},\n "sha256": "{self.checksum}"}}\n'.encode()


def _seal(body: str) -> str:
    return hashlib.sha256(json.dumps(json.loads(body)).encode()).hexdigest()


def read_manifest(out: Path) -> Manifest | None:
    """The manifest of a run folder, or None when it has none. Raises `StoreError` for a broken one."""
    try:
        return parse_manifest((out / NAME).read_bytes(), str(out / NAME))
    except FileNotFoundError:
        return None


def parse_manifest(data: bytes, where: str) -> Manifest:
    """The manifest that a file holds. Raises `StoreError` for a broken one."""
    try:
        raw = load_json(data)
        version = raw.get("format") or raw["run"]["format"]
        if version != FORMAT:
            raise StoreError(
                "made by another version of supplyshock",
                where=where,
                expected=f"format {FORMAT}",
                got=repr(version),
                fix="use that version, --overwrite, or another --out",
            )
        if _seal(json.dumps(raw["run"])) != raw["sha256"]:
            raise ValueError("its checksum is wrong")
        layout, sources = Layout(**raw["run"]["layout"]), tuple(raw["run"]["sources"])
        return _checked(Manifest(**{**raw["run"], "layout": layout, "sources": sources}))
    except (ValueError, KeyError, TypeError, AttributeError) as e:
        raise StoreError(
            "not the manifest of a run",
            where=where,
            got=reason(e),
            fix="--overwrite or choose another --out",
        ) from e


def _checked(manifest: Manifest) -> Manifest:
    """The manifest. Raises `ValueError` and `KeyError` if it holds what others count or loop by, and cannot."""
    who, cut = manifest.identity, manifest.layout
    numbers = [who["paths"], who["weeks"], cut.chunk, cut.shard, cut.call, cut.unit, cut.least or 1]
    digests = who["digest"]
    if not all(type(n) is int and 1 <= n <= 10**12 for n in numbers):
        raise ValueError(f"sizes {numbers!r:.60}")
    if not isinstance(digests, dict) or not all(isinstance(v, str) for v in digests.values()):
        raise ValueError("the digest of a scenario is missing")
    return manifest


OPTIONS = {"keep-paths": "save-series", "round-bits": "mantissa-bits"}
"""Names of options where the manifest has another name."""


def check_same(manifest: Manifest, identity: dict[str, Any], out: object) -> None:
    """Raises `UsageError`, naming what differs, when `out` contains a run with another identity."""
    there, here = _flat(manifest.identity), _flat(identity)
    differ = [k for k in sorted(there.keys() | here.keys()) if there.get(k) != here.get(k)]
    if differ:
        differences = "; ".join(
            f"{OPTIONS.get(k, k)} is {_short(there.get(k))} there and {_short(here.get(k))} here" for k in differ
        )
        raise UsageError(
            f"contains another run ({differences}); nothing was touched",
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
