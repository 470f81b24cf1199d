"""Chooses what to tell of a path and puts it into words."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from ...analysis import dataset, rank
from ...analysis.measures import find_measure
from ...analysis.ranking import Rank
from ...analysis.run_groups import Run
from .accidents import accident_events, strait_events
from .damage import end_event, loss_events, stop_events
from .events import Event, day
from .negotiation import control_events, regime_events, start_event
from .prices import chip_events, price_events, shortage_events
from .replay import ReplayedPath, replay_path

if TYPE_CHECKING:
    import pandas as pd

MOST = 16
"""Events of a story that fits a screen, besides its beginning and its end."""
WIDTH = 108


@dataclass(frozen=True)
class Story:
    """A path in words; ``print(story)`` shows it."""

    path: int
    scenario: str
    title: str
    seed: int
    rank: Rank
    measured: str
    """The measure of the rank, in words."""
    compared: int
    """Numbers that are bit for bit those of the store."""
    events: list[Event]
    """All of them, by week."""
    time: Any
    """First days of the weeks, datetime64."""
    found: ReplayedPath
    """Everything about the path."""

    def told(self, most: int | None = MOST) -> list[Event]:
        """The heaviest events, by week; all of them with None."""
        if most is None:
            return self.events
        kept = sorted(self.events, key=lambda e: -e.weight)[: most + 2]
        return [e for e in self.events if e in kept]

    def lines(self, most: int | None = MOST) -> list[str]:
        """A line per week in which something is told."""
        weeks: dict[int, list[str]] = {}
        for event in self.told(most):
            weeks.setdefault(event.week, []).append(event.text)
        lines = []
        for week, texts in weeks.items():
            said = ". ".join(text[0].upper() + text[1:] for text in texts)
            lines.append(f"{day(self.time[week])}, week {week}: {said}")
        return lines

    def place(self) -> str:
        """Where the path stands by the measure, in words."""
        r = self.rank
        value = f"{r.value:,.0f}" if abs(r.value) >= 100 else f"{r.value:.3g}"
        more, less = (f"{n:,}" if n else "none" for n in (r.paths - r.below - r.equal, r.below))
        said = f"{self.measured[0].upper()}{self.measured[1:]}: {value} {r.unit}"
        if r.equal > 1:
            tied = f"as on {r.equal - 1:,} other path{'s' if r.equal > 2 else ''}"
            return f"{said}, {tied}; of {r.paths:,} paths {more} have more, {less} less"
        share = f"percentile {_rounded_inwards(r.percentile)}"
        return f"{said}; of {r.paths:,} paths {more} have more, {less} less ({share})"

    def text(self, most: int | None = MOST) -> str:
        """The whole story."""
        left = len(self.events) - len(self.told(most))
        head = [
            f"Path {self.path} of {self.scenario} ({self.title}), seed {self.seed}",
            fill(self.place(), WIDTH),
            f"Computed again alone: all {self.compared:,} numbers compared are the stored ones, bit for bit.",
            "",
        ]
        lines = [fill(line, WIDTH, subsequent_indent="    ") for line in self.lines(most)]
        more = [f"({left} smaller events are left out)"] if left else []
        return "\n".join([*head, *lines, *more])

    def __str__(self) -> str:
        return self.text()

    def as_dict(self, most: int | None = None) -> dict[str, Any]:
        """For JSON: what it is, its rank, and events with their dates."""
        events = [{"date": str(np.datetime64(self.time[e.week], "D")), **asdict(e)} for e in self.told(most)]
        return {
            "path": self.path,
            "scenario": self.scenario,
            "title": self.title,
            "seed": self.seed,
            "identical": True,
            "numbers_compared": self.compared,
            "rank": self.rank.as_dict(),
            "events": events,
        }

    def to_dataframe(self) -> pd.DataFrame:
        """An event per row: week, date, kind, text, weight, last_week."""
        import pandas as pd

        table = pd.DataFrame([asdict(e) for e in self.events])
        table.insert(1, "date", self.time[table["week"].to_numpy()])
        return table


def _rounded_inwards(percentile: float) -> str:
    """One decimal, more near 0 and 100, so that only certainty reads so, or the weight of all others."""
    digits = next((d for d in (1, 2, 3, 4, 9) if 0 < round(percentile, d) < 100), 1)
    return f"{percentile:.{digits}f}"


def story(run: Run, path: int, *, scenario: str | None = None, measure: str = "loss:US") -> Story:
    """Computes a path of a scenario (by default the first) again, alone, and tells what happens on it.

    `by` is the measure of its rank. What is told is read off the weekly series: changes of the regime, moves of
    control lists, prices, shortages, stops, losses. All of them are in ``.events``; printing shows the heaviest.

    >>> told = story(run, 7, scenario="breakdown")
    >>> told.events[0].kind, told.events[-1].kind
    ('start', 'end')
    >>> told.to_dataframe().columns.to_list()
    ['week', 'date', 'kind', 'text', 'weight', 'last_week']

    Raises `ReplayError` where the path is not the stored one, bit for bit, and `UsageError` for a path, a
    scenario or a measure that is not there.
    """
    place = rank(run, path, measure, scenario=scenario)
    found = replay_path(run, path, scenario)
    titles = dataset(run, "inputs")["scenario_title"].sel(scenario=found.scenario)
    return Story(
        path=path,
        scenario=found.scenario,
        title=str(titles.item()),
        seed=int(run.attrs["seed"]),
        rank=place,
        measured=find_measure(run, measure).measure.title(),
        compared=found.compared,
        events=events_of(found),
        time=found.series["time"].to_numpy(),
        found=found,
    )


def events_of(found: ReplayedPath) -> list[Event]:
    """Everything that can be told of a path, by week, heavier ones first within a week."""
    kinds = (
        regime_events, control_events, accident_events, strait_events, price_events, shortage_events, chip_events,
        stop_events, loss_events,
    )  # fmt: skip
    middle = [event for kind in kinds for event in kind(found)]
    middle.sort(key=lambda e: (e.week, -e.weight))
    return [start_event(found), *middle, end_event(found)]
