"""Writes the back-test page with its rows, its pictures and its provenance."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from supplyshock_kernels import model

from ...calibration.backtest.run import Episode
from ...calibration.backtest.score_tables import Record, as_csv, from_csv, records, summarise
from ...calibration.parameter_posterior import DRAWS, posterior_digest
from ...scenarios.shipped import configs_dir
from ...store.atomic_files import file_errors, write_text
from ..plots.backtest import fan_chart
from .backtest_markdown import page

DATA, ABOUT = "backtest.csv", "backtest.json"


def publish(
    episodes: Sequence[Episode], file: Path, data: Path | None = None, drawn: Sequence[Episode] = ()
) -> list[Path]:
    """Writes `file` (Markdown) and a picture per episode beside it; rows and provenance go into the
    folder `data`, by default the same. `drawn` are the episodes with their paths divided among draws of the parameters.

    Raises `StoreError` for what it cannot write.
    """
    folder, rows = file.parent, data or file.parent
    with file_errors(file):
        charts = {e.name: fan_chart(e, folder / f"backtest_{e.name}.png") for e in episodes}
        pictures = {name: path.name for name, path in charts.items() if path}
        about = {
            "paths": episodes[0].paths,
            "seed": episodes[0].seed,
            "titles": {e.name: next(iter(e.titles.values())) for e in episodes},
            "pictures": pictures,
            "digests": {k: v for e in episodes for k, v in e.digests.items()},
            "equations": equations_digest(),
            "posterior": posterior_digest() if drawn else "",
            "drawn": summarise(records(drawn))._asdict() if drawn else None,
        }
        write_text(rows / DATA, as_csv(records(episodes)))
        write_text(rows / ABOUT, json.dumps(about, indent=1) + "\n")
        write_text(file, render(folder, rows))
    return [file, rows / DATA, rows / ABOUT, *(folder / name for name in pictures.values())]


def equations_digest() -> str:
    """SHA-256 over the sources of the physics, which the digests of scenarios do not cover."""
    folder, sha = Path(model.__file__ or "").parent, hashlib.sha256()
    for file in sorted(folder.glob("*.py")):
        sha.update(file.name.encode() + b"\0" + file.read_bytes())
    return sha.hexdigest()


def backtest(data: Path | None = None) -> tuple[list[Record], dict[str, Any]]:
    """The rows of a back-test and its provenance (paths, seed, titles, digests); by default the shipped one.

    `score_tables.summarise` adds rows up. Raises `OSError` where it is missing.
    """
    folder = data or configs_dir()
    about: dict[str, Any] = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    return from_csv((folder / DATA).read_text(encoding="utf-8")), about


def render(folder: Path, data: Path) -> str:
    """The page of a back-test whose rows are in `data`, as it stands in `folder`. Raises `OSError`."""
    rows, about = backtest(data)
    link = Path(os.path.relpath(data / DATA, folder)).as_posix()
    about_text = f"{about['paths']:,} paths per scenario, seed {about['seed']}; rows: [{DATA}]({link})."
    if drawn := about.get("drawn"):
        about_text += (
            f" With the paths divided among {DRAWS} draws from the posterior of the calibration, "
            f"{drawn['inside']} of {drawn['points']} numbers lie inside, {drawn['hits']} of {drawn['targets']} "
            f"targets are met, and the CRPS is {drawn['crps']:.2f}."
        )
    return page(rows, about["titles"], about["pictures"], about_text)
