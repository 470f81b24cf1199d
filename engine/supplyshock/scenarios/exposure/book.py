"""The book of a firm as a run has it: its text, checked, and the arrays that each scenario makes of it."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..yaml_files.yaml_reader import parse_document
from .firm_params import firm_of, series_of
from .load import Loaded, check_exposure, read_book

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplyshock_kernels.params.firm import Firm

    from ..scenario import Scenario


@dataclass(frozen=True, eq=False)
class Book:
    """The book of one firm, attached to a run: its use, its stocks and its options."""

    text: str = field(repr=False)
    """Of its file."""
    loaded: Loaded = field(repr=False)

    @classmethod
    def read(cls, file: str | os.PathLike[str], scenario: Scenario) -> Book:
        """From a file; markets and dates are those of the scenario. Raises `ConfigError` that lists all problems."""
        return cls.of_text(*read_book(file), scenario)

    @classmethod
    def of_text(cls, text: str, path: str, scenario: Scenario) -> Book:
        """From a text that errors call `path`. Raises `ConfigError`."""
        return cls(text, check_exposure(parse_document(text, path), path, scenario))

    @cached_property
    def digest(self) -> str:
        """Sixteen hex digits over what it says: comments and the order of keys do not count."""
        said = json.dumps(self.loaded.document.value, sort_keys=True, default=str)
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    @property
    def title(self) -> str:
        """For people."""
        return self.loaded.exposure.title or "exposure of one firm"

    @property
    def axes(self) -> dict[str, tuple[str, ...]]:
        """Labels of the axes that its outcomes have: options, inputs, lines."""
        return {
            "option": tuple(c.title for c in self.loaded.choices),
            "input": tuple(i.market for i in self.loaded.exposure.inputs),
            "line": tuple(line.title for line in self.loaded.choices[0].lines),
        }

    @property
    def about(self) -> dict[str, Any]:
        """The record of the book in the results, from which it can be made again."""
        book = self.loaded.exposure
        about = {"title": self.title, "bloc": book.bloc, "tail_weight": book.tail_weight, "book": self.text}
        return about | book.money.record

    def firm(self, scenario: Scenario) -> Firm:
        """The arrays. Raises `ConfigError` for units that do not fit a market and for a firm that is too large."""
        return firm_of(self.loaded, scenario)

    def rows(self, scenario: Scenario) -> tuple[int, ...]:
        """Rows of the weekly series that the firm reads: quote, paid price and unmet use of each input."""
        return series_of(self.loaded, scenario)

    def check(self, scenarios: Sequence[Scenario]) -> None:
        """Raises `ConfigError` if it does not fit a scenario."""
        for scenario in scenarios:
            self.firm(scenario)
