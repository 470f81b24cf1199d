"""Fits the text of a measure to the names that there are. One clear error for what does not fit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ...common.errors import UsageError, did_you_mean
from .expression import TIMES, Expression, parse_expression, written
from .firm_rows import FIRM_ROWS
from .fitted_measure import AxisStep, Level, Measure, Part
from .measure_row import EVENTS, MeasureRow
from .vocabulary import Vocabulary
from .window import Window, find_level, find_window

PER_KG = "USD/kg"
_PRICES = "did you mean 'quote'? `quote` is the price asked, `paid` the price that users pay;"
MEANT = {"price": _PRICES, "prices": _PRICES}
"""Hints for words whose measures have other names."""


def resolve(text: str, names: Vocabulary) -> Measure:
    """The measure of a text. Raises `UsageError` for unknown names, with the nearest one."""
    return fit_expression(parse_expression(text), names)


def fit_expression(parts: Expression, names: Vocabulary) -> Measure:
    """The measure of the parts of a text, which errors show whole. Raises `UsageError` as `resolve` does."""
    row = _row(parts, names)
    window = _window(parts, row, names)
    labels = _labels(parts, row, names, weekly=window is not None)
    variables = row.outcomes if window is None else (row.weekly,)
    steps = tuple(Part(v, _steps(row, v, labels, names, window is not None)) for v in variables)
    regime = -1
    if row.rule == "is":
        regime = names.of("regime").index(labels["regime"])
    measure = Measure(parts.text, row, labels, steps, window, regime, display=names.display)
    return _with_threshold(measure, parts, names)


def _with_threshold(measure: Measure, parts: Expression, names: Vocabulary) -> Measure:
    if parts.threshold is None:
        return measure
    if measure.row.rule in EVENTS:
        fix = f"give {parts.without_threshold} alone"
        raise UsageError("this measure is already a probability", where=parts.text, fix=fix)
    threshold = parts.threshold
    if threshold.unit == PER_KG and measure.value_unit == "x baseline":
        threshold = replace(threshold, number=threshold.number / _usd_per_kg(measure, parts, names), unit="")
    level = find_level(threshold, measure.value_unit, parts.text)
    return replace(measure, threshold=Level(parts.threshold.operator, level, parts.threshold.with_unit))


def _usd_per_kg(measure: Measure, parts: Expression, names: Vocabulary) -> float:
    """USD/kg at a ratio of 1 of the one market that is named. Raises `UsageError` if it has none, or several."""
    market = measure.labels.get("market", "")
    prices = {of[market] for of in names.base().values() if market in of}
    if len(prices) == 1:
        return prices.pop()
    if not market:
        what, fix = "a price in USD/kg is of one market", f"name it, such as {parts.name}:Dy"
    elif prices:
        what, fix = "scenarios of this run have different base prices", "give a ratio to the baseline"
    else:
        what, fix = "this market has no price by the kilogram here", "give a ratio to the baseline, such as > 2"
    raise UsageError(what, where=parts.text, got=str(parts.threshold), fix=fix)


def _row(parts: Expression, names: Vocabulary) -> MeasureRow:
    if parts.name in names.rows:
        return names.rows[parts.name]
    if parts.name in FIRM_ROWS:
        fix = "give the run a book: supplyshock run CONFIG... --book plant.yaml"
        raise UsageError("a measure of a firm, and none is attached", where=parts.text, got=repr(parts.name), fix=fix)
    listed = ", ".join(list(names.rows)[:30])
    meant = MEANT.get(parts.name.casefold()) or did_you_mean(parts.name, names.rows)
    fix = f"{meant} known: {listed}, ...; `supplyshock measures` lists all".strip()
    raise UsageError("no such measure", where=parts.text, got=repr(parts.name), fix=fix)


def _window(parts: Expression, row: MeasureRow, names: Vocabulary) -> Window | None:
    time = parts.time
    if time is not None and not time.word and time.reduction == row.reduction and row.outcomes:
        return None  # quote:Dy peak is what the store has for the whole run
    if time is None and row.outcomes:
        return None
    if not row.weekly:
        known = ", ".join(dict.fromkeys(r.name for r in names.rows.values() if r.weekly))
        fix = f"measures that have: {known}" if known else ""
        raise UsageError("this measure has no weekly values", where=parts.text, got=str(time), fix=fix)
    if names.start is None:
        expected = "the whole run, as `open_run` gives it"
        raise UsageError("a time needs the weekly series", where=parts.text, expected=expected, got="only outcomes")
    if time is None:
        return Window(0, names.weeks, row.reduction, names.start)
    return find_window(time, row, names.start, names.weeks, parts.text)


def _axes(row: MeasureRow, names: Vocabulary, weekly: bool) -> tuple[str, ...]:
    """Axes that labels may name: those that all its variables have."""
    if row.rule == "is":
        return ("regime",)
    tables = [names.weekly[row.weekly]] if weekly else [names.outcomes[v] for v in row.outcomes]
    common = [a for a in tables[0] if all(a in t for t in tables[1:])]
    return tuple(a for a in common if a not in row.only and not (row.rule == "ratio" and a == "bloc"))


def _labels(parts: Expression, row: MeasureRow, names: Vocabulary, weekly: bool) -> dict[str, str]:
    axes = _axes(row, names, weekly)
    labels = _named(parts, axes, names)
    variable = row.weekly if weekly else row.outcomes[0]
    for axis in axes:
        fold = "" if row.rule == "is" else row.fold(variable, axis)
        if axis in labels or fold in ("sum", "max"):
            continue
        if fold not in names.of(axis):
            raise _missing(parts, axis, names.of(axis))
        labels[axis] = fold
    return {axis: labels[axis] for axis in axes if axis in labels}


def _named(parts: Expression, axes: tuple[str, ...], names: Vocabulary) -> dict[str, str]:
    """The labels of the text by axis. They may come in any order."""
    labels: dict[str, str] = {}
    for text in parts.labels:
        meant = {axis: label for axis in axes if (label := names.display.find(axis, text, names.of(axis)))}
        if not meant:
            raise _unknown(parts, text, axes, names)
        axis = next((a for a in meant if a not in labels), None)
        if axis is None:
            raise UsageError("two labels for one axis", where=parts.text, got=repr(text), expected="one")
        labels[axis] = meant[axis]
    return labels


def _unknown(parts: Expression, text: str, axes: tuple[str, ...], names: Vocabulary) -> UsageError:
    every = [label for axis in axes for label in names.of(axis)]
    if whole := next((label for label in every if label != written(label) and label.startswith(text)), ""):
        fix = f"a label with a comma stands in quotes: {parts.name}:{written(whole)}"
        raise UsageError("no such label here", where=parts.text, got=repr(text), fix=fix)
    known = [written(label) for label in every]
    hints = (names.display.nearest(axis, text, names.of(axis)) for axis in axes)
    hint = next((h for h in hints if h), "") or _elsewhere(parts, text, names)
    if " " in text and not hint:
        return UsageError("no such label or time", where=parts.text, expected=TIMES, got=repr(text))
    listed = f"one of {', '.join(known[:30])}{', ...' if len(known) > 30 else ''}" if known else "no label"
    return UsageError("no such label here", where=parts.text, expected=listed, got=repr(text), fix=hint)


def _elsewhere(parts: Expression, text: str, names: Vocabulary) -> str:
    """The measure of a similar name that has the label: ``loss_abroad:EU`` for ``loss:EU``."""
    for row in names.rows.values():
        if not row.name.startswith(f"{parts.name}_") or not row.outcomes:
            continue
        if any(names.display.find(axis, text, names.of(axis)) for axis in _axes(row, names, weekly=False)):
            return f"{row.name}:{text} has it: {row.meaning}"
    return ""


def _missing(parts: Expression, axis: str, some: Iterable[str]) -> UsageError:
    known = [written(label) for label in some]
    colon = "," if parts.labels else ":"
    labels = f":{','.join(map(written, parts.labels))}" if parts.labels else ""
    return UsageError(
        f"this measure needs a {axis}",
        where=parts.text,
        expected=f"such as {parts.name}{labels}{colon}{known[0] if known else axis.upper()}",
        fix=f"one of {', '.join(known[:30])}",
    )


def _steps(
    row: MeasureRow, variable: str, labels: dict[str, str], names: Vocabulary, weekly: bool
) -> tuple[AxisStep, ...]:
    table = names.weekly if weekly else names.outcomes
    return tuple(_step(row, variable, axis, labels, names) for axis in table[variable])


def _step(row: MeasureRow, variable: str, axis: str, labels: dict[str, str], names: Vocabulary) -> AxisStep:
    known = names.of(axis)
    if axis in labels:
        return AxisStep(axis, "take", (known.index(labels[axis]),))
    if axis in row.only:
        return AxisStep(axis, "sum", tuple(known.index(label) for label in row.only[axis] if label in known))
    if row.rule == "ratio" and axis == "bloc":
        return AxisStep(axis, "ratio", (known.index("XC"), known.index("CN")))
    return AxisStep(axis, "max" if row.fold(variable, axis) == "max" else "sum")
