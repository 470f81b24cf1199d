"""A measurement as JSON, with its machine and versions, and as a page."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ..common.errors import DataError, reason
from ..common.safe_text import load_json
from ..store.provenance import machine, model_digest, versions
from .measure import Timing

FORMAT = 1


@dataclass(frozen=True)
class Record:
    """Timings, with the machine and the date."""

    machine: str
    date: str
    load: float
    """Mean number of waiting processes in the minute before: other work on the machine."""
    versions: dict[str, str]
    model: str
    """Digest of the kernels."""
    timings: tuple[Timing, ...]

    @classmethod
    def of(cls, timings: Sequence[Timing], load: float) -> Record:
        """Of this machine, today."""
        return cls(machine(), date.today().isoformat(), load, versions(), model_digest()[:12], tuple(timings))

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**vars(self), "format": FORMAT, "timings": [t.as_dict() for t in self.timings]}


def load_now() -> float:
    """Mean number of waiting processes, 0 if the system does not report it."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else 0.0


def read_record(file: Path) -> Record:
    """The record in a file. Raises `DataError`."""
    try:
        raw = load_json(file.read_bytes())
        if raw.pop("format") != FORMAT:
            raise ValueError("the format of another version")
        return Record(**{**raw, "timings": tuple(Timing(**t) for t in raw["timings"])})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as e:
        expected = "the output of `supplyshock bench --json`"
        raise DataError("cannot read the measurement", where=str(file), expected=expected, got=reason(e)) from None


def rate(timing: Timing) -> str:
    """``53.1 M market-steps/s``."""
    if timing.unit == "MB":
        return f"{timing.rate:.0f} MB/s"
    return f"{timing.rate / 1e6:.3g} M {timing.unit}/s"


def page(record: Record) -> str:
    """The measurement as Markdown; nothing in it is written by hand."""
    lines = [
        f"{record.machine}; {record.date}; Python {record.versions.get('python', '?')}, numba "
        f"{record.versions.get('numba', '?')}; kernels {record.model}; load before: {record.load:g}.",
    ]
    for suite in dict.fromkeys(t.suite for t in record.timings):
        lines += ["", f"### {suite}", "", "| case | median | quartiles | first call | rate |", "|---|---|---|---|---|"]
        lines += [
            f"| {t.case} | {seconds(t.seconds)} | {seconds(t.low)} to {seconds(t.high)} | {seconds(t.first)} | "
            f"{rate(t)} |"
            for t in record.timings
            if t.suite == suite
        ]
    return "\n".join(lines) + "\n"


def seconds(x: float) -> str:
    """``12.3 ms`` or ``1.23 s``."""
    return f"{1000 * x:.3g} ms" if x < 1 else f"{x:.3g} s"


def dumps(record: Record) -> str:
    """The measurement as JSON text."""
    return json.dumps(record.as_dict(), indent=1) + "\n"
