"""Makes committed figures, tables and console blocks anew, or says which are stale (docs/figures/registry.yaml).

python docs/make_figures.py                       # all of them: make figures
python docs/make_figures.py --only sweeps,first     # those of a page, or by id; `stale` for what is stale
python docs/make_figures.py --check               # exit code 1 where something is stale: make figures-check
python docs/make_figures.py --read by_hand_id     # sentences with numbers by hand were read again, or all
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from figures import lock as locks
from figures.pages import quoting
from figures.registry import FILE, STALE, Registry, load
from figures.renew import Renewal

from supplyshock.common.errors import SupplyshockError, UsageError

ROOT = Path(__file__).resolve().parents[1]
INTERRUPTED = 75
"""Exit code, as that of `supplyshock` (docs/reference/exit_codes.md)."""


def check(root: Path, registry: Registry) -> int:
    """Prints what is stale; 1 where something is."""
    lock = locks.read(root)
    found = [*map(str, locks.all_stale(root, registry, lock)), *locks.wrong_numbers(root, lock)]
    print("\n".join(found) or "every figure, table and console block is of today")
    return bool(found)


def renew(root: Path, registry: Registry, only: list[str]) -> int:
    """Makes artefacts, prints what failed and what a person has to read; 1 where something failed."""
    renewal = Renewal(root, registry)
    names = registry.select([word for word in only if word != STALE], quoting(root)) if only else [*registry.artefacts]
    if STALE in only:
        stale = [found.name for found in locks.all_stale(root, registry, renewal.lock)]
        names += [name for name in stale if name in registry.artefacts]
    renewal.make(names)
    left = [found for found in locks.all_stale(root, registry, renewal.lock) if found.name in registry.by_hand]
    for found in left:
        print(f"read again: {found}")
    for name, why in renewal.failed.items():
        print(f"failed: {name}: {why.splitlines()[0]}; make figures ONLY={name}", file=sys.stderr)
    return bool(renewal.failed)


def note_read(root: Path, registry: Registry, words: list[str]) -> int:
    """Records that sentences were read again, or that another command made what it writes."""
    known = {*registry.by_hand, *(name for name, a in registry.artefacts.items() if a.writes and not a.checked_by)}
    unknown = [word for word in words if word not in known and word != "all"]
    if unknown:
        expected = f"all, or one of {', '.join(sorted(known))}"
        raise UsageError("nothing by that name", where="READ", expected=expected, got=unknown[0])
    Renewal(root, registry).note_read([*registry.by_hand] if "all" in words else words)
    return 0


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Makes, checks or records."""
    parser = argparse.ArgumentParser(description="Make committed figures, tables and console blocks anew.")
    parser.add_argument("--only", metavar="IDS", help=f"ids or pages, with commas; `{STALE}`: what is stale ({FILE})")
    parser.add_argument("--check", action="store_true", help="only say what is stale")
    parser.add_argument("--read", metavar="IDS", help="record that these sentences were read again; or `all`")
    chosen = parser.parse_args(arguments)
    try:
        registry = load(root)
        if chosen.check:
            return check(root, registry)
        if chosen.read:
            return note_read(root, registry, chosen.read.split(","))
        return renew(root, registry, chosen.only.split(",") if chosen.only else [])
    except SupplyshockError as e:
        print(f"Error: {e}", file=sys.stderr)
        return e.exit_code
    except KeyboardInterrupt:
        print(f"interrupted: every file is whole, and `make figures ONLY={STALE}` goes on", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
