"""Sentences of pages that the code decides: what a measure adds up, what a checkout has, what a function takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import supplyshock as ss
from supplyshock.analysis.measures import REGISTRY
from supplyshock.common.errors import DataError, UsageError
from supplyshock.scenarios.dataset.dataset import read_dataset
from supplyshock.scenarios.new_market.market_file import read_market_file
from supplyshock.scenarios.shipped import default_data

DOCS = Path(__file__).resolve().parents[1] / "docs"
OF_SITE = {"index.md", "project.md"}
"""Pages that only the site shows; a reader of a checkout has README.md and CONTRIBUTING.md."""
PART = {"loss_usd_bn": "loss", "price_bill_usd_bn": "bill", "substitution_usd_bn": "substitution cost"}


def test_the_glossary_names_every_part_of_cost() -> None:
    text = (DOCS / "glossary.md").read_text(encoding="utf-8")
    entry = re.search(r"^\* \*\*Cost\*\*:(.*?)(?=^\* )", text, flags=re.S | re.M)
    assert entry is not None
    missing = [word for outcome, word in PART.items() if word not in " ".join(entry[1].split())]
    assert set(REGISTRY["cost"].outcomes) == set(PART) and not missing


def test_pages_for_reading_in_a_checkout_link_no_page_that_the_site_makes() -> None:
    pages = [p for p in DOCS.rglob("*.md") if not {"generated", "_build", "reference"} & set(p.parts)]
    made = [
        p.name for p in pages if p.name not in OF_SITE and "](reference/generated/" in p.read_text(encoding="utf-8")
    ]
    assert len(pages) > 20 and made == []


def test_the_weakest_figures_do_not_deny_the_states() -> None:
    """Prices of the first day are states of the data set, unless no scenario takes them."""
    states = load("status_quo")["initial"].get("states")
    entry = re.search(r"\*\*Starting prices.*?(?=\n\n)", (DOCS / "data.md").read_text(encoding="utf-8"), flags=re.S)
    assert states and entry is not None
    assert "states" in entry[0] and "all prices are 1" not in entry[0]


def load(name: str) -> dict[str, dict[str, str]]:
    """The config of a scenario, with its bases."""
    return ss.load_scenario(name).config


def test_the_recipe_says_which_markets_cannot_be_added(tmp_path: Path) -> None:
    """China supplies 0.8 of the antimony of the recipe: a use of 0.8 or more is refused, one below it is not."""
    page = (DOCS / "extending.md").read_text(encoding="utf-8")
    assert "`cn_demand_share` is less than China's share of supply" in " ".join(page.split())
    assert "importer cannot be added" in page
    recipe = re.search(r"   ```yaml\n   # antimony.yaml\n(.*?)   ```", page, flags=re.S)
    assert recipe is not None
    text = re.sub(r"(?m)^   ", "", recipe[1])
    assert "cn_demand_share: 0.5" in text
    path, data = tmp_path / "antimony.yaml", read_dataset(default_data())
    for share, refused in ((0.79, False), (0.8, True), (0.85, True)):
        path.write_text(text.replace("cn_demand_share: 0.5", f"cn_demand_share: {share}"), encoding="utf-8")
        if refused:
            with pytest.raises(DataError, match="so that the rest of the world imports it"):
                read_market_file(path, data)
        else:
            read_market_file(path, data)


@pytest.mark.parametrize("call", [ss.exposure, ss.run_scenarios])
def test_a_keyword_of_a_scenario_says_where_it_goes(call: object, tmp_path: Path) -> None:
    """And the page on Python says so; other unknown keywords keep the nearest name."""
    assert callable(call)
    book = tmp_path / "plant.yaml"
    book.write_text("inputs: [{market: Dy, use: 3 t/year}]", encoding="utf-8")
    given = (book, ["base"]) if call is ss.exposure else ([ss.load_scenario("base")], tmp_path / "run")
    for keyword in ("weeks", "overrides"):
        with pytest.raises(UsageError, match=rf"got {keyword}; it belongs to a scenario: load_scenario\(name, "):
            call(*given, **{keyword: 52})
    with pytest.raises(UsageError, match="did you mean 'paths'"):
        call(*given, n_paths=3)
    assert 'load_scenario("status_quo", {"weeks": 52})' in (DOCS / "how-to" / "python.md").read_text(encoding="utf-8")


def test_the_readme_has_the_shares_of_the_back_test() -> None:
    """In the 90 % bands, with the fit and where the fit leaves out the episode of a point."""
    page, readme = ((p.read_text(encoding="utf-8")) for p in (DOCS / "backtest.md", DOCS.parent / "README.md"))
    fitted = re.search(r"bands hold \d+ / \d+ / (\d+) %", page)
    table = page.partition("## Episodes left out, one at a time")[2].partition("\n## ")[0]
    without = [row.split("|")[6] for row in table.splitlines() if re.match(r"\| (?!left out|---)", row)]
    counts = re.findall(r"(\d+) of (\d+)", str(without))
    inside, points = (sum(int(pair[i]) for pair in counts) for i in (0, 1))
    said = re.search(r"(\d+) % of them lie in its 90 % bands, (\d+) % where", " ".join(readme.split()))
    assert fitted is not None and said is not None and points == 65
    assert said.groups() == (fitted[1], f"{100 * inside / points:.0f}")
