"""`supplyshock sensitivity`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .common import Count, debug_option, json_option, print_json, say
from .options import WEEKS, ConfigName

if TYPE_CHECKING:
    from ..scenario import Scenario
    from ..slopes import Answer


@click.command(short_help="Say what a small step of a parameter or a lever does to the losses.")
@click.argument("config", type=ConfigName())
@click.option("--method", type=click.Choice(["gradient"]), default="gradient", help="How it is found.")
@click.option("--by", type=click.Choice(["loss:US", "loss:CN"]), default="loss:US", help="Whose loss.")
@click.option("--of", multiple=True, metavar="NAME", help="A parameter or lever, such as theta.parts; repeatable.")
@click.option("--paths", type=Count(2, 10**9), default=2048, show_default=True, help="Simulated futures for each.")
@click.option("--weeks", type=WEEKS, metavar="T", help="Length of the horizon.")
@click.option("--seed", type=Count(0, 2**64 - 1), help="Key of the random numbers.")
@click.option("--tail", type=click.FloatRange(0.001, 0.5), default=0.05, show_default=True, help="Worst share.")
@click.option("--device", type=click.Choice(["auto", "cpu", "gpu", "tpu"]), default="auto", help="Where it computes.")
@click.option("--figure", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Draw a tornado.")
@json_option
@debug_option
def sensitivity(config: str, of: tuple[str, ...], figure: Path | None, as_json: bool, **options: Any) -> None:
    """Say what a small step of a parameter or a lever does to the losses, with standard errors.

    A gradient: the derivative within each path's own history of events, and the derivative of that history's
    probability. It compiles for about a minute, once for a horizon.
    """
    from ..progress import make_progress
    from ..scenario import load_scenario
    from ..slopes import DEFAULT, find_directions, gradient_answers, tornado

    weeks = options.pop("weeks")
    scenario = load_scenario(config, {"weeks": weeks} if weeks else None)
    directions = find_directions(scenario, of or DEFAULT)
    told = make_progress()
    seed = scenario.run.seed if options["seed"] is None else options["seed"]
    how = {"paths": options["paths"], "seed": seed, "tail": options["tail"], "device": options["device"]}
    try:
        answers = gradient_answers(scenario, directions, party=options["by"][-2:], progress=told, **how)
    finally:
        told.close()
    if figure:
        title = f"{scenario.title}: what a small step changes"
        note = f"{how['paths']:,} paths x {scenario.weeks} weeks, seed {seed}; whiskers: one standard error"
        say(f"drew {tornado(answers, figure, title=title, note=note)}")
    if as_json:
        print_json({"scenario": scenario.name, **how, "answers": [a.as_dict() for a in answers]})
    else:
        click.echo(_table(scenario, answers, how))


def _table(scenario: Scenario, answers: list[Answer], how: dict[str, Any]) -> str:
    first, tail = answers[0], f"worst {100 * how['tail']:g} %"
    head = (
        f"{scenario.title}: {how['paths']:,} paths x {scenario.weeks} weeks, seed {how['seed']}\n"
        f"loss of {first.party}, bn USD: {first.loss:.3g} on average, {first.loss_cvar:.3g} in the {tail}\n\n"
        f"{'a step of':26} {'':18} {'changes the mean by':>22} {f'the {tail} by':>22}\n"
    )
    rows = (f"{a.name:26} {a.step:18} {_pm(a.mean, a.mean_se):>22} {_pm(a.cvar, a.cvar_se):>22}" for a in answers)
    return head + "\n".join(rows)


def _pm(value: float, se: float) -> str:
    return f"{value:+.2g} ± {se:.1g}"
