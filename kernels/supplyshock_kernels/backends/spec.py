"""The facts about a backend that the engine needs, declared by the backend's own package as ``SPEC``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ..outputs import Observed
    from ..params import Params
    from ..paused import Pausing

Simulate = Callable[..., "Observed"]
"""``(params, grid, seed, paths, versus=None)``, of a range of paths or an array of their numbers.

With another policy, also how much likelier each path is under it.
"""

MAX_CALL = 32_768
"""Most paths of one call, unless a spec says otherwise: its histogram counts in 16 bits (`outputs.MAX_BLOCK`)."""


class NoDevice(RuntimeError):
    """The requested device is absent; the message says which devices are present."""


class Devices(NamedTuple):
    """The devices that calls from several threads fill."""

    name: str
    """"cpu", or the name of the device: the same for one of them and for eight."""
    number: int = 1


def processor_cores(kind: str) -> Devices:
    """The devices of a backend that computes on processor cores alone. Raises `NoDevice` for another kind."""
    if kind not in ("", "cpu"):
        raise NoDevice(f"no {kind}: this backend computes on processor cores")
    return Devices("cpu")


@dataclass(frozen=True)
class BackendSpec:
    """A backend: its name, its devices, and the best size of its calls. Creating one loads nothing."""

    name: str
    load: Callable[[], Simulate]
    """Imports the backend and returns its ``simulate``. Raises `ImportError`."""
    load_pausing: Callable[[], Pausing] | None = None
    """Imports what stops and continues paths (`paused.pausing_of`); None: it cannot. Raises `ImportError`."""
    device_kinds: tuple[str, ...] = ("cpu",)
    """Kinds of device it computes on: cpu, gpu, tpu."""
    find_devices: Callable[[str], Devices] = processor_cores
    """The devices of a kind, or the best there are for an empty string. Raises `NoDevice`."""
    max_call: int = MAX_CALL
    """Most paths of one call on processor cores."""
    max_call_accelerator: int = MAX_CALL
    """Most paths of one call on another device."""
    threads_per_device: tuple[int, int] | None = None
    """Fewest and most threads that keep a device busy; None: one thread for each core."""
    width: Callable[[str, str], int] | None = None
    """Paths computed side by side, by kind of device and precision, where that may change their last bits.

    None: last bits do not depend on it.
    """
    device_sums: bool = False
    """It adds statistics up on the device: on processor cores they take memory a second time."""
    chosen_on: tuple[str, ...] | None = None
    """Names of the accelerators on which "auto" may take it: those on which a result in benchmarks/results says that it
    is faster than the other backends. None: any."""
    refuses: Callable[[Params, str], str] = lambda params, precision: ""
    """Why it does not compute some parameters in a precision; empty if it does."""
    packages: tuple[str, ...] = ()
    """Distributions that compile it, where they are installed, beside those of every run: they are noted with a run."""
    path_weeks_per_second: float = 1e4
    """Speed of one thread on 24 markets, to a factor of two, for an estimate of a run's time."""
    timing_paths: int = 2048
    """Fewest paths whose time says how fast it is."""

    @property
    def accelerators(self) -> tuple[str, ...]:
        """Kinds of device other than processor cores."""
        return tuple(kind for kind in self.device_kinds if kind != "cpu")

    def call_size(self, device: str) -> int:
        """Most paths of one call on the device of this name."""
        return self.max_call if device == "cpu" else self.max_call_accelerator

    def width_of(self, kind: str, precision: str) -> int:
        """Paths computed side by side where that may change their last bits; 0 if it may not."""
        return self.width(kind, precision) if self.width else 0
