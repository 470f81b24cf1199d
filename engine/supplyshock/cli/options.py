"""Options that `run` and `plan` share, and their checks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..errors import DeviceError, UsageError

if TYPE_CHECKING:
    from ..scenario import Scenario

F = TypeVar("F", bound=Callable[..., Any])
BACKENDS = ("auto", "numba", "reference")


class Count(click.ParamType[int]):
    """A whole number; ``1e6`` and ``100_000`` count as such."""

    name = "count"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number, or one clear error."""
        if isinstance(value, int):
            return value
        try:
            number = float(str(value).replace(",", ""))
            whole = int(number)
        except (ValueError, OverflowError):
            self.fail(f"expected a whole number such as 100000 or 1e6, got {value!r}", param, ctx)
        if whole != number:
            self.fail(f"expected a whole number, got {value!r}", param, ctx)
        return whole


COUNT = Count()


def run_options(command: F) -> F:
    """The arguments that say what to simulate."""
    for decorate in reversed(
        (
            click.argument("configs", nargs=-1, required=True, metavar="CONFIG..."),
            click.option("--paths", type=COUNT, help="Paths of every scenario [config, else 100000]."),
            click.option("--weeks", type=COUNT, help="Horizon in weeks [config, else 104]."),
            click.option("--seed", type=COUNT, help="Seed of the random numbers [config, else 1]."),
            click.option("--keep-paths", type=COUNT, help="Paths kept week by week [config, else 1000]."),
            click.option("--backend", type=click.Choice(BACKENDS), default="auto", show_default=True),
            click.option("--device", type=click.Choice(("cpu", "gpu")), default="cpu", show_default=True),
            click.option("--precision", type=click.Choice(("float32", "float64")), help="[config, else float32]"),
            click.option("--threads", type=COUNT, help="Threads that simulate [all cores]."),
            click.option("--set", "changes", multiple=True, metavar="KEY=VALUE", help="Change a config key."),
            click.option("--json", "as_json", is_flag=True, help="End with one JSON object on stdout."),
        )
    ):
        command = decorate(command)
    return command


def overrides(changes: tuple[str, ...], weeks: int | None) -> dict[str, Any]:
    """``--set levers.thrift=...`` and ``--weeks`` as a nested mapping. Raises `UsageError` for a bad one."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    tree: dict[str, Any] = {}
    for change in (*changes, *([f"weeks={weeks}"] if weeks is not None else [])):
        key, found, value = change.partition("=")
        if not found or not key.strip():
            raise UsageError("a change", where="--set", expected="KEY=VALUE, as in weeks=52", got=repr(change))
        node = tree
        *parents, last = _split(key.strip())
        for part in parents:
            node = node.setdefault(part, {})
        node[last] = yaml.load(value)
    return tree


def _split(key: str) -> list[str]:
    """Keys of `parameters` have dots of their own."""
    head, _, rest = key.partition(".")
    return [head, rest] if head in ("parameters", "priors") and rest else key.split(".")


def load(configs: tuple[str, ...], changes: tuple[str, ...], weeks: int | None) -> list[Scenario]:
    """The scenarios of a command line."""
    from ..scenario import load_scenario

    extra = overrides(changes, weeks)
    return [load_scenario(c, extra or None) for c in configs]


def settings(scenarios: list[Scenario], device: str, backend: str, **given: Any) -> dict[str, Any]:
    """Arguments of a run: what the command line gives, else what the first config says.

    Raises `DeviceError` for a GPU, which no backend of this version can use.
    """
    if device == "gpu":
        from .doctor import gpus

        raise DeviceError(
            "no GPU backend in this version",
            where="--device",
            expected="cpu",
            got=f"gpu; found: {', '.join(gpus()) or 'no NVIDIA device'}",
            fix="leave --device out to run on the CPU",
        )
    config = scenarios[0].run
    chosen = {name: value if value is not None else getattr(config, name) for name, value in given.items()}
    return chosen | {"backend": "numba" if backend == "auto" else backend}


def default_out(configs: tuple[str, ...]) -> Path:
    """Where a run goes when --out is left out."""
    return Path("runs") / "+".join(Path(c).stem for c in configs)
