"""The options of `run` and `plan`, and the run request that they make together with the configs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from supplyshock_kernels import backends

from ..common.errors import UsageError
from ..common.places import local_path
from ..store.object_store.address import Address
from .command_helpers import Count, overrides_given, say
from .places import InputFile

if TYPE_CHECKING:
    from ..execution.backend_selection import Backend
    from ..execution.run_request import RunRequest

Command = TypeVar("Command", bound=Callable[..., Any])
PATHS = Count(1, 10**12)
WEEKS = Count(1, 2600)


class ConfigName(click.ParamType):  # type: ignore[type-arg]  # not generic before click 8.2
    """A config: a path, or a shipped name."""

    name = "config"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The path or the name. Fails for an address."""
        try:
            return str(local_path(value, "a config"))
        except UsageError as error:
            self.fail(str(error), param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Shipped names, and files."""
        from ..scenarios.shipped import optional_names, shipped_names

        names = [CompletionItem(n) for n in (*shipped_names(), *optional_names()) if n.startswith(incomplete)]
        return names or [CompletionItem(incomplete, type="file")]


def _note_weeks(ctx: click.Context, _: click.Parameter, value: Any) -> Any:
    if value is not None:
        overrides_given(ctx)["weeks"] = "--weeks"
    return value


def _note_changes(ctx: click.Context, _: click.Parameter, value: Any) -> Any:
    for text in value:
        overrides_given(ctx).setdefault(text.partition("=")[0].partition(".")[0].strip(), "--set")
    return value


HOW = (
    click.option("--paths", type=PATHS, metavar="N", help="Number of paths, such as 1e6 or 100_000."),
    click.option("--weeks", type=WEEKS, metavar="T", callback=_note_weeks, help="Number of weeks."),
    click.option("--seed", type=Count(0, 2**64 - 1), metavar="S", help="Seed of the random numbers."),
    click.option("--backend", type=click.Choice(["auto", *backends.NAMES]), help="Backend that simulates."),
    click.option("--device", type=click.Choice(["auto", "cpu", "gpu", "tpu"]), help="Device of the backend."),
    click.option(
        "--precision", type=click.Choice(["float32", "float64"]), help="Floating-point precision of the kernels."
    ),
    click.option("--threads", type=Count(1, 4096), metavar="N", help="Number of threads. Default: all cores."),
    click.option(
        "--set",
        "changes",
        multiple=True,
        metavar="KEY=VALUE",
        callback=_note_changes,
        help="Set a key of every config, such as parameters.material.eta=0.3; repeatable.",
    ),
)
"""What every command that simulates takes."""

SAVE_SERIES = click.option(
    "--save-series", type=Count(0, 10**12), metavar="N", help="Store the weekly series of paths with numbers below N."
)
_OPTIONS = (
    click.argument("configs", nargs=-1, required=True, type=ConfigName(), metavar="CONFIG..."),
    *HOW,
    SAVE_SERIES,
    click.option("--book", type=InputFile(), metavar="BOOK.yaml",
                 help="Simulate the firm of this book on every path, as `exposure` does."),
)  # fmt: skip


def force_option(command: Command) -> Command:
    """Adds `--force`."""
    text = "Start the run even if its plan says that it does not fit on the disk or in memory."
    return click.option("--force", is_flag=True, help=text)(command)


def simulation_options(command: Command) -> Command:
    """Adds `HOW`."""
    for option in reversed(HOW):
        command = option(command)
    return command


def run_options(command: Command) -> Command:
    """Adds the options that `run` and `plan` share."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def make_request(configs: Sequence[str], options: Mapping[str, Any]) -> RunRequest:
    """Loads the configs under `--set` and `--weeks`. Options win over the first config's `run`, and that over defaults.

    Raises `ConfigError` and `UsageError`.
    """
    from ..execution.run_request import RUN_OPTIONS, RunRequest
    from ..scenarios.scenario import load_scenario
    from .overrides import parse_overrides

    changes = parse_overrides(options["changes"])
    if options["weeks"] is not None:
        changes["weeks"] = options["weeks"]
    names = (*RUN_OPTIONS, "threads", "first_path", "mantissa_bits", "book")
    given = {n: options[n] for n in names if options.get(n) is not None}
    if options.get("from_run"):
        return _branched(configs, changes, options, given)
    return RunRequest([load_scenario(c, changes or None) for c in configs], **given)


def _branched(
    configs: Sequence[str], changes: dict[str, Any], options: Mapping[str, Any], given: dict[str, Any]
) -> RunRequest:
    """The request of a branch. Without --weeks it ends with the parent run, or later where a config says so."""
    from ..common.progress import make_progress
    from ..execution.branching.parent import BranchChoice
    from ..execution.branching.request import Origin
    from ..scenarios.scenario import load_scenario

    choice = BranchChoice(options["from_run"], options["at"], tuple(options["where"]), options["from_scenario"])
    origin = Origin.of(choice, options.get("begun"))
    scenarios = [load_scenario(c, changes or None) for c in configs]
    if "weeks" not in changes:
        weeks = max(origin.horizon, *(s.weeks for s in scenarios))
        scenarios = [s if s.weeks == weeks else load_scenario(c, changes | {"weeks": weeks})
                     for c, s in zip(configs, scenarios, strict=True)]  # fmt: skip
    progress = make_progress("quiet" if options.get("quiet") else "auto")
    try:
        return origin.request(scenarios, given, progress)
    finally:
        progress.close()


def request_backend(request: RunRequest) -> Backend:
    """The backend of a request; says so where a GPU is here that no backend can use. Raises as `find_backend`."""
    from ..execution.backend_selection import FIX, driver, find_backend

    backend = find_backend(request.backend, request.device)
    if (request.backend, request.device) == ("auto", "auto") and not backend.spec.accelerators and driver() != "none":
        say(f"JAX finds no GPU, although a driver is installed ({driver()}); {backend.name} runs on the CPU; {FIX}")
    return backend


def check_out(out: Path | Address | None, dry: bool) -> Path | Address:
    """The place of a run. Raises `UsageError` if one is needed and missing."""
    if out is None and not dry:
        raise UsageError("missing option --out DIR", expected="the folder of the run")
    return out or Path("run")
