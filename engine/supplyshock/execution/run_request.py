"""What a run is asked for, whoever then makes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from supplyshock_kernels.backends import Simulate

from ..store.manifest import Manifest
from ..store.partition import Layout, Plan
from ..store.proposal import Proposal, recorded_proposal
from ..store.stored_scenarios import stored_scenarios
from .backend_selection import Backend, find_backend
from .plan import plan_run

if TYPE_CHECKING:
    from ..scenarios.scenario import Scenario


@dataclass(frozen=True)
class RunRequest:
    """What a run is asked for."""

    scenarios: Sequence[Scenario]
    paths: int
    seed: int
    save_series: int
    backend: str | Simulate
    device: str
    precision: str
    threads: int | None
    first_path: int = 0
    mantissa_bits: int = 0
    parties: int = 1
    """Processes that the blocks are cut for."""
    tilt: Proposal | None = None
    """Another law that most paths are drawn from (importance sampling)."""

    def check(self) -> Backend:
        """Its backend; a wrong request creates no folder. Raises `UsageError` and `DeviceError`."""
        found = find_backend(self.backend, self.device)
        self.plan(found)
        return found

    def plan(self, found: Backend, layout: Layout | None = None) -> Plan:
        """Its plan, with the layout of a run that is there already."""
        return plan_run(
            self.scenarios,
            paths=self.paths,
            seed=self.seed,
            save_series=self.save_series,
            backend=found.name,
            device=found.device,
            precision=self.precision,
            threads=self.threads,
            devices=found.devices,
            parties=self.parties,
            layout=layout,
            first=self.first_path,
            mantissa_bits=self.mantissa_bits,
            tilt=self.tilt,
        )

    def of_paths(self, first: int, paths: int) -> RunRequest:
        """The same for other paths."""
        return replace(self, first_path=first, paths=paths)


def request_of_run(out: Path, manifest: Manifest, backend: Simulate | None, threads: int | None) -> RunRequest:
    """The request that a run answers, from the run itself."""
    who = manifest.identity
    device = str(who["device"])
    kind = "cpu" if device == "cpu" else "tpu" if "tpu" in device.lower() else "gpu"
    return RunRequest(
        scenarios=stored_scenarios(out),
        paths=int(who["paths"]),
        seed=int(who["seed"]),
        save_series=int(who["first-path"]) + int(who["keep-paths"]) if who["keep-paths"] else 0,
        backend=backend or str(who["backend"]),
        device="auto" if backend else kind,
        precision=str(who["precision"]),
        threads=threads,
        first_path=int(who["first-path"]),
        mantissa_bits=int(who["round-bits"]),
        tilt=recorded_proposal(who),
    )
