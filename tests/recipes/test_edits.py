"""Blocks of edits in docs/extending.md are applied where they belong, or refused; a copy runs its own code."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.recipes import ScratchCopy, edited, file_name

TEXT = "a = 1\nb = 2\nc = 3\nb = 2\n"


def test_lines_are_added_and_deleted() -> None:
    assert edited(TEXT, ["-a = 1", "+a = 4", " b = 2", "@@ c", " c = 3", "+d = 5"]) == (
        "a = 4\nb = 2\nc = 3\nd = 5\nb = 2\n"
    )


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([" b = 2", "+d = 5"], "2 places, not one"),
        (["-e = 2"], "0 places, not one"),
        ([" = 1", "+d"], "0 places, not one"),
        (["@@ gone", "-a = 1"], "no 'gone'"),
        (["a = 1", "+d"], "begins with a space"),
    ],
)
def test_an_edit_that_fits_nowhere_is_refused(lines: list[str], message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        edited(TEXT, lines)


def test_a_block_names_its_file() -> None:
    assert file_name("# a/b.py\n+c") == "a/b.py"
    with pytest.raises(AssertionError, match="names no file"):
        file_name("+c\n")


def test_a_copy_runs_its_own_code(tmp_path: Path) -> None:
    code = "import supplyshock, supplyshock_kernels, support; print(supplyshock.__file__, supplyshock_kernels.__file__)"
    for file in ScratchCopy.make(tmp_path).python(code).stdout.split():
        assert Path(file).is_relative_to(tmp_path)
