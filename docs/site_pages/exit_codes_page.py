"""The page of exit codes, from the classes of errors."""

from __future__ import annotations

from collections.abc import Iterator

from supplyshock.common import errors
from supplyshock.common.errors import SupplyshockError

from .markdown import code, table

HEAD = """# Exit codes and errors

An error is one line on stderr: what is wrong, where, what was expected, what was there, how to fix it. In Python
every error of the project is a `SupplyshockError`.

"""
OTHERS = {
    0: ("", "success"),
    70: ("", "a defect of supplyshock: please report it"),
    76: ("", "the run is complete, but `--paths` was reached before a goal of `--target-se`"),
}


def exit_codes_page() -> str:
    """A row for each code that a command can end with."""
    rows = {**OTHERS}
    for kind in _kinds(SupplyshockError):
        name, about = rows.get(kind.exit_code, ("", ""))
        first = (kind.__doc__ or "").splitlines()[0].rstrip(".")
        rows[kind.exit_code] = (f"{name}, {code(kind.__name__)}".lstrip(", "), f"{about}; {first}".lstrip("; "))
    lines = [[f"{number}", about[:1].lower() + about[1:], name] for number, (name, about) in sorted(rows.items())]
    return HEAD + table(["code", "meaning", "error in Python"], lines)


def _kinds(kind: type[SupplyshockError]) -> Iterator[type[SupplyshockError]]:
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:
            yield child
            yield from _kinds(child)
