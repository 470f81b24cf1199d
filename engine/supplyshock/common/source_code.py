"""Python source without the words in it, for digests that move when code does."""

from __future__ import annotations

import ast
import io
import tokenize


def code_alone(source: str) -> str:
    """Source without comments, docstrings and blank lines."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Expr)
            and _is_text(node.value)
            and not lines[node.lineno - 1][: node.col_offset].strip()
        ):
            last = node.end_lineno or node.lineno
            lines[node.lineno - 1 : last] = [""] * (last - node.lineno + 1)
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _is_text(value: ast.expr) -> bool:
    """Whether a statement is a string that stands alone: a docstring, also of a constant."""
    return isinstance(value, ast.Constant) and isinstance(value.value, str)
