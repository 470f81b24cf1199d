"""The version comes from the tag and decides nothing; fragments have their form; spelling is checked."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

from supplyshock.store import provenance
from support.command import SMALL, invoke

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
TYPES = [t["directory"] for t in PYPROJECT["tool"]["towncrier"]["type"]]
FRAGMENTS = sorted(p for p in (ROOT / "docs/changes").iterdir() if p.name not in ("README.md", "template.md.jinja"))
FRAGMENT = re.compile(rf"(\d+|\+[a-z0-9_-]+)\.({'|'.join(TYPES)})(\.\d+)?\.md")
LINK = re.compile(r"\]\(([^()\s#]+)")


def problems(name: str, text: str) -> list[str]:
    """What is wrong with a fragment."""
    faults = [] if FRAGMENT.fullmatch(name) else ["a name such as +words.feature.md"]
    faults += ["a longer line than 100 characters"] if max(map(len, text.splitlines()), default=0) > 100 else []
    faults += [] if text.strip().endswith(".") else ["no sentence"]
    faults += ["a bullet: the template writes it"] if text.startswith(("*", "-")) else []
    return faults + [f"no file {link}" for link in LINK.findall(text) if ":" not in link and not (ROOT / link).exists()]


@pytest.mark.parametrize("fragment", FRAGMENTS, ids=lambda p: p.name)
def test_a_fragment_has_its_form(fragment: Path) -> None:
    assert problems(fragment.name, fragment.read_text(encoding="utf-8")) == []


def test_a_bad_fragment_is_seen() -> None:
    assert problems("+x.feature.md", "It is so ([data](docs/data.md)).\n") == []
    for name, text in (
        ("x.feature.md", "It is so.\n"),
        ("+x.news.md", "It is so.\n"),
        ("+x.fix.md", "* It is so.\n"),
        ("+x.fix.md", "so"),
        ("+x.fix.md", "It is " * 20 + "so.\n"),
        ("12.fix.md", "It is so ([data](data.md)).\n"),
    ):
        assert len(problems(name, text)) == 1, (name, text)


def test_the_readme_of_fragments_lists_their_types() -> None:
    readme = (ROOT / "docs/changes/README.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", readme, re.MULTILINE) == TYPES


def test_the_start_of_the_changelog_is_where_fragments_go() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert changelog.startswith(PYPROJECT["tool"]["towncrier"]["start_string"])


def test_the_version_is_written_nowhere() -> None:
    assert "version" not in PYPROJECT["project"]
    assert PYPROJECT["project"]["dynamic"] == ["version"]
    assert PYPROJECT["tool"]["hatch"]["version"]["source"] == "vcs"
    assert "hooks" not in PYPROJECT["tool"]["hatch"]["build"], "a version file would move the digest of the model"


@pytest.mark.parametrize(
    ("tag", "number"),
    [("v0.1.0", "0.1.0"), ("v1.20.3rc1", "1.20.3rc1"), ("0.1.0", None), ("v1", None), ("v1.2.3-data", None)],
)
def test_tags_that_are_versions(tag: str, number: str | None) -> None:
    match = re.match(PYPROJECT["tool"]["hatch"]["version"]["raw-options"]["tag_regex"], tag)
    assert (match["version"] if match else None) == number


def test_a_run_goes_on_under_another_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("run", "status_quo", *SMALL, "--quiet", "--out")
    assert invoke(*words, tmp_path / "first").exit_code == 0
    again = "9.9.1.dev12+gabcdef012.d20301231"
    monkeypatch.setattr(provenance, "version", lambda name: again if name == "supplyshock" else version(name))
    provenance.model_digest.cache_clear()
    assert provenance.versions()["supplyshock"] == again
    assert invoke(*words, tmp_path / "first").exit_code == 0  # complete already, and not another run
    assert invoke(*words, tmp_path / "second").exit_code == 0
    provenance.model_digest.cache_clear()
    first, second = (invoke("cite", tmp_path / name, "--json").stdout for name in ("first", "second"))
    assert re.findall(r'"id": "(\w+)"', first) == re.findall(r'"id": "(\w+)"', second)
    assert again in second
    assert again not in first


@pytest.mark.parametrize(
    ("text", "suggested"),
    [("teh price", "the"), ("whence it came", "from where")],  # codespell:ignore teh,whence
)
def test_misspellings_and_words_of_the_house_dictionary_are_found(text: str, suggested: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    command = [str(Path(sys.executable).parent / "codespell"), str(page)]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode != 0
    assert f"==> {suggested}" in checked.stdout


def test_lint_and_the_hooks_run_the_same_commands() -> None:
    lint = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\nlint:")[2].partition("\n\n")[0]
    in_make = {line.removeprefix("$(BIN)/") for line in lint.replace("\t", "").splitlines()[1:]}
    hooks = re.findall(r"entry: \.venv/bin/(.*)", (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert {hook.replace(" --force-exclude", "") for hook in hooks} == {c.removesuffix(" .") for c in in_make}
