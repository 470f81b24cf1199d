"""Names of modules and files in the documentation are those of the code."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {"supplyshock": ROOT / "engine", "supplyshock_kernels": ROOT / "kernels"}
HOMES = (ROOT, ROOT / "engine/supplyshock", ROOT / "kernels/supplyshock_kernels")
"""Where a path that a page names may begin."""
PAGES = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")} - {ROOT / "CHANGELOG.md"})
"""The changelog tells of the past, and of names that are gone."""
TOKEN = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"[\w./-]+\.py(:[A-Za-z_][\w.]*)?")
DOTTED = re.compile(r"(supplyshock|supplyshock_kernels)(\.\w+)+")
SHIPPED = ("engine/", "kernels/", "cli/", "benchmarking/", "reporting/", "studies/", "calibration/", "execution/",
           "analysis/", "store/", "scenarios/", "common/", "model/", "rng/", "backends/", "estimation/")  # fmt: skip
"""How a folder of the code begins, as a page names it."""


def tokens(page: Path) -> list[str]:
    """What stands between backticks, code blocks left out."""
    return TOKEN.findall(FENCE.sub("", page.read_text()))


@cache
def names_of(file: Path) -> frozenset[str]:
    """What a module defines: functions, classes, their members, constants, and what it imports by name."""
    defined: set[str] = set()

    def add(body: list[ast.stmt], before: str) -> None:
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                defined.add(before + node.name)
                if isinstance(node, ast.ClassDef):
                    add(node.body, f"{before}{node.name}.")
            elif isinstance(node, ast.Assign):
                defined.update(before + t.id for t in node.targets if isinstance(t, ast.Name))
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                defined.add(before + node.target.id)
            elif isinstance(node, ast.ImportFrom):
                defined.update(a.asname or a.name for a in node.names)
            elif isinstance(node, (ast.If, ast.With, ast.Try)):
                add(node.body, before)

    add(ast.parse(file.read_text()).body, "")
    return frozenset(defined)


def defines(file: Path, name: str) -> bool:
    """Whether a module defines a name, or names it in `__all__`."""
    stub = file.with_suffix(".pyi")  # a package that imports lazily says there what it has
    if name in names_of(file) or (stub.exists() and name in names_of(stub)):
        return True
    return file.name == "__init__.py" and f'"{name}"' in file.read_text()


def wrong_file(token: str) -> str:
    """Why a path such as ``execution/plan.py:plan_run`` does not lead anywhere; empty where it does."""
    path, _, name = token.partition(":")
    files = [home / path for home in HOMES if (home / path).exists()]
    if not files:
        return f"no file {path}"
    if name and not any(defines(f, name) for f in files):
        return f"{path} defines no {name}"
    return ""


def wrong_module(token: str) -> str:
    """Why a dotted name does not lead to a module, or to a name in one; empty where it does."""
    parts = token.split(".")
    at = PACKAGES[parts[0]] / parts[0]
    for i, part in enumerate(parts[1:], 1):
        if (at / part).is_dir():
            at /= part
            continue
        file, rest = (
            (at / f"{part}.py", parts[i + 1 :]) if (at / f"{part}.py").exists() else (at / "__init__.py", parts[i:])
        )
        return "" if not rest or defines(file, ".".join(rest)) else f"{file.relative_to(ROOT)} has no {'.'.join(rest)}"
    return ""


def problems(page: Path) -> list[str]:
    """What a page names and the code does not have."""
    reasons = []
    for token in tokens(page):
        if FILE.fullmatch(token) and "/" in token:
            reasons.append(wrong_file(token))
        elif DOTTED.fullmatch(token):
            reasons.append(wrong_module(token))
        elif token.startswith(SHIPPED) and re.fullmatch(r"[\w./-]+/?", token) and "." not in token:
            there = any((home / token).is_dir() or (home / f"{token}.py").exists() for home in HOMES)
            reasons.append("" if there else f"no folder or module {token}")
    return [f"{page.relative_to(ROOT)}: {why}" for why in reasons if why]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_names_exist(page: Path) -> None:
    assert problems(page) == []


def test_the_pages_name_enough_to_be_worth_checking() -> None:
    named = [t for page in PAGES for t in tokens(page) if FILE.fullmatch(t) or DOTTED.fullmatch(t)]
    assert len(named) > 60


@pytest.mark.parametrize(
    ("token", "why"),
    [
        ("execution/plan.py:plan_run", ""),
        ("execution/plan.py:no_such_function", "execution/plan.py defines no no_such_function"),
        ("execution/gone.py", "no file execution/gone.py"),
    ],
)
def test_a_wrong_path_is_named(token: str, why: str) -> None:
    assert wrong_file(token) == why


@pytest.mark.parametrize(
    ("token", "right"),
    [
        ("supplyshock.analysis.accessor", True),
        ("supplyshock.open_run", True),
        ("supplyshock.store.partition.Plan.blocks", True),
        ("supplyshock.reading", False),
        ("supplyshock_kernels.model.materials.no_such_function", False),
    ],
)
def test_a_wrong_module_is_named(token: str, right: bool) -> None:
    assert (wrong_module(token) == "") is right
