"""Which tests run when: the tiers, and the order and company of files.

`make test-fast` runs what has no mark and whose file is not in `SECONDS`; `make test` what has no mark; `make
test-thorough`, the second half of what CI runs, what is marked ``thorough``; `make test-all` also what is ``slow``.
"""

from __future__ import annotations

from pathlib import PurePath

import pytest

SECONDS: dict[str, int] = {
    "test_blocks": 160,
    "test_cuda_code": 45,
    "test_cuda_simulator": 32,
    "test_conformance": 75,
    "test_gradient": 67,
    "test_run": 67,
    "test_behaviour": 5,
    "test_dask": 32,
    "test_disasters": 24,
    "test_exposure": 25,
    "test_book_in_run": 25,
    "test_levers": 13,
    "test_calibrate_policy": 10,
    "test_damaged": 10,
    "test_draws": 9,
    "test_cli_run": 9,
    "test_common_weeks": 20,
    "test_streams": 30,
    "test_cli": 7,
    "test_hindcast": 6,
    "test_minerals": 12,
    "test_nowcast": 30,
    "test_leave_out": 12,
    "test_plausibility": 14,
    "test_figure_drawn": 6,
    "test_bargain": 5,
    "test_prim": 25,
    "test_robustness": 30,
    "test_bench": 5,
    "test_add_backend": 21,
    "test_change_equation": 11,
    "test_add_lever": 7,
    "test_add_outcome": 5,
    "test_display_names": 5,
    "test_verify": 22,
    "test_measures": 19,
    "test_security": 13,
    "test_replay": 13,
    "test_short_walks": 10,
    "test_show": 8,
    "test_store": 6,
    # judged, not measured
    "test_sizes": 13,
    "test_currency": 25,
    "test_pointed_errors": 8,
    "test_jax": 40,
    "test_jax_bytes": 12,
    "test_limits": 40,
    "test_parameter_bounds": 16,
    "test_nonfinite": 6,
    "test_writers": 30,
    "test_weigh": 30,
    "test_notebook": 40,
    "test_wrong_arguments": 50,
    "test_same_defaults": 6,
    "test_names": 6,
    "test_run_jax": 12,
    "test_wild": 12,
    "test_outcomes": 12,
    "test_sensitivity": 12,
    "test_uncertainty": 12,
    "test_slopes": 12,
    "test_importance_sampling": 12,
    "test_firm_measures": 12,
    "test_branching": 45,
    "test_stopping_rule": 12,
    "test_object_store": 12,
    "test_merge": 12,
    "test_report": 12,
    "test_sweep": 12,
    "test_wheel": 12,
    "test_compile_cache": 9,
    "test_stale_figures": 6,
}
"""Files of more than a few seconds, by processor seconds (`support.cpu_seconds` measures them), compilation included;
the longest start first."""

COMPILES = "test_conformance"
"""The file that starts first: it compiles the kernels that most others load."""

WITHOUT_KERNELS = {
    "test_measures", "test_prim", "test_security", "test_stopping_rule", "test_streams", "test_uncertainty",
    "test_verify",
}  # fmt: skip
"""Files that compile no kernel. They start second, in a process of their own, while another compiles for all."""

THOROUGH = {
    "test_blocks", "test_clouds", "test_cuda_code", "test_cuda_simulator", "test_dask", "test_disasters",
    "test_gradient", "test_jax", "test_levers", "test_limits",
    "test_merge", "test_parameter_bounds", "test_run_jax", "test_slopes", "test_wheel", "test_writers",
}  # fmt: skip
"""Files whose tests are all ``thorough``: many paths, JAX and its gradients, processes that are killed."""

TOGETHER: dict[str, str] = {
    "test_levers": "gradients",
    "test_gradient": "gradients",
}
"""Files whose tests run in one process, because they use the same JAX program."""


def stem(nodeid: str) -> str:
    """The name of a test's file, without its ending."""
    return PurePath(nodeid.partition("::")[0]).stem


def rank(item: pytest.Item) -> tuple[int, float, str]:
    """Orders files by duration, after one that compiles and those that do not; tests of a file, and files that run
    together, stay together and in order."""
    if (name := stem(item.nodeid)) in (COMPILES, *WITHOUT_KERNELS):
        return int(name != COMPILES), -SECONDS.get(name, 0), name
    group = TOGETHER.get(stem(item.nodeid), stem(item.nodeid))
    members = [name for name, its_group in TOGETHER.items() if its_group == group] or [group]
    return 2, -sum(SECONDS.get(name, 0) for name in members), group


def mark(item: pytest.Item) -> None:
    """Gives a test the mark of its file."""
    if stem(item.nodeid) in THOROUGH:
        item.add_marker("thorough")
    if is_fast(item):
        item.add_marker("fast")


def is_fast(item: pytest.Item) -> bool:
    """Whether a test runs in `make test-fast`."""
    marked = any(item.get_closest_marker(name) for name in ("thorough", "slow"))
    return not marked and stem(item.nodeid) not in SECONDS
