"""The back-test on the page, read from its published table."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...calibration.backtest.score_tables import Record, from_csv, summarise, verdict
from ...common.errors import DataError, reason
from ...scenarios.shipped import configs_dir

FILE = "backtest.csv"
COLUMNS = (
    "episode", "target", "what", "from", "to", "observed", "band_low", "band_high", "median", "q05", "q95", "inside",
    "hit", "crps", "crps_no_change", "crps_walk", "source",
)  # fmt: skip
"""The columns of the table that the page shows."""


@dataclass(frozen=True)
class Backtest:
    """Simulated against observed values of past episodes; texts only."""

    verdict: str
    """The result in a few sentences, misses included."""
    scores: list[list[str]]
    """A row per episode: points, inside the band, targets met, error of the model and of two naive forecasts."""
    points: list[list[str]]
    """A row per observed number: episode, what, when, observed, simulated, inside or not, target, source."""

    def as_dict(self) -> dict[str, Any]:
        """The fields."""
        return asdict(self)


def find_backtest() -> Path | None:
    """The table that ships with the configs, or stands in the documents of a checkout; None if there is none."""
    configs = configs_dir()
    places = (configs / FILE, configs.parent / "docs" / FILE)
    return next((path for path in places if path.is_file()), None)


def read_backtest(path: Path) -> Backtest:
    """The back-test of a table with at least `COLUMNS`. Raises `DataError` for another file."""
    try:
        rows = from_csv(path.read_text(encoding="utf-8"))
        missing = [name for name in COLUMNS if not rows or rows[0].get(name) is None]
        if missing:
            expected = f"a table with the columns {', '.join(COLUMNS)}"
            raise DataError("not a back-test table", where=str(path), expected=expected, got=f"no {missing[0]}")
        episodes = list(dict.fromkeys(r["episode"] for r in rows))
        scores = [_score(name, [r for r in rows if r["episode"] == name]) for name in episodes]
        return Backtest(verdict(rows), [*scores, _score("all", rows)], [_point(r) for r in rows])
    except (OSError, UnicodeDecodeError, csv.Error, ValueError, TypeError) as error:
        raise DataError("cannot read the back-test", where=str(path), got=reason(error)) from error


def _score(name: str, rows: Sequence[Record]) -> list[str]:
    s = summarise(rows)
    return [
        name,
        str(s.points),
        f"{100 * s.coverage:.0f} %" if s.points else "–",
        f"{s.hits} of {s.targets}" if s.targets else "–",
        *(f"{x:.2f}" if x == x else "–" for x in (s.crps, s.crps_no_change, s.crps_walk)),
    ]


def _point(r: Record) -> list[str]:
    hit = {"1": "met", "0": "missed"}.get(r["hit"] if r["target"] else "", "–")
    inside = {"1": "in", "0": "out"}.get(r["inside"], "–")
    band = f"{r['median']} ({r['q05']} to {r['q95']})"
    return [
        r["episode"],
        r["what"],
        f"{r['from']} to {r['to']}",
        r["observed"] or _bound(r),
        band,
        inside,
        hit,
        r["source"],
    ]


def _bound(r: Record) -> str:
    return f"{r['band_low'] or '0'} to {r['band_high'] or '…'}"
