"""The options of `run` and `plan`, and the request that they make together with the config."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from ..common.errors import UsageError
from ..store.object_store.address import Address
from .command_helpers import Count, say

if TYPE_CHECKING:
    from ..scenarios.scenario import Scenario

Command = TypeVar("Command", bound=Callable[..., Any])
PATHS = Count(1, 10**12)
WEEKS = Count(1, 2600)


class ConfigName(click.ParamType):  # type: ignore[type-arg]  # not generic before click 8.2
    """A config: a path, or a shipped name."""

    name = "config"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Shipped names, and files."""
        from ..scenarios.shipped import shipped_names

        names = [CompletionItem(n) for n in shipped_names() if n.startswith(incomplete)]
        return names or [CompletionItem(incomplete, type="file")]


HOW = (
    click.option("--paths", type=PATHS, metavar="N", help="Simulated futures, such as 1e6 or 100_000."),
    click.option("--weeks", type=WEEKS, metavar="T", help="Length of the horizon."),
    click.option("--seed", type=Count(0, 2**64 - 1), metavar="S", help="Key of the random numbers."),
    click.option("--backend", type=click.Choice(["auto", "numba", "jax", "reference"]), help="What computes."),
    click.option("--device", type=click.Choice(["auto", "cpu", "gpu", "tpu"]), help="Where it computes."),
    click.option("--precision", type=click.Choice(["float32", "float64"]), help="Of the kernels."),
    click.option("--threads", type=Count(1, 4096), metavar="N", help="Default: all cores."),
    click.option(
        "--set",
        "changes",
        multiple=True,
        metavar="KEY=VALUE",
        help="Change a key of every config, such as parameters.material.eta=0.3; repeatable.",
    ),
)
"""What every command that simulates takes."""

_OPTIONS = (
    click.argument("configs", nargs=-1, required=True, type=ConfigName(), metavar="CONFIG..."),
    *HOW,
    click.option("--save-series", type=Count(0, 10**12), metavar="N", help="Paths whose weekly series are stored."),
)


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


@dataclass(frozen=True)
class Request:
    """What to run: options win over the first config's `run`, and that over defaults."""

    scenarios: list[Scenario]
    paths: int
    seed: int
    save_series: int
    backend: str
    device: str
    precision: str
    threads: int | None

    def as_dict(self) -> dict[str, Any]:
        """Keyword arguments of `run_scenarios`."""
        return {k: v for k, v in vars(self).items() if k != "scenarios"}


def make_request(configs: Sequence[str], **options: Any) -> Request:
    """Loads the configs under `--set` and `--weeks`, and settles what they leave open.

    Raises `ConfigError`, `UsageError` and `DeviceError`.
    """
    from ..execution.backend_selection import FIX, choose_backend, driver
    from ..scenarios.scenario import load_scenario
    from .overrides import parse_overrides

    changes = parse_overrides(options["changes"])
    if options["weeks"] is not None:
        changes["weeks"] = options["weeks"]
    scenarios = [load_scenario(c, changes or None) for c in configs]
    defaults = scenarios[0].run

    def settled(name: str) -> Any:
        return getattr(defaults, name) if options[name] is None else options[name]

    backend, kind = choose_backend(settled("backend"), settled("device"))
    if (settled("backend"), settled("device"), backend) == ("auto", "auto", "numba") and driver() != "none":
        say(f"a driver is here ({driver()}), but JAX finds no GPU: numba on processor cores instead; {FIX}")
    fields = {k: settled(k) for k in ("paths", "seed", "save_series", "precision")}
    return Request(
        scenarios=scenarios,
        backend=backend,
        device=kind or ("auto" if backend == "jax" else "cpu"),
        threads=options["threads"],
        **fields,
    )


def check_out(out: Path | Address | None, dry: bool) -> Path | Address:
    """The place of a run. Raises `UsageError` where one is needed and missing."""
    if out is None and not dry:
        raise UsageError("where shall the results go", where="--out", expected="a folder")
    return out or Path("run")
