"""What a command printed or wrote, as text of a page: console blocks, numbers, tables."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pandas as pd

from supplyshock.common.errors import ConfigError
from supplyshock.common.number_format import number

from .registry import Block, Cell, Table

DOTS = "..."
SPREAD = "parameter_sd"
"""Column of the standard deviation over parameters: the error of a figure has both."""


def console_block(command: str, printed: str, block: Block) -> str:
    """A fenced block: the command behind a `$`, and what the rules leave of its output."""
    shown = block.shown if block.shown is not None else "\n".join(_prompts(command))
    return "\n".join(["```", *shown.splitlines(), *cut(printed, block), "```"]) + "\n"


def _prompts(command: str) -> list[str]:
    """Lines of a command as a reader types them; what goes on from the line before is indented."""
    lines = command.strip().splitlines()
    goes_on = [False, *(line.endswith("\\") for line in lines)]
    return [f"    {line.strip()}" if more else f"$ {line}" for line, more in zip(lines, goes_on, strict=False)]


def cut(printed: str, block: Block) -> list[str]:
    """The lines that the rules keep; dots stand for what is left out between or below them."""
    for expression, text in block.replace.items():
        printed = re.sub(expression, text, printed)
    lines = [line.rstrip() for line in printed.splitlines()]
    first = next((i for i, line in enumerate(lines) if re.search(block.start, line)), len(lines))
    ends = (i for i, line in enumerate(lines) if i > first and block.until and re.search(block.until, line))
    last = next(ends, len(lines))
    kept = [i for i in range(first, last) if _is_kept(lines[i], block.keep)][: block.most]
    if not kept:
        raise ConfigError("the rules of a block keep no line", where=f"start {block.start!r}, keep {block.keep}")
    while not lines[kept[-1]]:
        kept.pop()
    left: list[str] = []
    for before, i in zip([kept[0] - 1, *kept], kept, strict=False):
        between = lines[before + 1 : i]
        left += [*([DOTS] if any(between) else between), lines[i]]
    return [*left, DOTS] if any(lines[kept[-1] + 1 :]) else left


def _is_kept(line: str, keep: list[str]) -> bool:
    return not keep or any(re.search(expression, line) for expression in keep)


def cell_text(folder: Path, cell: Cell) -> str:
    """A number as pages write it, ``5.11 ± 0.10``. Raises `ConfigError` unless one row of the table is meant."""
    table = pd.read_csv(folder / cell.csv, keep_default_na=False, na_values=["", "nan"])
    rows = table
    for column, held in cell.where.items():
        _expect_column(table, column, cell)
        same = (rows[column].astype(str) == held) if isinstance(held, str) else (rows[column] - held).abs() < 1e-9
        rows = rows[same]
    if len(rows) != 1:
        raise ConfigError("one row is meant", where=cell.csv, expected=str(cell.where), got=f"{len(rows)} rows")
    _expect_column(table, cell.value, cell)
    value = float(rows[cell.value].iloc[0]) * cell.times
    error = _error_column(table, cell)
    se = float(rows[error].iloc[0]) * abs(cell.times) if error else float("nan")
    if error == "se" and SPREAD in rows and rows[SPREAD].notna().iloc[0]:
        se = math.hypot(0.0 if math.isnan(se) else se, float(rows[SPREAD].iloc[0]) * abs(cell.times))
    text = number(value, se).replace("±", "± ") if cell.error else number(value, se).partition(" ")[0]
    return f"+{text}" if cell.sign and not text.startswith(("-", "0 ")) and text != "0" else text


def _error_column(table: pd.DataFrame, cell: Cell) -> str | None:
    if cell.se is not None:
        _expect_column(table, cell.se, cell)
        return cell.se
    beside = ["se"] if cell.value == "value" else [f"{cell.value}_se"]
    if cell.value.endswith(" mean"):
        beside.append(f"{cell.value.removesuffix(' mean')} se")
    return next((name for name in beside if name in table.columns), None)


def _expect_column(table: pd.DataFrame, column: str, cell: Cell) -> None:
    if column not in table.columns:
        raise ConfigError("no such column", where=cell.csv, expected=", ".join(table.columns)[:200], got=column)


def markdown_table(folder: Path, table: Table) -> str:
    """A table of numbers."""
    lines = [_line([table.corner, *table.columns]), f"|{'---|' * (len(table.columns) + 1)}"]
    for name, row in table.rows.items():
        blank = row.get("blank", [])
        cells = ["" if column in blank else cell_text(folder, table.at(column, name)) for column in table.columns]
        lines.append(_line([name, *cells]))
    return "\n".join(lines) + "\n"


def _line(cells: list[str]) -> str:
    return "|" + "".join(f" {cell} |" if cell else " |" for cell in cells)
