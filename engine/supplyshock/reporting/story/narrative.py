"""The story of a path: its main events, in words."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...analysis.measures import find_measure
from ...analysis.ranking import Rank, rank
from ...analysis.run_groups import Run, dataset
from ...common.arguments import RESULTS, TEXT, TEXT_OR_NONE, WHOLE, checked
from ...common.sentence_lines import sentence_lines
from .accidents import accident_events, strait_events
from .damage import end_event, loss_events, stop_events
from .events import Event, day
from .export_limits import licence_events, quota_events
from .negotiation import control_events, regime_events, start_event
from .prices import chip_events, price_events, shortage_events
from .replay import ReplayedPath, replay_path

if TYPE_CHECKING:
    import pandas as pd

MOST = 16
"""Events that fit a screen, besides start and end."""
WIDTH = 108


@dataclass(frozen=True)
class Story:
    """A path of a run as dated events; ``print(story)`` shows the main ones."""

    path: int
    scenario: str
    title: str
    seed: int
    rank: Rank
    measure_title: str
    """Title of the measure of the rank."""
    n_compared: int
    """Numbers compared with the store; all have the same bits."""
    events: list[Event]
    """All of them, by week."""
    time: Any
    """First days of the weeks, datetime64."""
    replayed: ReplayedPath
    """The recomputed path: weekly series, totals, parameters."""

    def main_events(self, most: int | None = MOST) -> list[Event]:
        """The `most` heaviest events, by week; all events for None."""
        if most is None:
            return self.events
        kept = sorted(self.events, key=lambda e: -e.weight)[: most + 2]
        return [e for e in self.events if e in kept]

    def lines(self, most: int | None = MOST) -> list[str]:
        """A line per week that has an event."""
        weeks: dict[int, list[str]] = {}
        for event in self.main_events(most):
            weeks.setdefault(event.week, []).append(event.text)
        lines = []
        for week, texts in weeks.items():
            sentences = ". ".join(text[0].upper() + text[1:] for text in texts)
            lines.append(f"{day(self.time[week])}, week {week}: {sentences}")
        return lines

    def rank_text(self) -> str:
        """The rank of the path by the measure, in words."""
        r = self.rank
        value = f"{r.value:,.0f}" if abs(r.value) >= 100 else f"{r.value:.3g}"
        more, less = (f"{n:,}" if n else "none" for n in (r.paths - r.below - r.equal, r.below))
        value_text = f"{self.measure_title[0].upper()}{self.measure_title[1:]}: {value} {r.unit}"
        if r.equal > 1:
            tied = f"as on {r.equal - 1:,} other path{'s' if r.equal > 2 else ''}"
            return f"{value_text}, {tied}; of {r.paths:,} paths {more} have more, {less} less"
        share = f"percentile {_rounded_inwards(r.percentile)}"
        return f"{value_text}; of {r.paths:,} paths {more} have more, {less} less ({share})"

    def text(self, most: int | None = MOST) -> str:
        """Heading, rank and events, as a text of several lines."""
        left = len(self.events) - len(self.main_events(most))
        head = [
            f"Path {self.path} of {self.scenario} ({self.title}), seed {self.seed}",
            sentence_lines(self.rank_text(), WIDTH),
            f"Recomputed: all {self.n_compared:,} numbers compared have the stored bits.",
            "",
        ]
        lines = [sentence_lines(line, WIDTH, indent="    ") for line in self.lines(most)]
        more = [f"({left} smaller events are left out)"] if left else []
        return "\n".join([*head, *lines, *more])

    def __str__(self) -> str:
        return self.text()

    def as_dict(self, most: int | None = None) -> dict[str, Any]:
        """The path, its rank and its events with dates, for JSON."""
        events = [{"date": str(np.datetime64(self.time[e.week], "D")), **asdict(e)} for e in self.main_events(most)]
        return {
            "path": self.path,
            "scenario": self.scenario,
            "title": self.title,
            "seed": self.seed,
            "identical": True,
            "numbers_compared": self.n_compared,
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
    """One decimal, and more near 0 and 100: only the extreme paths read 0 or 100."""
    digits = next((d for d in (1, 2, 3, 4, 9) if 0 < round(percentile, d) < 100), 1)
    return f"{percentile:.{digits}f}"


@checked(run=RESULTS, path=WHOLE, measure=TEXT, scenario=TEXT_OR_NONE)
def story(run: Run, path: int, *, scenario: str | None = None, measure: str = "loss:US") -> Story:
    """Recomputes one path and describes its events: regimes, controls, prices, shortages, stops, losses.

    Parameters
    ----------
    run : xr.DataTree
        A run as `open_run` returns it.
    path : int
        Number of the path, from 0.
    scenario : str, optional
        Name of a scenario. By default the first scenario of the run.
    measure : str, default "loss:US"
        Measure that ranks the path among all paths, with the syntax of `supplyshock.measure`.

    Returns
    -------
    Story
        ``events`` has all events, ordered by week from 0, with dates, texts and weights. Printing the story shows the
        main events.

    Raises
    ------
    ReplayError
        The recomputed path differs from the stored one in any bit.
    UsageError
        The run lacks the path, the scenario or the measure, or `run` is a Dataset.
    DeviceError
        This machine lacks the backend or the device of the run.

    Examples
    --------
    >>> breakdown = story(run, 7, scenario="breakdown")
    >>> breakdown.events[0].kind, breakdown.events[-1].kind
    ('start', 'end')
    >>> breakdown.to_dataframe().columns.to_list()
    ['week', 'date', 'kind', 'text', 'weight', 'last_week']
    """
    place = rank(run, path, measure, scenario=scenario)
    replayed = replay_path(run, path, scenario)
    titles = dataset(run, "inputs")["scenario_title"].sel(scenario=replayed.scenario)
    return Story(
        path=path,
        scenario=replayed.scenario,
        title=str(titles.item()),
        seed=int(run.attrs["seed"]),
        rank=place,
        measure_title=find_measure(run, measure).measure.title(),
        n_compared=replayed.n_compared,
        events=events_of(replayed),
        time=replayed.series["time"].to_numpy(),
        replayed=replayed,
    )


def events_of(replayed: ReplayedPath) -> list[Event]:
    """All events of a path by week, within a week by weight."""
    kinds = (
        regime_events, control_events, licence_events, quota_events, accident_events, strait_events, price_events,
        shortage_events, chip_events, stop_events, loss_events,
    )  # fmt: skip
    middle = [event for kind in kinds for event in kind(replayed)]
    middle.sort(key=lambda e: (e.week, -e.weight))
    return [start_event(replayed), *middle, end_event(replayed)]
