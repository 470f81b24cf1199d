"""Writes the back-test page with its rows, its pictures and what it was made from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..store.files import store_errors
from .page import page
from .picture import fan_chart
from .run import Episode
from .tables import as_csv, from_csv, records

DATA, ABOUT = "backtest.csv", "backtest.json"


def publish(episodes: Sequence[Episode], file: Path) -> list[Path]:
    """Writes `file` (Markdown), and beside it the rows, what they were made from, and a picture per episode.

    Raises `StoreError` for what it cannot write.
    """
    folder = file.parent
    with store_errors(file):
        folder.mkdir(parents=True, exist_ok=True)
        drawn = {e.name: fan_chart(e, folder / f"backtest_{e.name}.png") for e in episodes}
        made = {name: path.name for name, path in drawn.items() if path}
        about = {
            "paths": episodes[0].paths,
            "seed": episodes[0].seed,
            "titles": {e.name: next(iter(e.titles.values())) for e in episodes},
            "pictures": made,
            "digests": {k: v for e in episodes for k, v in e.digests.items()},
        }
        (folder / DATA).write_text(as_csv(records(episodes)), encoding="utf-8")
        (folder / ABOUT).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
        file.write_text(render(folder), encoding="utf-8")
    return [file, folder / DATA, folder / ABOUT, *(folder / name for name in made.values())]


def render(folder: Path) -> str:
    """The page from the files beside it. Raises `OSError` where they are missing."""
    rows = from_csv((folder / DATA).read_text(encoding="utf-8"))
    about: dict[str, Any] = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    said = f"{about['paths']:,} paths a scenario, seed {about['seed']}; rows: [{DATA}]({DATA})."
    return page(rows, about["titles"], about["pictures"], said)
