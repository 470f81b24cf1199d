"""The contents of results.zarr before the first block: metadata, coordinates, inputs. A copy with checksums is kept.

``journal/originals.zip`` has these files as they were made, ``journal/originals.json`` their sizes and SHA-256. So
a flipped byte in them is detected and repaired.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..common.safe_text import load_json
from . import JOURNAL, RESULTS
from .atomic_files import write_whole
from .untrusted.files import MAX_JSON, is_inside

LIST, ARCHIVE = "originals.json", "originals.zip"
WHEN = (1980, 1, 1, 0, 0, 0)
"""The date of every file in the archive, so that the same results give the same archive."""


def keep_originals(out: Path, filled: Iterable[str]) -> None:
    """Records every file of results.zarr but the chunks of `filled`, the arrays that a run fills. Raises `OSError`."""
    root, later = out / RESULTS, tuple(f"{name}/c/" for name in filled)
    names = sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file() and p.suffix != ".partial")
    files = {name: (root / name).read_bytes() for name in names if not name.startswith(later)}
    packed = _pack(files)
    known = {name: [len(data), hashlib.sha256(data).hexdigest()] for name, data in files.items()}
    body = json.dumps({"files": known, "archive": [len(packed), hashlib.sha256(packed).hexdigest()]})
    write_whole(out / JOURNAL / ARCHIVE, packed)
    seal = hashlib.sha256(body.encode()).hexdigest()
    write_whole(out / JOURNAL / LIST, f'{{"originals": {body}, "sha256": "{seal}"}}\n'.encode())


def _pack(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, WHEN), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def read_originals(out: Path) -> dict[str, Any] | None:
    """``files`` and ``archive`` with their checksums, or None if the list is missing or not whole."""
    try:
        raw = load_json((out / JOURNAL / LIST).read_bytes())
        whole = hashlib.sha256(json.dumps(raw["originals"]).encode()).hexdigest() == raw["sha256"]
        return dict(raw["originals"]) if whole and all(map(is_inside, raw["originals"]["files"])) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def put_back(out: Path, names: Iterable[str], known: dict[str, Any]) -> None:
    """Writes originals anew from the archive, which is whole. Only names of the list are written. Raises `OSError`."""
    with zipfile.ZipFile(out / JOURNAL / ARCHIVE) as archive:
        for name in names:
            size, _ = known["files"][name]
            with archive.open(name) as packed:
                write_whole(out / RESULTS / name, packed.read(min(size, MAX_JSON)))
