"""The sizes that a request has in words, and warnings of those that are out of all reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from .command_helpers import say

if TYPE_CHECKING:
    from ..execution.run_request import RunRequest
    from ..scenarios.scenario import Scenario


def request_lines(request: RunRequest) -> list[tuple[str, str]]:
    """(kind, text) of start prices, and of what the firm uses: what `plan` shows in full."""
    from ..execution.run_request import book_of
    from ..scenarios.exposure.sizes import book_lines

    lines = _prices(request.scenarios)
    if book := book_of(request):
        lines += [("book", text) for text in book_lines(book.loaded, request.scenarios[0])]
    return lines


def _prices(scenarios: Sequence[Scenario]) -> list[tuple[str, str]]:
    from ..scenarios.sizes import size_lines

    return [("price", f"{s.name}: {text}") for s in scenarios for text in size_lines(s)]


def _levers(scenarios: Sequence[Scenario]) -> list[tuple[str, str]]:
    """What the configs say themselves; the projects of the data set are the same in all."""
    from ..scenarios.lever_text import PROJECT, lever_lines

    return [
        ("lever", f"{s.name}: {text}") for s in scenarios for text in lever_lines(s) if not text.startswith(PROJECT)
    ]


def say_sizes(request: RunRequest, *, quiet: bool) -> list[str]:
    """Warnings on stderr, before them the sizes unless `quiet`; returns the warnings."""
    from ..execution.request_sizes import request_warnings

    return _say([] if quiet else [*_levers(request.scenarios), *request_lines(request)], request_warnings(request))


def say_scenario_sizes(scenarios: Sequence[Scenario], *, quiet: bool, ends: Iterable[Scenario] = ()) -> list[str]:
    """As `say_sizes`, of the scenarios of a study; those at the `ends` of what it varies are only warned of."""
    from ..scenarios.sizes import size_warnings

    lines = [] if quiet else [*_levers(scenarios), *_prices(scenarios)]
    return _say(lines, size_warnings([*scenarios, *ends]))


def _say(lines: Iterable[tuple[str, str]], warnings: list[str]) -> list[str]:
    for kind, text in lines:
        say(f"{kind:10} {text}")
    for text in warnings:
        say(f"Warning: {text}")
    return warnings
