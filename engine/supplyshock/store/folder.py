"""Opens the folder of a run: a new one, one to go on with, or one to replace; touches nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import StoreError
from ..plan import Layout, Plan
from .files import PARTIAL, remove_partial, store_errors
from .journal import FOLDER as JOURNAL
from .journal import Journal
from .lock import locked
from .manifest import PREPARING, RUNNING, Manifest, check_same, read_manifest
from .provenance import identity, root_attrs
from .template import NEW, RESULTS, create
from .writer import Writer

if TYPE_CHECKING:
    from ..scenario import Scenario

LOGS = "logs"


@dataclass
class Folder:
    """A run folder, held by this process."""

    out: Path
    plan: Plan
    """Its layout is that of the run, even where this command alone would have cut it differently."""
    manifest: Manifest
    journal: Journal
    writer: Writer


@contextmanager
def open_folder(
    out: Path, scenarios: Sequence[Scenario], replan: Callable[[Layout | None], Plan], *, overwrite: bool
) -> Iterator[Folder]:
    """Holds `out` for one run; `replan` makes its plan, with the layout of the run that is there already.

    Raises `StoreError` when the folder cannot be used and `UsageError` when it holds another run.
    """
    with store_errors(out):
        out.mkdir(parents=True, exist_ok=True)
        with locked(out):
            yield _open(out, scenarios, replan, overwrite)


def _open(out: Path, scenarios: Sequence[Scenario], replan: Callable[[Layout | None], Plan], overwrite: bool) -> Folder:
    plan = replan(None)
    wanted = identity(plan, scenarios)
    held = None if overwrite else read_manifest(out)
    if held is None or held.status == PREPARING:
        if not overwrite or not (out / "manifest.json").is_file():
            _check_free(out, ours=held is not None)
        manifest = Manifest(wanted, plan.layout)
        manifest.write(out)
        _clear(out)
        create(out, plan, scenarios, root_attrs(plan, scenarios))
        manifest.status = RUNNING
        manifest.write(out)
    else:
        check_same(held, wanted, out)
        manifest, plan = held, replan(held.layout)
        _check_results(out)
        remove_partial(out)
    digests = tuple(s.digest for s in scenarios)
    journal = Journal(out, plan.scenarios, digests)
    return Folder(out, plan, manifest, journal, _writer(out, plan, scenarios[0]))


def _writer(out: Path, plan: Plan, scenario: Scenario) -> Writer:
    try:
        return Writer(out, plan, scenario.params)
    except (ValueError, KeyError, FileNotFoundError) as e:
        raise StoreError(
            "the results are damaged",
            where=str(out / RESULTS),
            got=str(e),
            fix="give --overwrite to compute them anew, or choose another --out",
        ) from e


def _check_free(out: Path, *, ours: bool) -> None:
    """Refuses a folder with files that no run of ours has made."""
    foreign = sorted(p.name for p in out.iterdir() if p.name != LOGS and p.suffix != PARTIAL)
    if foreign and not ours:
        raise StoreError(
            "the folder is not empty and not a run; nothing was touched",
            where=str(out),
            got=", ".join(foreign[:3]),
            fix="choose another --out",
        )


def _check_results(out: Path) -> None:
    if not (out / RESULTS / "zarr.json").is_file():
        raise StoreError(
            "the manifest of a run is here but not its results",
            where=str(out / RESULTS),
            fix="put them back, or give --overwrite to compute them anew",
        )


def _clear(out: Path) -> None:
    """Removes results and journal; the manifest says "preparing" already, so a kill is harmless."""
    for name in (RESULTS, NEW, JOURNAL):
        if (out / name).exists():
            shutil.rmtree(out / name)
