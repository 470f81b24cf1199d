"""Errors with an exit code, and messages that say what, where, expected, got and how to fix."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date


class SupplyshockError(Exception):
    """Base of every error this project raises on purpose; `exit_code` is what the command line returns."""

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", expected: str = "", got: str = "", fix: str = "") -> None:
        self.what, self.where, self.expected, self.got, self.fix = what, where, expected, got, fix
        super().__init__(self._message())

    def rewrite(self, word: Callable[[str], str]) -> None:
        """Puts `word` of each part in place of the part."""
        self.what, self.where, self.expected = word(self.what), word(self.where), word(self.expected)
        self.got, self.fix = word(self.got), word(self.fix)
        self.args = (self._message(),)

    def _message(self) -> str:
        first = f"{self.where}: {self.what}" if self.where else self.what
        contrast = [f"{label} {text}" for label, text in (("expected", self.expected), ("got", self.got)) if text]
        body = ": ".join([first, ", ".join(contrast)]) if contrast else first
        return f"{body}; {self.fix}" if self.fix else body


class UsageError(SupplyshockError):
    """A wrong command line or call."""

    exit_code = 2


class ConfigError(SupplyshockError):
    """A config that cannot be used; `problems` lists every defect."""

    exit_code = 65

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        expected: str = "",
        got: str = "",
        fix: str = "",
        problems: Iterable[Problem] = (),
    ) -> None:
        self.problems = tuple(problems)
        super().__init__(what, where=where, expected=expected, got=got, fix=fix)

    def _message(self) -> str:
        return "\n  ".join([super()._message(), *(str(problem) for problem in self.problems)])


class DataError(ConfigError):
    """A data folder that cannot be used."""


class DeviceError(SupplyshockError):
    """The requested backend or device is not available."""

    exit_code = 69


class ResourceError(SupplyshockError):
    """The machine refuses memory, threads or processes."""

    exit_code = 71


class CapacityError(SupplyshockError):
    """A run does not fit on the disk or in the memory that is there."""

    exit_code = 73


class StoreError(SupplyshockError):
    """Reading or writing results failed."""

    exit_code = 74


class ReplayError(SupplyshockError):
    """A recomputed path differs from the stored one."""

    exit_code = 65


class Interrupted(SupplyshockError):
    """Stopped by a signal; the same command resumes the run."""

    exit_code = 75


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one key of one file, or one cell of one table."""

    where: str
    """``file:line``; ``file`` alone when no line is known."""
    key: str
    expected: str
    got: str
    fix: str = ""

    def __str__(self) -> str:
        place = f"{self.where}: {self.key}" if self.key else self.where
        text = f"{place}: expected {self.expected}, got {self.got}"
        return f"{text}; {self.fix}" if self.fix else text


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """``did you mean 'x'?`` for the nearest of `known`, or an empty string."""
    by_folded = {k.casefold(): k for k in known}
    hits = difflib.get_close_matches(str(name).casefold(), by_folded, n=1, cutoff=0.6)
    return f"did you mean {by_folded[hits[0]]!r}?" if hits else ""


def shown(value: object, limit: int = 60) -> str:
    """`value` as an error message shows it: as a config file would have it, cut to `limit` characters."""
    text = _written(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _written(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_written(x)}" for key, x in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_written, value)) + "]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value) if isinstance(value, date) else repr(value)


def reason(error: Exception) -> str:
    """The message of a Python exception, as the `got` of an error."""
    if isinstance(error, OSError):
        text = error.strerror or str(error)
        return text[:1].lower() + text[1:]
    if isinstance(error, UnicodeDecodeError):
        return f"bytes that are not UTF-8, at offset {error.start}"
    return f"no {error.args[0]!r}" if isinstance(error, KeyError) and error.args else str(error)
