"""`supplyshock replay`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .command_helpers import Count, debug_option, json_option, print_json, say
from .completion import Picture, ScenarioName, measure_option, run_argument
from .open_results import open_for_command

if TYPE_CHECKING:
    from ..reporting.story import Story


class Percentile(click.ParamType):  # type: ignore[type-arg]  # not generic before click 8.2
    """``95``, ``99.9``: a quantile as a number from 0 to 1."""

    name = "percentile"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The quantile. Fails, and says what was expected, for anything else."""
        try:
            number = float(value)
        except ValueError:
            number = -1.0
        if not 0 <= number <= 100:
            self.fail(f"expected a percentile such as 95, from 0 to 100, got {value!r:.40}", param, ctx)
        return number / 100


@click.command(short_help="Compute paths again, alone, and tell what happens on them.")
@run_argument
@click.option("--path", "paths", multiple=True, type=Count(0, 10**12), metavar="N", help="This path; repeatable.")
@click.option("--worst", "worst_of", type=Count(1, 1000), metavar="N", help="The N paths with the most of --measure.")
@click.option("--typical", "middle", is_flag=True, help="A path in the middle by --measure, and by much else.")
@click.option(
    "--at-percentile", "quantile", type=Percentile(), metavar="Q", help="The path at a percentile of --measure."
)
@measure_option("Measure that ranks paths.", default="loss:US", show_default=True)
@click.option("--scenario", type=ScenarioName(), metavar="NAME", help="Default: the first of the run.")
@click.option(
    "--figure",
    type=Picture(),
    metavar="FILE.png",
    help="Also draw a chart; of several paths, FILE-PATH.png each.",
)
@click.option("--all", "everything", is_flag=True, help="Tell every event, not only what fits a screen.")
@json_option
@debug_option
def replay(
    run: Path, measure: str, scenario: str | None, figure: Path | None, everything: bool, as_json: bool, **which: Any
) -> None:
    """Compute paths of a run again, alone, and tell what happens on them, with dates.

    A path is computed from what the run stored: parameters, seed, and the number of the path. Every number of it is
    compared with the store; a single bit that differs is an error.
    """
    from ..reporting.story import MOST, choose_paths, draw, story

    with open_for_command(run) as tree:
        paths = choose_paths(tree, scenario=scenario, measure=measure, **which)
        stories = [story(tree, path, scenario=scenario, measure=measure) for path in paths]
    if figure is not None:
        for told in stories:
            say(f"drew {draw(told, file_of(figure, told, len(stories)))}")
    if as_json:
        print_json({"run": str(run), "stories": [told.as_dict() for told in stories]})
    else:
        click.echo("\n\n".join(told.text(None if everything else MOST) for told in stories))


def file_of(figure: Path, told: Story, stories: int) -> Path:
    """`figure` for one story; for several, with the number of the path before the ending."""
    return figure if stories == 1 else figure.with_stem(f"{figure.stem}-{told.path}")
