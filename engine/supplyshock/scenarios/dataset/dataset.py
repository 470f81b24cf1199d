"""A data folder, read and checked: labels, figures with their sources, parameters and priors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from supplyshock_kernels.model.uncertain_parameters import NAMES

from ...common.errors import DataError, Problem
from . import made_from, table_schemas
from .csv_table import Figure, Rule, Table
from .dataset_labels import DataLabels, read_labels
from .outlook import Project, project_problems, read_projects, read_trends
from .parameter_names import optional_parameters, required_parameters
from .table_schemas import PriorRow, read_priors

Key = tuple[str, ...]

SUM_TOLERANCE = 1e-6
"""How far shares of a market may sum from 1."""
USE_TOLERANCE = 1e-3
"""The same for the sectors' shares of a market's use, which are typed with few digits."""


@dataclass(frozen=True)
class Dataset:
    """Tables are mappings from the key columns to a `Figure`; nothing here can be changed."""

    folder: Path
    labels: DataLabels
    market: Table
    """(market, field)"""
    basket: Table
    """(source, market): share of world supply; absent: 0."""
    source: Table
    """(source, field)"""
    sector: Table
    """(sector, field)"""
    inputs: Table
    """(market, sector, field)"""
    coverage: Table
    """(control list, market): share of the market's trade the list gates; absent: 0."""
    made_from: Table
    """(product, input, field): materials that are made from others; absent: not made from it."""
    trend: Table
    """(market, field, year): growth that is expected of use and of supply; absent: they grow alike."""
    projects: tuple[Project, ...]
    """dated capacity, in the order of the table."""
    parameter: Table
    """(dotted name,)"""
    prior: Mapping[str, PriorRow]

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Every dotted name a config may set, those of rates and pulls that are 0 here included."""
        return parameter_names(self.labels)

    def figures(self) -> Iterator[Figure]:
        """Every figure but the priors, table by table."""
        for table in self._tables():
            yield from table.values()
        for project in self.projects:
            yield project.tonnage

    def _tables(self) -> tuple[Table, ...]:
        figures = (self.market, self.basket, self.source, self.sector, self.inputs, self.coverage, self.made_from)
        return (*figures, self.trend, self.parameter)


def parameter_names(labels: DataLabels) -> tuple[str, ...]:
    """Every name that parameters.csv and a config may use."""
    lists, sources, sectors = labels.list_ids, labels.source_ids, labels.sector_ids
    return (*required_parameters(lists), *optional_parameters(lists, sources, sectors))


def read_dataset(folder: Path) -> Dataset:
    """The data set in `folder`.

    Raises `DataError` (exit code 65) that lists every defect with file, line, column, expected and got.
    """
    if not folder.is_dir():
        got = "a file" if folder.exists() else "no such folder"
        fix = "leave `data` out for the default data set"
        raise DataError("cannot read the data set", where=str(folder), expected="a folder", got=got, fix=fix)
    labels = read_labels(folder / "dataset.yaml")
    problems: list[Problem] = []
    dataset = _read_tables(folder, labels, problems)
    problems = problems or problems_of(dataset)
    if problems:
        count = f"{len(problems)} problem" + "s" * (len(problems) > 1)
        raise DataError(f"the data set has {count}", where=str(folder), problems=problems)
    return dataset


def _read_tables(folder: Path, labels: DataLabels, problems: list[Problem]) -> Dataset:
    readers = table_schemas.readers(labels.known(), parameter_names(labels))
    read = {name: reader.read(folder, problems) for name, reader in readers.items()}
    return Dataset(
        folder=folder,
        labels=labels,
        market=read["market_figures"],
        basket=read["baskets"],
        source=read["source_figures"],
        sector=read["sector_figures"],
        inputs=read["sector_inputs"],
        coverage=read["control_lists"],
        made_from=read["made_from"],
        trend=read_trends(folder, labels.market_ids, problems),
        projects=read_projects(folder, labels.known(), problems),
        parameter=read["parameters"],
        prior=read_priors(folder, problems),
    )


def problems_of(data: Dataset) -> list[Problem]:
    """The problems of a data set: missing figures first, and sums only if nothing is missing."""
    missing = [*_missing(data), *made_from.name_problems(data.labels, data.made_from)]
    of_projects = project_problems(data.projects, data.market, data.basket)
    return missing or [*_sums(data), *_imports(data), *_gates(data), *making_problems(data), *of_projects]


def making_problems(data: Dataset) -> Iterator[Problem]:
    """Makers that take more of an input than there is, or pay more for it than they get."""
    return made_from.balance_problems(data.labels, data.market, data.basket, data.made_from)


def _missing(data: Dataset) -> Iterator[Problem]:
    labels = data.labels
    required: list[tuple[str, Collection[Key], list[Key]]] = [
        ("market_figures", data.market, [(m.id, f) for m in labels.markets for f in _fields(m.kind)]),
        ("source_figures", data.source, [(j, f) for j in labels.source_ids for f in table_schemas.SOURCE_FIELDS]),
        ("sector_figures", data.sector, [(k, f) for k in labels.sector_ids for f in table_schemas.SECTOR_FIELDS]),
        ("sector_inputs", data.inputs, [
            (m, k, f) for m in labels.market_ids for k in labels.sector_ids for f in table_schemas.INPUT_FIELDS
        ]),
        ("made_from", data.made_from, [
            (p, i, f) for p, i in made_from.pairs(data.made_from) for f in table_schemas.RECIPE_FIELDS
        ]),
        ("parameters", data.parameter, [(p,) for p in required_parameters(labels.list_ids)]),
        ("priors", {(p,) for p in data.prior}, [(p,) for p in NAMES]),
    ]  # fmt: skip
    for name, table, keys in required:
        yield from _missing_rows(data.folder / f"{name}.csv", table, keys)


def _missing_rows(file: Path, table: Collection[Key], keys: list[Key]) -> Iterator[Problem]:
    for key in keys:
        if key not in table:
            yield Problem(str(file), " ".join(key), "a row", "none")


def _fields(kind: str) -> dict[str, Rule]:
    return table_schemas.MARKET_FIELDS | (
        table_schemas.MATERIAL_FIELDS if kind == "material" else table_schemas.CHIP_FIELDS
    )


def _sums(data: Dataset) -> Iterator[Problem]:
    supply: dict[str, float] = defaultdict(float)
    use: dict[str, float] = defaultdict(float)
    for (_, m), figure in data.basket.items():
        supply[m] += figure.value
    for (m, _, field), figure in data.inputs.items():
        use[m] += figure.value if field == "use_share" else 0.0
    for m in data.labels.market_ids:
        for name, total, tolerance in (
            ("baskets", supply[m], SUM_TOLERANCE),
            ("sector_inputs", use[m], USE_TOLERANCE),
        ):
            if abs(total - 1.0) > tolerance:
                what = f"shares that sum to 1 within {tolerance:g}"
                yield Problem(str(data.folder / f"{name}.csv"), m, what, f"{total:.8g}")
    expiry = sum(f.value for (name,), f in data.parameter.items() if name.startswith("policy.expiry."))
    if abs(expiry - 1.0) > SUM_TOLERANCE:
        file = str(data.folder / "parameters.csv")
        yield Problem(file, "policy.expiry", "shares that sum to 1", f"{expiry:.8g}")


def import_shares(data: Dataset) -> Iterator[tuple[str, float]]:
    """The baseline imports of the rest of the world of every material, as a share of world use."""
    outside = {j.id for j in data.labels.sources if j.bloc == "XC"}
    for m in data.labels.material_ids:
        supply = sum(f.value for (j, n), f in data.basket.items() if n == m and j in outside)
        yield m, 1.0 - data.market[m, "cn_demand_share"].value - supply


def _imports(data: Dataset) -> Iterator[Problem]:
    """The equations of the material markets divide by what the rest of the world imports at baseline."""
    for m, imported in import_shares(data):
        share = data.market[m, "cn_demand_share"]
        if imported <= 0.0:
            expected = f"less than {share.value + imported:g}, so that the rest of the world imports {m}"
            yield Problem(share.where, "value", expected, f"{share.value:g}")


def _gates(data: Dataset) -> Iterator[Problem]:
    """A market is on at most one list of each party."""
    party = {c.id: c.party for c in data.labels.control_lists}
    first: dict[tuple[str, str], str] = {}
    for (c, m), figure in data.coverage.items():
        other = first.setdefault((party[c], m), c)
        if other != c:
            yield Problem(figure.where, "market", f"{m} on one {party[c]} list", f"{other} and {c}")
