"""The part of a block that one thread works on, and helpers that all phases use."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...ops import scalar
from .columns import MARKET_ROW
from .layout import CHIP, LIST, MATERIAL, SECTOR, SOURCE, U

U0, U1, U2, U3, U4 = (U(k) for k in range(5))


class Block(NamedTuple):
    """Memory that the threads of a block share, and what they read."""

    rows: Any
    """float32 rows of the block: `layout`."""
    totals: Any
    """(outcomes, width) float32 of all blocks."""
    weekly: Any
    """(T, rows of `outputs.SERIES`, width) float32 of all blocks."""
    kept: Any
    """columns that keep their whole series: rows that no statistic reads are written for these alone."""
    plan: Any
    laws: Any
    tables: Any


class Ends(NamedTuple):
    """Memory for what a run leaves beside its totals; empty if it is not asked for."""

    state: Any
    """(R, width) float32 state after the last week."""
    ratio: Any
    """(width,) float32 log of how much likelier each path is under the other policy."""


class Lane(NamedTuple):
    """A path of the block."""

    l: Any
    """uint64 place in the block."""
    column: Any
    """uint64 place in the width."""
    path: Any
    """uint64 number."""
    place: Any
    """uint64 place in the call."""


@scalar
def weeks_of(tables: Any) -> Any:
    """Weeks of the run."""
    return U(tables.week.shape[0])


@scalar
def material_at(b: Any, m: Any, lane: Any) -> Any:
    """The lane's element of the first row of a material; likewise below."""
    return b.plan.first.materials + m * MATERIAL.size + lane.l


@scalar
def chip_at(b: Any, m: Any, lane: Any) -> Any:
    """Of a chip; ``m`` counts all markets."""
    return b.plan.first.chips + (m - b.plan.number.materials) * CHIP.size + lane.l


@scalar
def market_at(b: Any, m: Any, lane: Any) -> Any:
    """Of a market."""
    return material_at(b, m, lane) if m < b.plan.number.materials else chip_at(b, m, lane)


@scalar
def link_at(b: Any, m: Any, lane: Any) -> Any:
    """Of the link of a material that has one."""
    return U(b.tables.market_row[m, MARKET_ROW.link]) + lane.l


@scalar
def source_at(b: Any, j: Any, lane: Any) -> Any:
    """Of a source."""
    return b.plan.first.sources + j * SOURCE.size + lane.l


@scalar
def list_at(b: Any, i: Any, lane: Any) -> Any:
    """Of a control list."""
    return b.plan.first.lists + i * LIST.size + lane.l


@scalar
def sector_at(b: Any, s: Any, lane: Any) -> Any:
    """Of a sector."""
    return b.plan.first.sectors + s * SECTOR.size + lane.l


@scalar
def path_at(b: Any, lane: Any) -> Any:
    """Of the path itself."""
    return b.plan.first.path + lane.l


@scalar
def is_product(b: Any, m: Any) -> Any:
    """Whether a market is made from others."""
    return U(b.tables.market_row[m, MARKET_ROW.product]) > U0


@scalar
def is_input(b: Any, m: Any) -> Any:
    """Whether others are made from a market."""
    return U(b.tables.market_row[m, MARKET_ROW.input]) > U0
