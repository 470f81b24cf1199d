"""Writes the back-test page with its rows, its pictures and its provenance."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from supplyshock_kernels import model

from ...calibration.backtest.coverage import by_horizon, by_kind, measure_coverage, observed_counts
from ...calibration.backtest.left_out import LeftOut
from ...calibration.backtest.null_distribution import Null, null_distribution
from ...calibration.backtest.run import Episode
from ...calibration.backtest.score_tables import Record, as_csv, from_csv, records, summarise
from ...calibration.leave_out import sensitivities_digest
from ...calibration.parameter_posterior import DRAWS, posterior_digest
from ...common.source_code import code_alone
from ...scenarios.shipped import configs_dir
from ...store.atomic_files import file_errors, write_text
from ..plots import pit
from ..plots.backtest import fan_chart
from .backtest_markdown import page

DATA, ABOUT, PIT = "backtest.csv", "backtest.json", "backtest_pit.png"
HELD_OUT = "backtest_held_out.csv"


class Extras(NamedTuple):
    """What a page shows beside the episodes."""

    drawn: Sequence[Episode] = ()
    """The episodes with their paths divided among draws of the parameters."""
    left_out: Sequence[LeftOut] = ()
    """Scores without the targets of each episode."""
    left_out_stale: bool = False
    """The stored sensitivities are of other parameter values, or missing."""
    held_out: Sequence[Episode] = ()
    """Episodes of optional data sets, which no parameter was fitted on."""


def publish(
    episodes: Sequence[Episode], file: Path, data: Path | None = None, extras: Extras | None = None
) -> list[Path]:
    """Writes `file` (Markdown), a picture per episode and one of the PIT beside it; rows and provenance go into the
    folder `data`, by default the same.

    Raises `StoreError` for what it cannot write.
    """
    folder, rows, extras = file.parent, data or file.parent, extras or Extras()
    scored = records(episodes)
    with file_errors(file):
        null = _null(episodes, scored, folder / PIT)
        every = [*episodes, *extras.held_out]
        charts = {e.name: fan_chart(e, folder / f"backtest_{e.name}.png") for e in every}
        pictures = {name: path.name for name, path in charts.items() if path}
        about = {
            "paths": episodes[0].paths,
            "seed": episodes[0].seed,
            "titles": {e.name: next(iter(e.titles.values())) for e in every},
            "pictures": pictures,
            "digests": {k: v for e in episodes for k, v in e.digests.items()},
            "held_out": {k: v for e in extras.held_out for k, v in e.digests.items()},
            "equations": equations_digest(),
            "posterior": posterior_digest() if extras.drawn else "",
            "drawn": summarise(records(extras.drawn))._asdict() if extras.drawn else None,
            "null": null._asdict() if null else None,
            "sensitivities": sensitivities_digest() if extras.left_out else "",
            "left_out": [row._asdict() for row in extras.left_out],
            "left_out_stale": extras.left_out_stale,
        }
        write_text(rows / DATA, as_csv(scored))
        if extras.held_out:
            write_text(rows / HELD_OUT, as_csv(records(extras.held_out)))
        write_text(rows / ABOUT, json.dumps(about, indent=1) + "\n")
        write_text(file, render(folder, rows))
    return [
        file,
        rows / DATA,
        rows / ABOUT,
        *([rows / HELD_OUT] if extras.held_out else []),
        *([folder / PIT] if null else []),
        *(folder / name for name in pictures.values()),
    ]


def _null(episodes: Sequence[Episode], scored: Sequence[Record], picture: Path) -> Null | None:
    """The result of a correct model, with its picture; None if nothing was observed."""
    parts = [part for episode in episodes for part in episode.counts]
    if not parts:
        return None
    observed = observed_counts(scored)
    null = null_distribution(parts, observed)
    groups = [measure_coverage("all", scored), *by_horizon(scored), *by_kind(scored)]
    pit.draw(observed.bins[:, 0].tolist(), null.band, groups, picture)
    return null


OF_A_FIRM = "firm.py"
"""What a firm does on a path changes no path."""


def equations_digest() -> str:
    """SHA-256 over the code of the world's physics, which the digests of scenarios do not cover; words do not count."""
    folder, sha = Path(model.__file__ or "").parent, hashlib.sha256()
    for file in sorted(folder.glob("*.py")):
        if file.name == OF_A_FIRM:
            continue
        sha.update(f"{file.name}\0{code_alone(file.read_text(encoding='utf-8'))}".encode())
    return sha.hexdigest()


def backtest(data: Path | None = None) -> tuple[list[Record], dict[str, Any]]:
    """The rows of a back-test and its provenance (paths, seed, titles, digests); by default the shipped one.

    `score_tables.summarise` adds rows up. Raises `OSError` if it is missing.
    """
    folder = data or configs_dir()
    about: dict[str, Any] = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    return from_csv((folder / DATA).read_text(encoding="utf-8")), about


def held_out(data: Path | None = None) -> list[Record]:
    """The rows of episodes that no parameter was fitted on; by default the shipped ones."""
    return from_csv(((data or configs_dir()) / HELD_OUT).read_text(encoding="utf-8"))


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
    return page(rows, about, PIT, about_text, held_out(data) if about.get("held_out") else ())
