"""How a study simulates: paths, seed, backend, precision, threads."""

from __future__ import annotations

from dataclasses import dataclass
from operator import index

from supplyshock_kernels import backends
from supplyshock_kernels.backends import Simulate

from ..common.arguments import is_whole


@dataclass(frozen=True)
class SimulationSettings:
    """How to compute; nothing here but `paths`, `seed` and `precision` changes a number beyond rounding."""

    paths: int
    seed: int = 1
    backend: str | Simulate = backends.DEFAULT
    device: str = "auto"
    precision: str = "float32"
    threads: int | None = None
    call: int = backends.MAX_CALL
    """Most paths of one kernel call."""

    def __post_init__(self) -> None:
        """Whole numbers of NumPy become those of Python."""
        for name in ("paths", "seed", "threads"):
            if is_whole(value := getattr(self, name)):
                object.__setattr__(self, name, index(value))

    @property
    def backend_name(self) -> str:
        """Name of the backend, for people; that of the function where the backend is one."""
        return self.backend if isinstance(self.backend, str) else getattr(self.backend, "__name__", "custom")
