"""Opens the folder of a run: a new one, one to resume or to join, or one to replace. It touches nothing else.

No step here needs a lock. The first process creates the manifest. results.zarr appears whole, by a rename. If a process
was killed at any point, any other process can continue from there.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..common.errors import StoreError, reason
from ..common.safe_text import command_line
from . import JOURNAL, LOGS, RESULTS, WORKERS, worker_registry
from .atomic_files import PARTIAL
from .create_store import OLD, RENAMED, create
from .journal import Journal
from .manifest import NAME, Manifest, check_same, read_manifest
from .partition import Plan
from .provenance import made_on, versions
from .run_definition import RunDefinition, root_attrs
from .status import journal_of
from .store_template import keep_originals, read_originals
from .untrusted.files import check_run
from .untrusted.metadata import check_results
from .variables import variables
from .worker_registry import WorkerRegistration
from .writer import Writer

if TYPE_CHECKING:
    from ..scenarios.scenario import Scenario


@dataclass
class RunFolder:
    """The folder of a run that is open for writing, with what writes into it."""

    out: Path
    definition: RunDefinition
    """Its layout is that of the run, even if this command alone would cut it differently."""
    manifest: Manifest
    journal: Journal
    writer: Writer
    name: str = ""
    """The name of the run: the folder, or the address that the folder is a stage for."""
    beside: Callable[[WorkerRegistration], AbstractContextManager[Any]] = field(default=nullcontext, repr=False)
    """What goes on while a process works on it."""
    end: Callable[[], object] = field(default=lambda: None, repr=False)
    """Work that remains when a command has finished with the folder."""

    def __post_init__(self) -> None:
        self.name = self.name or str(self.out)

    @property
    def plan(self) -> Plan:
        """The plan of the run."""
        return self.definition.plan

    @property
    def scenarios(self) -> Sequence[Scenario]:
        """The scenarios of the run; the first is the baseline."""
        return self.definition.scenarios


@contextmanager
def writing(folder: RunFolder, **about: Any) -> Iterator[WorkerRegistration]:
    """Announces this process as a writer of the run.

    Raises `StoreError` when the folder contains another run by now: whoever replaces one is waited for.
    """
    with worker_registry.announced(folder.out, **about) as registration, folder.beside(registration):
        manifest = read_manifest(folder.out)
        if manifest is None or manifest.checksum != folder.manifest.checksum:
            raise StoreError(
                "the run was replaced in the meantime", where=folder.name, fix="give the same command again"
            )
        yield registration


def open_run_folder(
    out: Path, definition: RunDefinition, *, sources: Sequence[str] = (), made: dict[str, Any] | None = None
) -> RunFolder:
    """The run in `out`, prepared as far as nobody has done so yet.

    A run that is begun here takes paths from the runs `sources`, and says that it was prepared on `made`.

    Raises `StoreError` when the folder cannot be used and `UsageError` when it contains another run.
    """
    check_run(out)
    manifest = _agree(out, Manifest(definition.identity, definition.plan.layout, made or made_on(), tuple(sources)))
    check_same(manifest, definition.identity, out)
    definition = definition.with_layout(manifest.layout)  # of another process that came at the same moment
    originals = read_originals(out)
    if originals is None and not (out / RESULTS).exists():
        create(out, definition.plan, definition.scenarios, root_attrs(definition, manifest.made_on))
    _check_results(out)
    if originals is not None:
        _check_variables(out, manifest, definition.plan, originals)
    writer = _writer(out, definition.plan, definition.scenarios[0])
    if originals is None:
        keep_originals(out, writer.arrays)
    return RunFolder(out, definition, manifest, journal_of(out, manifest), writer)


def _agree(out: Path, proposed: Manifest) -> Manifest:
    """The manifest of the run: the one that is there, or else the proposed one."""
    manifest = read_manifest(out)
    if manifest is None:
        out.mkdir(parents=True, exist_ok=True)
        _check_free(out)
        proposed.create(out)
        for old in _replaced(out):
            old.unlink(missing_ok=True)
        manifest = read_manifest(out)
    return manifest or proposed


def _check_variables(out: Path, manifest: Manifest, plan: Plan, originals: dict[str, Any]) -> None:
    """Raises `StoreError` for results that were made without a variable of this version: they are whole as they are."""
    names = (f"{v.group}/{v.name}" for v in variables(plan))
    lacking = [name for name in names if f"{name}/zarr.json" not in originals["files"]]
    if lacking:
        begun = manifest.made_on.get("versions", {}).get("supplyshock", "of an unknown version")
        more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
        raise StoreError(
            "the run was begun by another version of supplyshock, which writes other variables",
            where=str(out),
            expected=f"the variable {lacking[0]}{more}, which supplyshock {versions()['supplyshock']} writes",
            got=f"results of supplyshock {begun} without {'them' if more else 'it'}",
            fix="finish it with that version, or start again with --overwrite",
        )


def _writer(out: Path, plan: Plan, scenario: Scenario) -> Writer:
    try:
        check_results(out / RESULTS, partial=True)
        return Writer(out, plan, scenario.params)
    except (ValueError, KeyError, FileNotFoundError) as e:
        raise StoreError(
            "the results are damaged",
            where=str(out / RESULTS),
            got=reason(e),
            fix=f"{command_line('supplyshock', 'verify', out, '--repair')} mends them; or give --overwrite to compute "
            "them anew",
        ) from e


def is_ours(name: str) -> bool:
    """Whether a name in a folder without a manifest may come from a killed process."""
    return name in (LOGS, WORKERS) or name.endswith(PARTIAL) or bool(RENAMED.fullmatch(name))


def _check_free(out: Path) -> None:
    """Refuses a folder with files that no run of ours has made, unless a run was there that is being replaced."""
    if _replaced(out):
        return
    foreign = sorted(p.name for p in out.iterdir() if not is_ours(p.name))
    if foreign and not (out / NAME).exists():  # another process may have been quicker
        raise StoreError(
            "the folder is not empty and not a run; nothing was touched",
            where=str(out),
            got=", ".join(foreign[:3]),
            fix="choose another --out",
        )


def _replaced(out: Path) -> list[Path]:
    """Manifests of runs that are being replaced."""
    return [p for p in out.glob(f"{NAME}{OLD}*") if RENAMED.fullmatch(p.name)]


def _check_results(out: Path) -> None:
    if not (out / RESULTS / "zarr.json").is_file():
        raise StoreError(
            "the folder has the manifest of a run, but no results",
            where=str(out / RESULTS),
            fix="put the results back, or compute them again with --overwrite",
        )


def clear(out: Path) -> None:
    """Removes the run in `out`, if there is one, so that another can be made; what is not ours is refused.

    All is renamed first: a kill leaves a run whose results are missing, or a folder that is known to have been one.
    Files of others beside it stay. Raises `StoreError` when another process works on it.
    """
    if not (out / NAME).is_file():
        return
    with worker_registry.exclusive_access(out):
        for name in (JOURNAL, RESULTS, NAME):
            if (out / name).exists():
                (out / name).rename(out / f"{name}{OLD}{secrets.token_hex(6)}")
        for name in (JOURNAL, RESULTS):
            for old in out.glob(f"{name}{OLD}*"):
                if RENAMED.fullmatch(old.name):
                    shutil.rmtree(old, ignore_errors=True)
