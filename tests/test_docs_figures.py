"""`make figures`: blocks, tables and numbers of pages are made by commands; what is stale is named."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from figures import keys
from make_figures import main

from supplyshock.common.errors import ConfigError

PAGE = """# A page

<!-- made by: greet -->
```
old
```

Of 9<!-- count.all --> sheep 7 ± 1<!-- count.black --> are black.

<!-- made by: count -->
| old |
|---|

<!-- saved as: sheep.yaml -->
```yaml
flock: 3
```

The last word.
"""
REGISTRY = """
artefacts:
  count:
    command: cp docs/sheep.csv counted.csv && cat sheep.yaml
    reads: [docs/sheep.csv, code.py]
    configs: [sheep.yaml]
    page: README.md
    table:
      corner: sheep
      cell: {csv: counted.csv, where: {colour: "{column}"}}
      columns: {black: {}, any: {name: all}}
      rows: {number: {}, in hundreds: {times: 0.01, blank: [black]}}
    values:
      all: {csv: counted.csv, where: {colour: all}, error: false}
      black: {csv: counted.csv, where: {colour: black}}
  greet:
    command: |
      echo "hello after 12.3 s"
      printf 'two\\n\\nthree\\n'
    page: README.md
    block: {replace: {'[0-9.]+ s': 5 s}}
  picture:
    command: printf picture > drawn.png
    after: [count]
    pictures: {drawn.png: docs/drawn.png}
by_hand:
  flock: {page: README.md, place: the last word, after: [count]}
"""
MADE = """# A page

<!-- made by: greet -->
```
$ echo "hello after 12.3 s"
$ printf 'two\\n\\nthree\\n'
hello after 5 s
two

three
```

Of 40<!-- count.all --> sheep 2.0 ± 0.5<!-- count.black --> are black.

<!-- made by: count -->
| sheep | black | any |
|---|---|---|
| number | 2.0 ± 0.5 | 40 ± 3 |
| in hundreds | | 0.40 ± 0.03 |

<!-- saved as: sheep.yaml -->
```yaml
flock: 3
```

The last word.
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A page, three artefacts and a sentence by hand."""
    (tmp_path / "docs/figures").mkdir(parents=True)
    (tmp_path / "README.md").write_text(PAGE)
    (tmp_path / "code.py").write_text('"""What it does."""\nx = 1  # why\n')
    (tmp_path / "docs/sheep.csv").write_text("colour,value,se\nblack,2,0.5\nall,40,3\n")
    (tmp_path / "docs/figures/registry.yaml").write_text(REGISTRY)
    return tmp_path


def contents(project: Path) -> dict[str, bytes]:
    return {str(p.relative_to(project)): p.read_bytes() for p in project.rglob("*") if p.is_file()}


def stale(project: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Names of what the check finds stale."""
    capsys.readouterr()
    code = main(["--check"], project)
    ids = [line.partition(" ")[0] for line in capsys.readouterr().out.splitlines()]
    assert code == (0 if ids == ["every"] else 1)
    return [] if code == 0 else ids


def change(file: Path, old: str, new: str) -> None:
    before = file.read_text()
    assert old in before
    file.write_text(before.replace(old, new))


def test_blocks_tables_numbers_and_pictures_are_made_and_the_second_time_nothing_moves(project, capsys):
    assert stale(project, capsys)[:4] == ["count", "greet", "picture", "flock"]
    assert main([], project) == 0
    assert (project / "README.md").read_text() == MADE
    assert (project / "docs/drawn.png").read_bytes() == b"picture"
    assert main(["--read", "all"], project) == 0
    assert stale(project, capsys) == []
    made = contents(project)
    assert main([], project) == 0
    assert contents(project) == made
    assert str(project) not in (project / "docs/figures/lock.json").read_text()


@pytest.fixture
def made(project: Path) -> Path:
    """The same, all of it of today."""
    assert main([], project) == main(["--read", "all"], project) == 0
    return project


@pytest.mark.parametrize(
    ("file", "old", "new", "names"),
    [
        ("docs/sheep.csv", "40", "41", ["count", "picture", "flock"]),
        ("docs/figures/registry.yaml", "echo", "echo -n", ["greet"]),
        ("README.md", "flock: 3", "flock: 4", ["count", "picture", "flock"]),
        ("README.md", "| number | 2.0", "| number | 3.0", ["count"]),
        ("README.md", "Of 40<", "Of 50<", ["README.md:"]),
        ("docs/drawn.png", "picture", "scribble", ["picture"]),
        ("code.py", "x = 1", "x = 2", ["count", "picture", "flock"]),
        ("code.py", "why", "why not", []),
        ("code.py", "What it does.", "What it\n\ndoes.", []),
        ("README.md", "The last word.", "The very last word.", []),
    ],
)
def test_what_rests_on_a_change_is_stale_and_nothing_else(made, capsys, file, old, new, names):
    change(made / file, old, new)
    assert stale(made, capsys) == names


def test_what_is_stale_is_named_with_its_reason_and_its_cure(made, capsys):
    change(made / "docs/sheep.csv", "40", "41")
    main(["--check"], made)
    lines = capsys.readouterr().out.splitlines()
    assert "count (README.md): changed since: docs/sheep.csv; make figures ONLY=count" in lines
    assert "flock (README.md, the last word): changed since: docs/sheep.csv; read it again, then make figures " \
           "READ=flock" in lines  # fmt: skip
    assert main(["--only", "stale"], made) == 0
    assert "Of 41<!-- count.all -->" in (made / "README.md").read_text()
    assert stale(made, capsys) == ["flock"]
    assert main(["--read", "flock"], made) == 0
    assert stale(made, capsys) == []


@pytest.mark.parametrize("broken", ["cat sheep.yaml; echo no sheep >&2; exit 3", "echo colour,value > counted.csv"])
def test_a_command_that_fails_leaves_every_file_whole_and_others_go_on(made, capsys, broken):
    change(made / "docs/figures/registry.yaml", "cp docs/sheep.csv counted.csv && cat sheep.yaml", broken)
    change(made / "docs/figures/registry.yaml", 'echo "hello', 'echo "good day')
    before = contents(made)
    capsys.readouterr()
    assert main([], made) == 1
    said = capsys.readouterr()
    assert "FAILED count" in said.out
    assert "FAILED picture: not made: count failed" in said.out
    assert said.err.startswith("failed: count")
    assert "make figures ONLY=count" in said.err
    after = contents(made)
    assert after.pop("README.md").decode() == MADE.replace("hello", "good day")
    assert {k for k in after if after[k] != before[k]} == {"docs/figures/lock.json"}
    assert stale(made, capsys) == ["count", "picture", "flock"]


def test_a_part_is_made_by_id_and_by_page_with_what_it_needs(project, capsys):
    assert main(["--only", "picture"], project) == 0
    assert (project / "README.md").read_text() == re.sub("```\n.*three\n", "```\nold\n", MADE, flags=re.DOTALL)
    assert main(["--only", "README"], project) == 0
    assert (project / "README.md").read_text() == MADE


def test_a_page_that_quotes_numbers_names_their_artefact(project, capsys):
    (project / "docs/other.md").write_text("All 1<!-- count.all --> of them.\n")
    assert main(["--only", "other"], project) == 0
    assert (project / "docs/other.md").read_text() == "All 40<!-- count.all --> of them.\n"
    assert [line.split()[3] for line in capsys.readouterr().out.splitlines() if "/1 " in line] == ["count:"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--only", "gret"], 2, ["ONLY", "'gret'", "greet", "registry.yaml"]),
        (["--read", "greet"], 2, ["READ", "flock", "greet"]),
    ],
)
def test_an_unknown_id_is_refused_in_one_line(project, capsys, arguments, code, words):
    before = contents(project)
    assert main(arguments, project) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert all(word in said.err for word in words)
    assert contents(project) == before


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("docs/figures/registry.yaml", "reads:", "raeds:", ["artefacts.count.raeds"]),  # codespell:ignore raeds
        ("docs/figures/registry.yaml", "after: [count]", "after: [cuont]", ["artefacts.picture", "cuont"]),
        ("docs/figures/registry.yaml", "code.py", "gone.py", ["gone.py"]),
        ("docs/figures/registry.yaml", "configs: [sheep.yaml]", "configs: [goat.yaml]", ["goat.yaml"]),
        ("README.md", "<!-- made by: greet -->\n", "<!-- made by: greet -->\n\n", ["greet", "README.md"]),
        ("README.md", "40<!-- count.all", "forty<!-- count.all", ["count.all", "README.md"]),
    ],
)
def test_a_bad_registry_or_page_is_one_clear_error(made, capsys, file, old, new, words):
    change(made / file, old, new)
    capsys.readouterr()
    assert main(["--check"], made) == 65
    said = capsys.readouterr().err
    assert all(word in said for word in words)


def test_results_on_record_and_parameters_decide(tmp_path, monkeypatch):
    (tmp_path / "tests/golden").mkdir(parents=True)
    (tmp_path / keys.GOLDEN).write_text(json.dumps({"numba_float32": {"base": "a", "rift": "a"}}))
    first = keys.scenario_digest(tmp_path, "base")
    assert first != keys.scenario_digest(tmp_path, "rift")
    (tmp_path / keys.GOLDEN).write_text(json.dumps({"numba_float32": {"base": "b"}}))
    assert keys.scenario_digest(tmp_path, "base") != first
    with pytest.raises(ConfigError, match="rift"):
        keys.scenario_digest(tmp_path, "rift")
    (tmp_path / keys.GOLDEN).write_text(json.dumps({"numba_float32": {"base": "a"}}))
    monkeypatch.setattr(keys, "_parameters", lambda name: "others")
    assert keys.scenario_digest(tmp_path, "base") != first
