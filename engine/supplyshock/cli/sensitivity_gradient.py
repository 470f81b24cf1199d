"""The method `gradient` of `supplyshock sensitivity`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..common.errors import UsageError
from .command_helpers import print_json, say
from .sizes import say_scenario_sizes

if TYPE_CHECKING:
    from ..scenarios.scenario import Scenario
    from ..studies.gradients import Effect

DEFAULTS = {"tail": 0.05, "paths": 2048, "device": "auto"}


def by_gradient(
    config: str,
    measure: tuple[str, ...],
    parameter: tuple[str, ...],
    figure: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Prints what a small step of each direction does to the total asked for; `None` stands for a default."""
    options = {k: DEFAULTS.get(k) if v is None else v for k, v in options.items()}
    if options["paths"] < 2:
        raise UsageError("out of range", where="--paths", expected="2 or more", got=str(options["paths"]))
    from ..common.progress import make_progress
    from ..execution.simulation_settings import SimulationSettings
    from ..reporting.plots.gradient_tornado import tornado
    from ..scenarios.scenario import load_scenario
    from ..studies.gradients import DEFAULT, find_directions, find_target, gradient_effects

    weeks = options.pop("weeks")
    scenario = load_scenario(config, {"weeks": weeks} if weeks else None)
    directions, target = find_directions(scenario, parameter or DEFAULT), find_target(scenario, _one(measure))
    warnings = say_scenario_sizes([scenario], quiet=as_json)
    progress = make_progress()
    seed = scenario.run.seed if options["seed"] is None else options["seed"]
    about = {"paths": options["paths"], "seed": seed, "tail": options["tail"], "device": options["device"]}
    settings = SimulationSettings(options["paths"], seed, "jax", options["device"])
    try:
        answers = gradient_effects(
            scenario, directions, settings, measure=target.name, tail=options["tail"], progress=progress
        )
    finally:
        progress.close()
    if figure:
        title = f"{scenario.title}: effects of small steps"
        note = f"{about['paths']:,} paths x {scenario.weeks} weeks, seed {seed}"
        say(f"drew {tornado(answers, figure, title=title, note=note, tail=about['tail'])}")
    if as_json:
        print_json({"scenario": scenario.name, **about, "answers": [a.as_dict() for a in answers],
                    "warnings": warnings})  # fmt: skip
    else:
        click.echo(_table(scenario, answers, about))


def _one(measure: tuple[str, ...]) -> str:
    if len(measure) > 1:
        raise UsageError("one measure at a time", where="--method gradient", got=", ".join(measure))
    return measure[0] if measure else "loss:US"


def _table(scenario: Scenario, answers: list[Effect], about: dict[str, Any]) -> str:
    first, tail = answers[0], f"worst {100 * about['tail']:g} %"
    head = (
        f"{scenario.title}: {about['paths']:,} paths x {scenario.weeks} weeks, seed {about['seed']}\n"
        f"{first.measure}, {first.title}, {first.unit}: "
        f"{first.value:.3g} on average, {first.value_cvar:.3g} in the {tail}\n\n"
        f"{'a step of':26} {'':18} {'changes the mean by':>20} {'or':>8} {f'the {tail} by':>20}\n"
    )
    return head + "\n".join(_row(a) for a in answers)


def _row(a: Effect) -> str:
    share = f"{100 * a.mean / a.value:+.2g} %" if a.value else ""
    return f"{a.name:26} {a.step:18} {_pm(a.mean, a.mean_se):>20} {share:>8} {_pm(a.cvar, a.cvar_se):>20}"


def _pm(value: float, se: float) -> str:
    return f"{value:+.2g} ± {se:.1g}"
