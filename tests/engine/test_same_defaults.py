"""`run_scenarios`, `exposure` and `nowcast` have the options of their commands, and the same defaults."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest

import supplyshock as ss
from supplyshock.calibration.nowcast import study as nowcast_study
from supplyshock.calibration.nowcast.study import NowcastOptions
from supplyshock.cli import carry_out, main
from supplyshock.cli import exposure as exposure_command
from supplyshock.cli import nowcast as nowcast_command
from supplyshock.cli import run as run_command
from supplyshock.cli.run_options import make_request
from supplyshock.common.errors import Interrupted
from supplyshock.execution.run_request import OtherOptions, RunControl, RunOptions, split_options
from supplyshock.studies import exposure as exposure_study

SCENARIO = "base"
SAME = {"changes": "overrides", "quiet": "progress", "configs": "scenarios"}
"""What a command calls otherwise."""
OF_SCENARIOS = {"weeks", "overrides"}
"""What a scenario has when `load_scenario` has made it."""
OWN = {
    "run": {"no_shard", "target_se", "importance_sample", "dry_run", "figure"},
    "exposure": {"no_shard", "target_se", "importance_sample", "run", "init"},
    "nowcast": {"page"},
}
"""What only the command has: other studies, files and pictures made from results."""
EVERYWHERE = {"as_json", "debug", "help"}


def parsed(command: click.Command, *words: str) -> dict[str, Any]:
    """What click makes of a command line that gives no option."""
    within = click.Context(main, **main.context_settings)  # click keeps the name of the help option that it sees first
    return dict(command.make_context(str(command.name), list(words), parent=within).params)


def commands(folder: Path) -> dict[str, tuple[dict[str, Any], set[str]]]:
    """Parsed options of each command, and the keywords of its function."""
    (folder / "plant.yaml").write_text("inputs: [{market: Dy, use: 3 t/year, stock: 8 weeks}]")
    return {
        "run": (parsed(run_command.run, SCENARIO), {*RunOptions.__annotations__, "scenarios", "out"}),
        "exposure": (
            parsed(exposure_command.exposure, str(folder / "plant.yaml"), SCENARIO),
            {*OtherOptions.__annotations__, "book", "scenarios", "out"},
        ),
        "nowcast": (parsed(nowcast_command.nowcast), {*NowcastOptions.__annotations__, "record"}),
    }


@pytest.mark.parametrize("name", ["run", "exposure", "nowcast"])
def test_a_function_has_the_options_of_its_command(name: str, tmp_path: Path) -> None:
    options, keywords = commands(tmp_path)[name]
    there = {SAME.get(option, option) for option in options} - EVERYWHERE - OWN[name]
    assert there - keywords - (OF_SCENARIOS if name != "nowcast" else set()) == set()
    assert OWN[name] <= set(options)


def test_a_run_has_the_same_defaults() -> None:
    options = parsed(run_command.run, SCENARIO)
    theirs = make_request(options["configs"], options)
    mine, control = split_options([ss.load_scenario(SCENARIO)], {})
    for field in fields(mine):
        if field.name != "scenarios":
            assert getattr(mine, field.name) == getattr(theirs, field.name), field.name
    assert carry_out._control(options, no_shard=True) == control == RunControl()


def test_an_exposure_has_the_same_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options, _ = commands(tmp_path)["exposure"]
    scenario = ss.load_scenario(SCENARIO, {"run": {"seed": 9, "paths": 77}})
    theirs = make_request([SCENARIO], options)
    seen: list[tuple[Any, dict[str, Any]]] = []

    def remember(given: Any, out: Any, **asked: Any) -> None:
        seen.append((given, asked))
        raise Interrupted("seen")

    monkeypatch.setattr(exposure_study, "run_scenarios", remember)
    for given in (SCENARIO, scenario):
        with pytest.raises(Interrupted):
            ss.exposure(tmp_path / "plant.yaml", [given], tmp_path / "out")
    assert [set(asked) for _, asked in seen] == [{"book"}] * 2, "all else is as `run_scenarios` has it"
    mine, control = split_options(seen[0][0], {})
    assert (mine.paths, mine.seed, mine.backend) == (theirs.paths, theirs.seed, theirs.backend) == (100_000, 1, "auto")
    assert control == RunControl()
    assert split_options(seen[1][0], {})[0].paths == 77


def test_a_nowcast_has_the_same_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    options = parsed(nowcast_command.nowcast)
    for name in ("out", "keep", "page", "quiet", "as_json"):
        assert not options.pop(name)
    seen: list[tuple[Any, ...]] = []
    monkeypatch.setattr(
        nowcast_study, "find_states", lambda *args: seen.append(args) or SimpleNamespace(save=0, keep=0)
    )
    ss.nowcast()
    request, settings, progress = seen[0]
    assert (request, settings) == nowcast_command._request(options)
    assert (request.members, settings.paths, settings.seed, request.record) == (512, 100_000, 1, "history")
    assert type(progress).__name__ == "LogProgress"
