"""The loops mirror each other: a module of the same name has public functions of the same names on every side.

Whoever reads a step of the week in one loop finds it by name in the other. What only one side needs is listed with
the reason; a name that is listed without need fails too.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from supplyshock_kernels import backends

ROOT = Path(backends.__file__).parent
ARRAYS, NUMBA = "array_program", "numba_cpu"

MIRRORED = (
    "at_risk",
    "event_log_likelihood",
    "industry",
    "made_from",
    "markets",
    "negotiation",
    "path_state",
    "path_totals",
    "random_inputs",
    "standing",
    "start",
    "supply",
    "week",
    "weekly_statistics",
)

OWN_MODULES = {
    "array_program/lift": "array functions that NumPy and JAX share",
    "array_program/state": "a tile has its state in rows: `numba_cpu/layout` and `numba_cpu/rows`",
    "array_program/trade_routes": "the numba loop works these out market by market",
    "numba_cpu/compile_options": "how numba compiles",
    "numba_cpu/constants": "the array program works constants out where it needs them",
    "numba_cpu/firm": "a loop over firms on what a run returns, whatever backend made it",
    "numba_cpu/kernel_cache": "where numba keeps compiled code",
    "numba_cpu/layout": "rows of a tile",
    "numba_cpu/memory": "memory of a tile",
    "numba_cpu/paused": "rows that a tile hands on; records of the array program are handed on as they are",
    "numba_cpu/rows": "records as rows of a tile",
    "numba_cpu/simulate": "the call; `reference.simulate` and `jax_xla.simulate` are its counterparts",
    "numba_cpu/tile": "the loop over tiles; `reference.walk` and `jax_xla.program` are its counterparts",
}

OWN_FUNCTIONS = {
    "array_program/event_log_likelihood.event_log_likelihood": "what a gradient takes; numba takes none",
    "numba_cpu/event_log_likelihood.remember_state": "arrays are never overwritten, rows of a tile are",
    "array_program/industry.bill_prices": "the numba loop bills a market as it trades",
    "array_program/industry.bill_substitution": "likewise",
    "array_program/industry.lose_abroad": "the numba loop adds it to the totals sector by sector",
    "array_program/made_from.pairs": "the numba loop reads its constants: `constants.Chain`",
    "array_program/made_from.products": "likewise",
    "array_program/made_from.inputs": "likewise",
    "array_program/made_from.direct_use": "likewise",
    "array_program/made_from.spared_shares": "likewise",
    "array_program/markets.drift_demand": "the numba loop moves a market's demand as it trades",
    "numba_cpu/at_risk.any_above": "a tile passes over rows in which nothing is missing",
    "numba_cpu/at_risk.any_below": "a tile passes over rows in which nothing is missing",
    "array_program/standing.standing_cost": "the numba loop counts it with the gains",
    "numba_cpu/standing.start_standing": "the array program starts with what `find_standing` finds",
    "numba_cpu/industry.feel_pain": "the array program feels it in `week`",
    "array_program/negotiation.standing": "the numba loop reads its rows where it negotiates",
    "array_program/random_inputs.mix_noise": "the numba loop mixes a market's normals as it trades",
    "array_program/random_inputs.mix_demand_news": "likewise",
    "array_program/random_inputs.name_inputs": "a tile has its uniforms in rows, named by `layout`",
    "array_program/random_inputs.draw_priors": "importance sampling reads the normals behind the uncertain parameters",
    "array_program/random_inputs.take_members": "the numba loop chooses members in `path_state`",
    "numba_cpu/random_inputs.draws_of_tile": "an array has all paths of a call at once",
    "numba_cpu/path_state.choose_members": "the array program takes them in `random_inputs`",
    "numba_cpu/path_state.locate_rows": "arrays have their state by name, a tile in rows",
    "array_program/start.start_at_rest": "the numba loop puts a state over that of rest in its tile",
    "numba_cpu/path_totals.locate_totals": "arrays have their totals by name, a tile in rows",
    "numba_cpu/path_totals.write_totals": "a tile writes into the outcomes of its call",
    "array_program/weekly_statistics.gather_rows": "a tile shows its week in rows already",
    "array_program/weekly_statistics.paid_outside": "the numba loop shows it as it trades",
    "numba_cpu/weekly_statistics.locate_rows": "arrays have their weekly quantities by name, a tile in rows",
    "numba_cpu/weekly_statistics.copy_row": "a tile writes into the series of its call",
    "numba_cpu/weekly_statistics.add_week": "`reference` and `jax_xla` reduce the rows of the array program",
    "numba_cpu/weekly_statistics.count_bins": "likewise",
}


def modules(backend: str) -> set[str]:
    return {path.stem for path in (ROOT / backend).glob("*.py")} - {"__init__"}


def functions(backend: str, module: str) -> set[str]:
    """Public functions of a module; read, not imported: numba would compile."""
    tree = ast.parse((ROOT / backend / f"{module}.py").read_text(encoding="utf-8"))
    return {f.name for f in tree.body if isinstance(f, ast.FunctionDef) and not f.name.startswith("_")}


def one_sided(module: str) -> set[str]:
    sides = {backend: functions(backend, module) for backend in (ARRAYS, NUMBA)}
    return {
        f"{mine}/{module}.{name}"
        for mine, other in ((ARRAYS, NUMBA), (NUMBA, ARRAYS))
        for name in sides[mine] - sides[other]
    }


def test_every_module_is_mirrored_or_has_a_reason():
    alone = {f"{backend}/{m}" for backend in (ARRAYS, NUMBA) for m in modules(backend) - set(MIRRORED)}
    assert alone == set(OWN_MODULES)
    assert set(MIRRORED) <= modules(ARRAYS) & modules(NUMBA)


@pytest.mark.parametrize("module", MIRRORED)
def test_functions_have_the_same_names_on_both_sides(module):
    allowed = {name for name in OWN_FUNCTIONS if name.partition("/")[2].startswith(f"{module}.")}
    assert one_sided(module) == allowed


@pytest.mark.parametrize("module", sorted(set(MIRRORED) - {"weekly_statistics"}))
def test_most_of_a_module_is_mirrored(module):
    assert functions(ARRAYS, module) & functions(NUMBA, module)


def test_statistics_are_counted_by_functions_of_one_name():
    """Of the array program's rows, by NumPy and by JAX; of a tile's rows, by numba."""
    for backend in ("reference", "jax_xla", NUMBA):
        assert "count_bins" in functions(backend, "weekly_statistics"), backend


def test_a_function_of_another_name_would_be_seen(monkeypatch):
    monkeypatch.setitem(globals(), "functions", lambda backend, _: {f"run_{backend}"})
    assert one_sided("supply") == {"array_program/supply.run_array_program", "numba_cpu/supply.run_numba_cpu"}
