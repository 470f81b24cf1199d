"""From the file of a firm to a checked `Exposure` and its list of options."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ...common.errors import ConfigError, Problem, UsageError
from ...common.places import local_path
from .. import units
from ..config.schema import Config
from ..currency import Currency
from ..yaml_files.section import Section
from ..yaml_files.validation_errors import limit_as_written, refusal, validate
from ..yaml_files.yaml_reader import Document, mark_of, parse_document, read_text
from .schema import Change, Exposure, Head, Input, Line, LineChange, Option

if TYPE_CHECKING:
    from ..scenario import Scenario

BOOK = "as it is"
MOST_OPTIONS = 200


@dataclass(frozen=True)
class Choice:
    """An option with the whole book under it."""

    title: str
    inputs: tuple[Input, ...]
    bought: tuple[float | None, ...]
    """For each input, the weeks over which a larger stock is bought; 0: on the first day; None: nothing is changed."""
    lines: tuple[Line, ...]
    sweep: str = ""
    """The swept quantity; empty for an option that is not part of a sweep."""
    value: str = ""


@dataclass(frozen=True)
class Loaded:
    """A checked book, with every choice that it lists."""

    exposure: Exposure
    choices: tuple[Choice, ...]
    """The book as it is, then every option."""
    document: Document
    path: str

    def problem(self, path: tuple[str | int, ...], expected: str, got: str, fix: str = "") -> ConfigError:
        """The error of one key."""
        from ..yaml_files.validation_errors import key_text

        where = str(mark_of(self.document.marks, path))
        return refusal([Problem(where, key_text(path), expected, got, fix)], self.document, ConfigError)


def read_book(file: str | os.PathLike[str]) -> tuple[str, str]:
    """The text of a book and its path. Raises `ConfigError`."""
    path = Path(local_path(file, "a book")).expanduser()
    if not path.is_file():
        fix = "`supplyshock exposure --init FILE` writes an example"
        raise ConfigError("cannot read the book", where=str(path), expected="a YAML file", got="no such file", fix=fix)
    return read_text(path), str(path)


def load_exposure(file: str | os.PathLike[str], scenario: Scenario) -> Loaded:
    """The file at a path; markets and dates are those of the scenario. Raises `ConfigError` that lists all problems."""
    text, path = read_book(file)
    return check_exposure(parse_document(text, path), path, scenario)


def refuse_config(document: Document, path: str) -> None:
    """Raises `ConfigError` for a config where a book is needed."""
    of_configs = {*Config.READ_BEFORE, *Config.model_fields} - {*Exposure.model_fields}
    if "inputs" not in document.value and not of_configs.isdisjoint(document.value):
        fix = "give the book first and configs after it: supplyshock exposure BOOK.yaml CONFIG..."
        raise ConfigError("this is a config", where=path, expected="a book, with the key `inputs`", fix=fix)


def check_exposure(document: Document, path: str, scenario: Scenario) -> Loaded:
    """A document as a checked book. A wrong currency is its only problem: without it no money can be read."""
    refuse_config(document, path)
    head = Document({key: x for key, x in document.value.items() if key == "currency"}, document.marks)
    context = {
        "currency": validate(Head, head).money,
        "names": {"market": scenario.labels.market},
        "display": scenario.labels.names,
        "start": scenario.start,
        "end": scenario.start + timedelta(weeks=scenario.weeks),
    }
    exposure = validate(Exposure, document, context=context)
    choices: list[Choice] = [Choice(BOOK, exposure.inputs, (None,) * len(exposure.inputs), exposure.own_lines)]
    problems: list[Problem] = []
    for n, option in enumerate(exposure.options):
        try:
            choices.extend(_choices(exposure, option))
        except ValidationError as failure:
            where = str(mark_of(document.marks, ("options", n, "values")))
            detail = failure.errors()[0]
            written = next((v for v in option.values if _is_written(v, detail["input"])), None)
            expected = detail.get("ctx", {}).get("expected") or str(detail["msg"])
            said = limit_as_written(detail, written) or (expected, repr(detail["input"]))
            problems.append(Problem(where, f"options[{n}].values", *said, detail.get("ctx", {}).get("fix", "")))
    if problems:
        raise refusal(problems, document, ConfigError)
    titles = [c.title for c in choices]
    if twice := next((t for t in titles if titles.count(t) > 1), None):
        raise UsageError("two options share a title", where=path, got=repr(twice), fix="give one another title")
    if len(choices) > MOST_OPTIONS:
        raise UsageError("too many options", where=path, expected=f"at most {MOST_OPTIONS}", got=str(len(choices)))
    return Loaded(exposure, tuple(choices), document, path)


def _is_written(value: str | float, converted: object) -> bool:
    """Whether a value of a sweep is what an error is about, after conversion."""
    try:
        return isinstance(value, str) and units.parse(value, "share", "duration")[0] == converted
    except units.QuantityError:
        return False


def _choices(exposure: Exposure, option: Option) -> Iterator[Choice]:
    if option.sweep is None:
        yield _choice(exposure, option.title, dict(option.inputs), dict(option.lines))
        return
    market, _, what = option.sweep.partition(".")
    sweep = option.sweep if option.target is None else f"{option.sweep}, target {option.target}"
    for value in option.values:
        change = _swept(what, value, option, exposure.money)
        text = _as_text(value, "weeks" if what == "stock" else "")
        title = f"{option.title or sweep} {text}"
        yield _choice(exposure, title, {market: change}, {}, sweep=sweep, value=text)


def _as_text(value: str | float, unit: str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:g} {unit.removesuffix('s') if value == 1 else unit}".strip()


def _swept(what: str, value: Any, option: Option, money: Currency) -> Change:
    head, _, inner = what.partition(".")
    change: dict[str, Any] = {head: {inner: value} if inner else value}
    if option.target is not None:
        change["reorder"] = {"target": option.target}
    checked = Change.model_validate(change, context={"currency": money})
    return checked if option.bought is None else checked.model_copy(update={"bought": option.bought})


def _choice(
    exposure: Exposure,
    title: str,
    changes: dict[str, Change],
    more: dict[str, LineChange],
    sweep: str = "",
    value: str = "",
) -> Choice:
    """An option that changes inputs by market, and lines by title."""
    inputs = tuple(_merged(i, changes.get(i.market)) for i in exposure.inputs)
    bought = tuple(
        None if (c := changes.get(i.market)) is None or "stock" not in c.model_fields_set else c.bought or 0.0
        for i in exposure.inputs
    )
    lines = tuple(_merged_line(line, more.get(line.title)) for line in exposure.own_lines)
    return Choice(title, inputs, bought, lines, sweep, value)


def _merged_line(own: Line, change: LineChange | None) -> Line:
    """The line under a change."""
    if change is None:
        return own
    return own.model_copy(update={key: getattr(change, key) for key in change.model_fields_set})


def _merged(own: Input, change: Change | None) -> Input:
    """The input under a change: sections are merged key by key; an own stock is its own target unless one is given."""
    if change is None:
        return own
    update: dict[str, Any] = {}
    for name in change.model_fields_set - {"bought"}:
        old, new = getattr(own, name), getattr(change, name)
        if isinstance(old, Section) and isinstance(new, Section):
            new = old.model_copy(update={key: getattr(new, key) for key in new.model_fields_set})
        update[name] = new
    if "stock" in change.model_fields_set and "target" not in change.reorder.model_fields_set:
        update["reorder"] = update.get("reorder", own.reorder).model_copy(update={"target": None})
    return own.model_copy(update=update)
