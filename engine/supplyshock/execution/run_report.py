"""What a run did."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ..store.partition import Plan


@dataclass(frozen=True)
class RunReport:
    """What a run did, as `--json` prints it."""

    run: str
    """Folder or address."""
    scenarios: tuple[str, ...]
    paths: int
    weeks: int
    backend: str
    device: str
    seconds: float
    """Of this command, without compiling."""
    seconds_compile: float
    path_weeks_per_second: float
    """Of the blocks this command computed."""
    market_steps_per_second: float
    blocks_computed: int
    blocks_resumed: int
    """There when this command began."""
    blocks_left: int
    """Not 0 only for a shard that left the rest to other processes."""
    complete: bool
    peak_memory_mb: float

    @classmethod
    def of(cls, run: str, plan: Plan, *, path_weeks_per_second: float, **what: Any) -> RunReport:
        """The report of the run `plan` in the folder or at the address `run`; `what` are the remaining fields."""
        return cls(
            run=run,
            scenarios=plan.scenarios,
            paths=plan.paths,
            weeks=plan.weeks,
            backend=plan.backend,
            device=plan.device,
            path_weeks_per_second=path_weeks_per_second,
            market_steps_per_second=path_weeks_per_second * plan.markets,
            **what,
        )

    def as_dict(self) -> dict[str, Any]:
        """The fields, for JSON."""
        return asdict(self)
