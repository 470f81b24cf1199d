"""`supplyshock replay`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .command_helpers import Count, debug_option, json_option, print_json, say
from .completion import ScenarioName, measure_option, run_argument
from .open_results import open_for_command
from .places import Picture

if TYPE_CHECKING:
    from ..reporting.story import Story


class Percentile(click.ParamType):  # type: ignore[type-arg]  # not generic before click 8.2
    """``95``, ``99.9``: a quantile as a number from 0 to 1."""

    name = "percentile"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The quantile; anything else fails with the expected range."""
        try:
            number = float(value)
        except ValueError:
            number = -1.0
        if not 0 <= number <= 100:
            self.fail(f"expected a percentile such as 95, from 0 to 100, got {value!r:.40}", param, ctx)
        return number / 100


@click.command(short_help="Recompute single paths and describe their events.")
@run_argument
@click.option(
    "--path", "paths", multiple=True, type=Count(0, 10**12), metavar="N", help="Number of a path; repeatable."
)
@click.option(
    "--worst", "worst_of", type=Count(1, 1000), metavar="N", help="Select the N paths with the highest --measure."
)
@click.option(
    "--typical",
    "middle",
    is_flag=True,
    help="Select a path near the median of --measure and of the other main measures.",
)
@click.option(
    "--at-percentile", "quantile", type=Percentile(), metavar="Q", help="Select the path at a percentile of --measure."
)
@measure_option("Measure that ranks paths.", default="loss:US", show_default=True)
@click.option(
    "--scenario", type=ScenarioName(), metavar="NAME", help="Scenario of the paths. Default: the first of the run."
)
@click.option(
    "--figure",
    type=Picture(),
    metavar="FILE.png",
    help="Draw a chart to this file. Several paths write FILE-PATH.png each.",
)
@click.option("--all", "everything", is_flag=True, help="List every event, not only the main ones.")
@json_option
@debug_option
def replay(
    run: Path, measure: str, scenario: str | None, figure: Path | None, everything: bool, as_json: bool, **which: Any
) -> None:
    """Recompute single paths of a run and describe their events, with dates.

    The run stores the parameters, the seed and the path numbers, which determine every path. The command compares
    every recomputed number with the stored one. A single different bit is an error.

    \b
    supplyshock replay runs/first --worst 3
    supplyshock replay runs/first --at-percentile 95 --figure p95.png
    """
    from ..reporting.story import MOST, PathChoice, choose_paths, draw, story

    with open_for_command(run) as tree:
        paths = choose_paths(tree, PathChoice(**which), scenario=scenario, measure=measure)
        stories = [story(tree, path, scenario=scenario, measure=measure) for path in paths]
    if figure is not None:
        for one in stories:
            say(f"drew {draw(one, figure_file(figure, one, len(stories)))}")
    if as_json:
        print_json({"run": str(run), "stories": [one.as_dict() for one in stories]})
    else:
        click.echo("\n\n".join(one.text(None if everything else MOST) for one in stories))


def figure_file(figure: Path, story: Story, stories: int) -> Path:
    """`figure` for one story; for several, with the number of the path before the ending."""
    return figure if stories == 1 else figure.with_stem(f"{figure.stem}-{story.path}")
