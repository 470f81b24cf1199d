"""The rows of a back-test: as records, as CSV, and summed up."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .run import Episode, ScoredPoint
from .scores import BANDS

FIELDS = (
    "episode", "scenario", "target", "kind", "what", "from", "to", "horizon_weeks", "observed", "band_low", "band_high",
    "mean", "median", "q05", "q10", "q25", "q75", "q90", "q95", "inside50", "inside80", "inside", "pit", "hit", "crps",
    "crps_no_change", "crps_walk", "unit", "mark", "source", "note",
)  # fmt: skip
Record = dict[str, str]


class Summary(NamedTuple):
    """Scores over rows."""

    points: int
    """Observed numbers; bounds, and losses that other models published, are not counted."""
    inside: int
    """Observed numbers within the simulated 5-95 % band; 90 % of them should be."""
    targets: int
    """Points that parameters may be fitted to, with a band."""
    hits: int
    """Targets whose band holds the simulated median."""
    scored: int
    """Ratios, which have a CRPS."""
    crps: float
    crps_no_change: float
    crps_walk: float

    @property
    def coverage(self) -> float:
        """Share of the observations that lie inside their band."""
        return self.inside / self.points if self.points else float("nan")


def records(episodes: Iterable[Episode]) -> list[Record]:
    """One record of text per point, in the order of the episodes."""
    return [_record(row) for episode in episodes for row in episode.rows]


def _record(row: ScoredPoint) -> Record:
    p = row.point
    numbers = {
        "horizon_weeks": row.horizon, "observed": p.value, "band_low": p.low, "band_high": p.high, "mean": row.mean,
        "median": row.median, **_ends(row), "pit": row.pit, "crps": row.crps, "crps_no_change": row.crps_no_change,
        "crps_walk": row.crps_walk,
    }  # fmt: skip
    text = {
        "episode": p.episode, "scenario": Path(p.scenario).stem, "target": p.target, "kind": row.kind,
        "what": row.label, "from": str(p.first), "to": str(p.end), "inside": _flag(row.inside),
        "inside50": _flag(row.lies_in(50)), "inside80": _flag(row.lies_in(80)), "hit": _flag(row.hit), "unit": p.unit,
        "mark": p.mark, "source": p.source,
        "note": p.note,
    }  # fmt: skip
    text |= {k: "" if v is None or v != v else f"{v:.4g}" for k, v in numbers.items()}
    return {name: text[name] for name in FIELDS}


def _ends(row: ScoredPoint) -> dict[str, float]:
    """Quantiles by name: q05 to q95."""
    return {
        f"q{round(100 * q):02d}": end
        for percent, ends in row.bands.items()
        for q, end in zip(BANDS[percent], ends, strict=True)
    }


def _flag(x: bool | None) -> str:
    return "" if x is None else str(int(x))


def as_csv(rows: Sequence[Record]) -> str:
    """A line per point, with a header."""
    out = io.StringIO()
    table = csv.DictWriter(out, FIELDS, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return out.getvalue()


def from_csv(text: str) -> list[Record]:
    """The rows that `as_csv` wrote."""
    return list(csv.DictReader(io.StringIO(text)))


def summarise(rows: Sequence[Record]) -> Summary:
    """Scores over rows; means of CRPS over the ratios."""
    targets = [r for r in rows if r["hit"] and r["target"]]
    scored = [r for r in rows if r["crps"]]
    means = [
        float(np.mean([float(r[k]) for r in scored])) if scored else float("nan")
        for k in ("crps", "crps_no_change", "crps_walk")
    ]
    return Summary(
        points=sum(r["inside"] != "" for r in rows),
        inside=sum(r["inside"] == "1" for r in rows),
        targets=len(targets),
        hits=sum(r["hit"] == "1" for r in targets),
        scored=len(scored),
        crps=means[0],
        crps_no_change=means[1],
        crps_walk=means[2],
    )


def verdict(rows: Sequence[Record]) -> str:
    """The scores in a few sentences, misses included."""
    s = summarise(rows)
    width = "too narrow" if s.coverage < 0.85 else "too wide" if s.coverage > 0.95 else "about right"
    rivals = {"no change": s.crps_no_change, "a random walk": s.crps_walk}
    better = [name for name, crps in rivals.items() if s.crps < crps]
    worse = [name for name in rivals if name not in better]
    words = (("better", better), ("no better", worse))
    parts = [f"{word} than {' and '.join(names)}" for word, names in words if names]
    return (
        f"The bands are {width}: {100 * s.coverage:.0f} % of {s.points} observed numbers lie in the simulated 90 % "
        f"band. {s.hits} of {s.targets} targets are met. Over {s.scored} ratios the model is {' and '.join(parts)}."
    )
