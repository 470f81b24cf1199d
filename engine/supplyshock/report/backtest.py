"""The back-test as the page shows it, from the rows that the back-test publishes as a table."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from ..errors import DataError
from ..resources import configs_dir

FILE = "backtest.csv"
NEEDED = ("episode", "what", "from", "to", "observed", "median", "q05", "q95", "inside", "hit", "crps", "source")
NAIVE = {"crps_no_change": "no change", "crps_walk": "a random walk"}
Row = dict[str, str]


@dataclass(frozen=True)
class Backtest:
    """What the model says of the past, set against what happened; texts only."""

    verdict: str
    """The finding in a few sentences, its misses included."""
    scores: list[list[str]]
    """A row per episode: points, inside the band, targets met, error of the model and of two naive forecasts."""
    points: list[list[str]]
    """A row per observed number: episode, what, when, observed, simulated, inside or not, target, source."""

    def as_dict(self) -> dict[str, Any]:
        """The fields."""
        return asdict(self)


def find_backtest() -> Path | None:
    """The table that ships with the configs, or stands in the documents of a checkout; None where there is none."""
    configs = configs_dir()
    places = (configs / FILE, configs.parent / "docs" / FILE)
    return next((path for path in places if path.is_file()), None)


def read_backtest(path: Path) -> Backtest:
    """The back-test of a table with the columns `NEEDED`. Raises `DataError` for another file."""
    try:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError("cannot read the back-test", where=str(path), got=str(error)) from error
    missing = [name for name in NEEDED if not rows or rows[0].get(name) is None]
    if missing:
        expected = f"a table with the columns {', '.join(NEEDED)}"
        raise DataError("this is no back-test", where=str(path), expected=expected, got=f"no {missing[0]}")
    episodes = list(dict.fromkeys(r["episode"] for r in rows))
    scores = [_score(name, [r for r in rows if r["episode"] == name]) for name in episodes]
    return Backtest(_verdict(rows), [*scores, _score("all", rows)], [_point(r) for r in rows])


def _verdict(rows: Sequence[Row]) -> str:
    inside, judged = _share(rows), [r for r in rows if r["hit"]]
    width = "too narrow" if inside < 0.85 else "too wide" if inside > 0.95 else "about right"
    hits = sum(r["hit"] == "1" for r in judged)
    mine = _mean(rows, "crps")
    better = [words for name, words in NAIVE.items() if mine < _mean(rows, name)]
    worse = [words for name, words in NAIVE.items() if mine > _mean(rows, name)]
    parts = [
        f"{verb} {' and '.join(names)}" for verb, names in (("better than", better), ("worse than", worse)) if names
    ]
    forecasts = f" Its forecasts are {' and '.join(parts)}." if parts else ""
    return (
        f"The bands are {width}: {100 * inside:.0f} % of {len(rows)} observed numbers lie in the simulated 90 % band. "
        f"{hits} of {len(judged)} targets are met.{forecasts}"
    )


def _share(rows: Sequence[Row]) -> float:
    return fmean(r["inside"] == "1" for r in rows)


def _mean(rows: Sequence[Row], name: str) -> float:
    found = [float(r[name]) for r in rows if r.get(name) and r["crps"]]
    return fmean(found) if found else float("nan")


def _score(name: str, rows: Sequence[Row]) -> list[str]:
    judged = [r for r in rows if r["hit"]]
    errors = [_mean(rows, key) for key in ("crps", *NAIVE)]
    return [
        name,
        str(len(rows)),
        f"{100 * _share(rows):.0f} %",
        f"{sum(r['hit'] == '1' for r in judged)} of {len(judged)}" if judged else "–",
        *(f"{x:.2f}" if x == x else "–" for x in errors),
    ]


def _point(r: Row) -> list[str]:
    hit = {"1": "met", "0": "missed"}.get(r["hit"], "–")
    inside = "in" if r["inside"] == "1" else "out"
    band = f"{r['median']} ({r['q05']} to {r['q95']})"
    return [r["episode"], r["what"], f"{r['from']} to {r['to']}", r["observed"], band, inside, hit, r["source"]]
