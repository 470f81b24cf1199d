"""Whether a run fits: free disk and memory, checked before anything is written."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..common.errors import CapacityError, SupplyshockError
from ..common.number_format import size_text
from ..common.system_memory import available_memory
from ..store import JOURNAL, RESULTS
from ..store.manifest import read_manifest
from ..store.object_store.address import Address
from ..store.partition import Plan
from ..store.status import journal_of, units_of
from .plan import BASE_MEMORY


@dataclass(frozen=True)
class Capacity:
    """The free space for a run, in bytes; None if it is unknown."""

    disk: int | None
    """Free where the run goes."""
    memory: int | None
    place: Path | None = None
    """Where what the run has already counts as well."""

    @classmethod
    def at(cls, place: Path | Address | None) -> Capacity:
        """Of a place and of this machine."""
        folder = None if isinstance(place, Address) else (place or Path()).absolute()
        return cls(_free(folder) if folder else None, available_memory(), folder)

    def shortages(self, plan: Plan, processes: int = 1) -> list[str]:
        """In words, what a run needs and does not have; empty if it fits."""
        memory, disk = plan.memory_bytes + (processes - 1) * BASE_MEMORY, plan.disk_bytes_while_running
        if self.place and self.disk is not None and disk > self.disk:  # a walk over many files, where it matters
            stored = sum(_bytes(self.place / name) for name in (RESULTS, JOURNAL))
            disk = int(min(disk - stored, disk * _missing(plan, self.place)))
        needs = (
            ("of disk", disk, self.disk, "are free there"),
            ("of memory", memory, self.memory, "may be used"),
        )
        return [
            f"about {size_text(need)} {what}, and {size_text(have)} {where}"
            for what, need, have, where in needs
            if have is not None and need > have
        ]


def check_capacity(plan: Plan, place: Path | Address, processes: int = 1) -> None:
    """Raises `CapacityError` for a run that cannot fit; changes nothing."""
    refuse_shortages(Capacity.at(place).shortages(plan, processes), place)


def refuse_shortages(shortages: list[str], place: object) -> None:
    """Raises `CapacityError` unless there are none."""
    if shortages:
        raise CapacityError(
            f"the run needs {'; and '.join(shortages)}",
            where=str(place),
            fix="use fewer --paths, --save-series or --threads, or another --out; --force starts it anyway",
        )


def _free(folder: Path) -> int | None:
    """Free bytes in the folder, or in the nearest one above that exists; None if that has no size, such as /proc."""
    with suppress(OSError, StopIteration):
        usage = shutil.disk_usage(next(p for p in (folder, *folder.parents) if p.exists()))
        return usage.free if usage.total else None
    return None


def _missing(plan: Plan, place: Path) -> float:
    """Share of the parts that the run in a folder has not; 1 if it is none, or another one."""
    with suppress(OSError, SupplyshockError):
        manifest = read_manifest(place)
        if manifest and (manifest.scenarios, manifest.identity["paths"]) == (plan.scenarios, plan.paths):
            journal, units = journal_of(place, manifest), list(units_of(manifest))
            entered = [_names(journal.of_scenario(i)) for i in range(len(manifest.scenarios))]
            return sum(journal.path(u).name not in entered[u.scenario] for u in units) / len(units)
    return 1.0


def _names(folder: str | os.PathLike[str]) -> set[str]:
    """What lies in a folder; nothing if it is not there yet."""
    with suppress(FileNotFoundError):
        return set(os.listdir(folder))
    return set()


def _bytes(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # another process has just removed it
                total += os.lstat(os.path.join(parent, name)).st_size
    return total
