"""`supplyshock replay`: the very bits of the store, the choice of paths, forms, pictures, refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import supplyshock as ss
from supplyshock.common.errors import ReplayError
from supplyshock.reporting.plots.style import COLUMN, DPI
from supplyshock.reporting.story.replay import PathReplayer, replay_path
from supplyshock.scenarios.scenario import leaves, load_scenario
from supplyshock.store.stored_params import read_params
from support.command import SCENARIOS, invoke, is_one_clear_line, said, small_run, tree

__all__ = ["small_run", "tree"]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_stored_parameters_are_those_of_the_scenario(scenario: str, tree: Any) -> None:
    """Bit for bit, in type and shape: the config is not needed again."""
    wanted = dict(leaves(load_scenario(scenario, {"weeks": 52}).params))
    stored = dict(leaves(read_params(tree["inputs"].to_dataset(), scenario)))
    assert list(stored) == list(wanted)
    for name, value in wanted.items():
        a, b = np.asarray(value), np.asarray(stored[name])
        assert (a.shape, a.dtype.kind in "iu") == (b.shape, b.dtype.kind in "iu"), name
        np.testing.assert_array_equal(a, b, err_msg=name)


def test_runs_of_before_lists_had_chances_by_quarter(tree: Any) -> None:
    inputs = tree["inputs"].to_dataset()
    old = read_params(inputs.drop_vars("policy_hit_cum"), "breakdown")
    np.testing.assert_array_equal(old.policy.hit_cum, read_params(inputs, "breakdown").policy.hit_cum)


@pytest.mark.parametrize("path", [3, 77])  # with and without stored weeks
def test_a_path_is_the_stored_one(path: int, tree: Any) -> None:
    replayed = replay_path(tree, path, "breakdown")
    stored = tree["outcomes"].to_dataset().sel(scenario="breakdown").isel(path=path)
    for name in stored.data_vars:
        np.testing.assert_array_equal(replayed.outcomes[name], stored[name])
    totals = sum(v.size for v in replayed.outcomes.data_vars.values())
    weekly = sum(v.size for v in replayed.series.data_vars.values())
    assert replayed.n_compared == totals + (weekly if path < 10 else 0)


def test_stops_by_week_are_those_of_the_totals(tree: Any) -> None:
    """Of the worst path."""
    path = int(ss.worst(tree, 1, "stop:ev_auto", scenario="breakdown").index[0])
    replayed = replay_path(tree, path, "breakdown")
    assert replayed.stops is not None
    assert replayed.stops.any()
    np.testing.assert_array_equal(replayed.stops.sum("time"), replayed.outcomes["stop_weeks"])
    loss = replayed.series["loss_usd_bn"].sel(party="US")
    assert (loss.to_numpy()[replayed.stops.sel(bloc="XC").any("sector").to_numpy()] > 0).all()


def test_another_backend_shows_what_the_store_does_not_hold(tmp_path: Any) -> None:
    """numba's path, to the last bit, with NumPy's trace; the trace of another path is refused."""
    from supplyshock.reporting.story.unstored_trace import unstored_trace

    out = tmp_path / "run"
    made = invoke("run", "truce_rolls", "--paths", "6", "--weeks", "30", "--out", out, "--quiet")
    assert made.exit_code == 0, made.output
    run = ss.open_run(out)
    stories = [ss.story(run, path) for path in range(6)]
    assert all(told.replayed.unstored is not None for told in stories)
    texts = [e.text for told in stories for e in told.events]
    assert any("the truce is extended, to run to " in text for text in texts)
    assert any("an accident takes" in text or "Myanmar" in text for text in texts)

    replayed, replayer = stories[3].replayed, PathReplayer.of(run)
    axes = {"time": replayed.series["time"].to_numpy()}
    other = replayer.one_path(replayed.params, 4)[1]
    trace = replayer.numpy_trace(replayed.params, 3)
    assert unstored_trace(replayed.params, trace, other, replayed.outcomes, axes) is None


@pytest.fixture
def loaded(tree: Any) -> xr.DataTree:
    """A copy in memory, to be changed."""
    copy = xr.DataTree.from_dict({k: node.to_dataset().load().copy(deep=True) for k, node in tree.children.items()})
    copy.attrs = dict(tree.attrs)
    return copy


def test_one_bit_that_differs_is_found(loaded: xr.DataTree) -> None:
    assert replay_path(loaded, 4, "swap_deal").n_compared
    bits = loaded["outcomes"]["peak_price_ratio"].values.view(np.uint32)
    bits[1, 4, 2, 0] ^= 1
    assert replay_path(loaded, 5, "swap_deal").n_compared
    with pytest.raises(ReplayError, match="path 4 of swap_deal, .*damaged") as caught:
        replay_path(loaded, 4, "swap_deal")
    assert "outcomes/peak_price_ratio" in str(caught.value)
    assert caught.value.exit_code == 65


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seed": 6}, "damaged"),
        ({"seed": 6, "model_digest": "0"}, "another version of the model"),
        ({"seed": 6, "machine": "an abacus"}, "another machine made the run"),
    ],
)
def test_another_seed_is_another_path_and_the_likely_reason_is_named(
    loaded: xr.DataTree, change: dict[str, Any], words: str
) -> None:
    loaded.attrs |= change
    with pytest.raises(ReplayError, match=words):
        replay_path(loaded, 4)


def test_text_and_json(small_run: Path, tree: Any) -> None:
    worst = [int(p) for p in ss.worst(tree, 1, "loss:CN", scenario="breakdown").index]
    args = ("replay", small_run, "--worst", 1, "--measure", "loss:CN", "--scenario", "breakdown")
    text, told = invoke(*args).stdout, json.loads(invoke(*args, "--json").stdout)
    assert [s["path"] for s in told["stories"]] == worst
    for shown in told["stories"]:
        assert f"Path {shown['path']} of breakdown" in text
        assert shown["identical"] is True
        assert shown["events"][0]["date"] == "2026-10-07"
        assert shown["events"][-1]["week"] == 51
    assert told["stories"][0]["rank"]["below"] == 299
    assert "of 300 paths none have more, 299 less" in text
    assert "409 numbers compared have the stored bits" in text


def test_the_choice_of_paths(small_run: Path, tree: Any) -> None:
    def chosen(*args: Any) -> list[int]:
        return [s["path"] for s in json.loads(invoke("replay", small_run, "--json", *args).stdout)["stories"]]

    assert chosen("--path", 7, "--path", 2) == [7, 2]
    assert chosen("--typical", "--measure", "quote:Dy") == [ss.typical(tree, "quote:Dy")]
    assert chosen("--at-percentile", "95", "--measure", "loss:CN") == [ss.nearest(tree, 0.95, "loss:CN")]


def test_pictures(small_run: Path, tmp_path: Path) -> None:
    from matplotlib.image import imread

    one = invoke("replay", small_run, "--path", 3, "--figure", tmp_path / "one.png")
    assert one.exit_code == 0
    assert "one.png" in one.stderr
    two = invoke("replay", small_run, "--path", 3, "--path", 4, "--figure", tmp_path / "two.png")
    assert two.exit_code == 0
    assert one.stdout.split("\n\n")[0] in two.stdout
    assert two.stdout.count("the stored bits") == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["one.png", "two-3.png", "two-4.png"]
    pixels = [imread(tmp_path / name)[..., :3] for name in ("one.png", "two-3.png", "two-4.png")]
    assert pixels[0].shape[1] == COLUMN * DPI
    assert pixels[0].std() > 0.1
    np.testing.assert_array_equal(pixels[0], pixels[1])
    assert pixels[2].shape != pixels[1].shape or (pixels[2] != pixels[1]).any()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ([], "exactly one of --path"),
        (["--path", 1, "--typical"], "exactly one of --path"),
        (["--path", 300], "from 0 to 299"),
        (["--path", 1, "--scenario", "breakdwn"], "did you mean 'breakdown'"),
        (["--path", 1, "--measure", "los:US"], "did you mean 'loss'"),
        (["--typical", "--measure", "deal_week"], "never happens on"),
    ],
)
def test_wrong_use(args: list[Any], words: str, small_run: Path) -> None:
    answer = invoke("replay", small_run, *args)
    assert answer.exit_code == 2
    assert is_one_clear_line(answer)
    assert words in said(answer)


def test_a_percentile_is_a_number_from_0_to_100(small_run: Path) -> None:
    for wrong in ("p95", "101", "nan", "high"):
        answer = invoke("replay", small_run, "--at-percentile", wrong)
        assert answer.exit_code == 2
        assert "such as 95" in said(answer)


def test_what_is_no_run(tmp_path: Path) -> None:
    assert invoke("replay", tmp_path, "--path", 1).exit_code == 74
