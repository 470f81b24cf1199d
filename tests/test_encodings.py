"""Text has an encoding everywhere: nothing depends on the locale of the machine that reads or writes it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("engine", "kernels", "configs", "benchmarks", "docs")
POSITION = {"read_text": 0, "write_text": 1}
PROCESSES = ("run", "Popen", "check_output", "call", "check_call")


def without_encoding(source: str) -> Iterator[int]:
    """Lines of calls that read or write text in the encoding of the locale."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _lacks(node):
            yield node.lineno


def _lacks(call: ast.Call) -> bool:
    keywords = {k.arg: k.value for k in call.keywords}
    if "encoding" in keywords or None in keywords:
        return False
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    owner = isinstance(call.func, ast.Attribute)
    if name in POSITION:
        return owner and len(call.args) <= POSITION[name]
    if name in ("open", "fdopen"):
        return _is_text(call, keywords, owner and name == "open")
    return name in PROCESSES and any(
        isinstance(v, ast.Constant) and v.value is True
        for k, v in keywords.items()
        if k in ("text", "universal_newlines")
    )


def _is_text(call: ast.Call, keywords: dict[str | None, ast.expr], method: bool) -> bool:
    """Whether a call of `open` is about text; a method of that name counts only with the arguments of a file."""
    at = 0 if method else 1
    mode = keywords.get("mode", call.args[at] if len(call.args) > at else None)
    if isinstance(mode, ast.Constant) and isinstance(mode.value, str) and set(mode.value) <= set("rwaxbt+"):
        return "b" not in mode.value
    return mode is None and (not method or (not call.args and bool({"newline", "errors"} & set(keywords))))


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_text_names_its_encoding(folder: str) -> None:
    lines = [
        f"{file.relative_to(ROOT)}:{line}"
        for file in sorted((ROOT / folder).rglob("*.py"))
        for line in without_encoding(file.read_text(encoding="utf-8"))
    ]
    assert not lines, "\n".join(lines)


@pytest.mark.parametrize(
    ("source", "lacks"),
    [
        ("p.read_text()", True),
        ("p.read_text('utf-8')", False),
        ("p.write_text(x)", True),
        ("p.write_text(x, encoding='utf-8')", False),
        ("open(p)", True),
        ("open(p, 'rb')", False),
        ("p.open('w')", True),
        ("p.open(newline='')", True),
        ("zarr.open(p)", False),
        ("subprocess.run(c, text=True)", True),
        ("subprocess.run(c)", False),
    ],
)
def test_the_scan_knows_both(source: str, lacks: bool) -> None:
    assert bool(list(without_encoding(source))) == lacks
