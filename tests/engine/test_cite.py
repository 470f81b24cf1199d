"""`supplyshock cite`: what it says of the tool, the data set and a run, and what it does not make up."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from supplyshock.reporting import citation
from supplyshock.scenarios.scenario import load_scenario
from supplyshock.scenarios.shipped import default_data
from supplyshock.store.provenance import model_digest, versions
from support.command import SCENARIOS, invoke, is_one_clear_line, small_run

__all__ = ["small_run"]

ROOT = Path(__file__).parents[2]
RELEASED = {"1.2.0": ("2031-05-06", "10.5555/12345678"), "1.1.0": ("2030-01-01", "")}
"""The prefix of the DOI is one that is reserved for examples."""


@pytest.fixture
def released(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two releases, the older one without a DOI."""
    monkeypatch.setattr(citation, "RELEASES", RELEASED)


def test_tool_and_data() -> None:
    cited = json.loads(invoke("cite", "--json").stdout)
    assert cited["tool"]["version"] == versions()["supplyshock"]
    assert cited["tool"]["model_digest"] == model_digest()
    assert cited["data"]["world_on"] == load_scenario("base").start.isoformat()
    shown = invoke("cite").stdout
    assert all(cited[part][key] in shown for part, key in (("tool", "version"), ("tool", "model_digest"),
                                                           ("data", "digest"), ("tool", "title")))  # fmt: skip


def test_no_doi_is_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(citation, "RELEASES", {})
    assert json.loads(invoke("cite", "--json").stdout)["tool"]["doi"] is None
    assert "none exists" in invoke("cite").stdout
    bibtex = invoke("cite", "--bibtex").stdout
    assert "no DOI exists" in bibtex
    assert "doi =" not in bibtex
    assert bibtex.count("  year = {2026},") == 2  # that of the data set, not of a release


@pytest.mark.usefixtures("released")
def test_a_release_has_its_doi_and_its_year() -> None:
    work = {"tool": citation.tool("1.2.0", "abc")}
    assert "  doi = {10.5555/12345678},\n" in citation.as_bibtex(work)
    assert "  year = {2031},\n" in citation.as_bibtex(work)
    assert "(2031)" in citation.as_text(work)
    assert "none exists" not in citation.as_text(work)


@pytest.mark.usefixtures("released")
@pytest.mark.parametrize("version", ["1.1.0", "1.2.1.dev4+gabc", "unknown"])
def test_another_version_does_not_borrow_the_doi_of_a_release(version: str) -> None:
    assert citation.tool(version, "abc")["doi"] is None
    assert "2031" not in citation.as_text({"tool": citation.tool(version, "abc")})


def test_a_run(small_run: Path) -> None:
    run = json.loads(invoke("cite", small_run, "--json").stdout)["run"]
    assert (run["paths"], run["seed"], run["weeks"], run["first_path"]) == (300, 5, 52, 0)
    assert tuple(run["scenarios"]) == SCENARIOS
    assert run["same_model_here"] is True
    shown = invoke("cite", small_run).stdout
    assert all(text in shown for text in (run["id"], "300 paths", "seed 5", *run["scenarios"].values()))
    assert "another one" not in shown
    assert citation.data_digest(default_data()) in shown and "Default data set" in shown


def test_a_run_of_another_version_and_model_is_cited_as_it_was_made(small_run: Path, tmp_path: Path) -> None:
    from supplyshock.analysis.open_run import open_run

    tree = open_run(small_run)
    tree.attrs |= {"model_digest": "0" * 64, "versions": json.dumps({"supplyshock": "0.0.7"})}
    cited = citation.cite(tree)
    assert (cited["tool"]["version"], cited["tool"]["model_digest"]) == ("0.0.7", "0" * 64)
    assert "another one" in citation.as_text(cited)


def test_a_run_of_other_data_is_not_said_to_be_of_the_default_set(small_run: Path) -> None:
    from supplyshock.analysis.open_run import open_run

    tree = open_run(small_run)
    assert citation.cite(tree)["data"] == citation.data_set()
    configs = json.loads(tree.attrs["config"])
    for changed in ({"data": "mine"}, {"initial": {"shut": ["nowhere"]}}, {"parameters": {"material.eta": 0.4}}):
        first = next(iter(configs))
        tree.attrs["config"] = json.dumps(configs | {first: configs[first] | changed})
        cited = citation.cite(tree)
        assert "data" not in cited and "not the default one" in citation.as_text(cited)
        assert "year =" not in citation.as_bibtex(cited)


@pytest.mark.parametrize("with_run", [False, True])
def test_bibtex_is_balanced_and_escaped(small_run: Path, with_run: bool) -> None:
    text = invoke("cite", *([small_run] if with_run else []), "--bibtex").stdout
    entries = text.strip().split("\n\n")
    assert len(entries) == 2 + with_run
    assert all(e.startswith("@misc{supplyshock") and e.count("{") == e.count("}") for e in entries)
    values = [line.partition(" = ")[2] for line in text.splitlines() if " = " in line]
    assert all("_" not in value.replace(r"\_", "") for value in values)
    assert with_run == (r"status\_quo" in text)


def test_special_characters_of_latex() -> None:
    assert citation._latex(r"a&b_c%{d}~e^f\g") == r"a\&b\_c\%\{d\}\textasciitilde{}e\textasciicircum{}f/g"


def test_the_digest_of_data_follows_what_scenarios_read_and_nothing_else(tmp_path: Path) -> None:
    before = citation.data_digest(default_data())
    copy = Path(shutil.copytree(default_data(), tmp_path / "data"))
    (copy / "README.md").write_text("other words")
    assert citation.data_digest(copy) == before
    table = copy / "trends.csv"
    table.write_bytes(table.read_bytes() + b"\n")
    assert citation.data_digest(copy) != before


def test_wrong_use(tmp_path: Path) -> None:
    for words, code in ((("cite", tmp_path), 74), (("cite", "--json", "--bibtex"), 2)):
        refused = invoke(*words)
        assert refused.exit_code == code
        assert is_one_clear_line(refused)


def test_the_citation_file_and_the_package_say_the_same() -> None:
    about = YAML(typ="safe").load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    authors = tuple(author["name"] for author in about["authors"])
    assert (about["title"], authors, about["license"]) == (citation.TITLE, citation.AUTHORS, citation.LICENCE)
    assert f"supplyshock: {project['description']}" == citation.TITLE
    assert (tuple(a["name"] for a in project["authors"]), project["license"]) == (authors, citation.LICENCE)
    last = list(citation.RELEASES.items())[-1:]
    release = (about.get("version"), (str(about.get("date-released", "")), about.get("doi", "")))
    assert release == (last[0] if last else (None, ("", "")))
