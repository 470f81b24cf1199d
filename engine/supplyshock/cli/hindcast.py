"""`supplyshock hindcast`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .command_helpers import Count, debug_option, json_option, print_json, say
from .run_options import simulation_options

if TYPE_CHECKING:
    from supplyshock_kernels.params import Params

    from ..calibration.backtest.run import Episode
    from ..execution.simulation_settings import SimulationSettings

PATHS = 4096


@click.command(short_help="Run dated episodes and hold them against what was observed.")
@click.argument("episode", metavar="EPISODE")
@click.option("--observed", type=click.Path(path_type=Path), metavar="CSV", help="Observed points. Default: shipped.")
@click.option("--figure", type=click.Path(path_type=Path), metavar="F", help="Draw the points over the fans (PNG).")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Write the rows (CSV) and the picture.")
@click.option("--page", type=click.Path(path_type=Path), metavar="MD", help="With `all`: write the back-test page.")
@click.option("--data", type=click.Path(path_type=Path), metavar="DIR", help="Rows of the page. Default: beside it.")
@click.option("--draws", type=Count(0, 4096), metavar="N", help="Divide the paths among N sets of parameters.")
@click.option("--quiet", is_flag=True, help="No progress and no tables.")
@json_option
@debug_option
@simulation_options
def hindcast(
    episode: str,
    observed: Path | None,
    figure: Path | None,
    out: Path | None,
    page: Path | None,
    data: Path | None,
    draws: int | None,
    quiet: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Run an episode of the past and hold it against what was observed.

    EPISODE is 2010, 2018, 2021, 2023, 2025, stop, calm, or all of them: all; or the path or the name of a config with
    rows in --observed. Each row says whether the number lies in the simulated band, and how the forecast did beside no
    change and a random walk. With --draws the sets are drawn from what the calibration left open; what a config or
    --set names stays as it is.
    """
    from ..calibration.backtest.observations import shipped_points
    from ..calibration.backtest.run import choose_episodes, episodes, known_points, run_episode
    from ..calibration.parameter_posterior import DRAWS
    from ..common.errors import UsageError
    from ..common.progress import make_progress
    from ..reporting.page.backtest_publish import publish
    from ..scenarios.scenario import load_scenario

    if page is not None and episode != "all":
        raise UsageError("a page needs every episode", where="--page", expected="the episode `all`", got=episode)
    how, overrides = settle(options, PATHS)
    load = partial(load_scenario, overrides=overrides)
    file = observed or shipped_points()
    points = known_points(file)
    names = list(episodes(points)) if episode == "all" else [episode]
    chosen = {name: choose_episodes(name, points, file) for name in names}
    progress = make_progress("quiet" if quiet else "auto")
    draw = _draw(draws, how.seed, overrides) if draws else None
    found = [run_episode(name, mine, how, progress, load, draw) for name, mine in chosen.items()]
    files = _write(found, figure, out)
    if page is not None:
        progress = make_progress("quiet" if quiet else "auto")
        draw = _draw(DRAWS, how.seed, overrides)
        drawn = [run_episode(name, mine, how, progress, load, draw) for name, mine in chosen.items()]
        files += publish(found, page, data, drawn=drawn)
    if as_json:
        print_json(_facts(found, files))
    elif not quiet:
        _print(found)
    for path in files:
        say(f"wrote {path}")


def _draw(count: int, seed: int, overrides: dict[str, Any] | None) -> Callable[[str], Sequence[Params]]:
    """Sets of parameters by scenario, from the posterior that ships."""
    from ..calibration.parameter_posterior import check_applies, drawn_params, read_posterior, shipped_posterior
    from ..scenarios.config.load import load_config

    posterior = read_posterior(shipped_posterior())
    draws = posterior.draw(count, seed)

    def drawn(name: str) -> Sequence[Params]:
        loaded = load_config(name, overrides)
        check_applies(posterior, loaded)
        return drawn_params(loaded, draws)

    return drawn


def settle(options: dict[str, Any], paths: int) -> tuple[SimulationSettings, dict[str, Any] | None]:
    """How to compute, and the overrides of every config. Raises `UsageError` and `DeviceError`."""
    from ..execution.backend_selection import choose_backend
    from ..execution.simulation_settings import SimulationSettings
    from .overrides import parse_overrides

    overrides = parse_overrides(options["changes"])
    if options["weeks"] is not None:
        overrides["weeks"] = options["weeks"]
    backend, kind = choose_backend(options["backend"] or "auto", options["device"] or "auto")
    how = SimulationSettings(
        paths=paths if options["paths"] is None else options["paths"],
        seed=1 if options["seed"] is None else options["seed"],
        backend=backend,
        device=kind or "auto",
        precision=options["precision"] or "float32",
        threads=options["threads"],
    )
    return how, overrides or None


def _write(found: list[Episode], figure: Path | None, out: Path | None) -> list[Path]:
    from ..calibration.backtest.score_tables import as_csv, records
    from ..reporting.plots.backtest import fan_chart
    from ..store.atomic_files import file_errors

    made: list[Path | None] = []
    if out is not None:
        with file_errors(out):
            out.mkdir(parents=True, exist_ok=True)
            made.append(out / "hindcast.csv")
            (out / "hindcast.csv").write_text(as_csv(records(found)), encoding="utf-8")
            made += [fan_chart(e, out / f"hindcast_{Path(e.name).stem}.png") for e in found]
    if figure is not None:
        with file_errors(figure):
            many = len(found) > 1
            made += [fan_chart(e, figure.with_stem(f"{figure.stem}_{e.name}") if many else figure) for e in found]
    return [path for path in made if path is not None]


def _facts(found: list[Episode], files: list[Path]) -> dict[str, Any]:
    from ..calibration.backtest.score_tables import records, summarise

    rows = records(found)
    total = summarise(rows)
    return {
        "episodes": [e.name for e in found],
        "scenarios": {k: v for e in found for k, v in e.titles.items()},
        "digests": {k: v for e in found for k, v in e.digests.items()},
        "paths": found[0].paths,
        "seed": found[0].seed,
        "scores": {**total._asdict(), "coverage": total.coverage},
        "rows": [_typed(r) for r in rows],
        "files": [str(path) for path in files],
    }


def _typed(row: dict[str, str]) -> dict[str, Any]:
    numbers = ("observed", "band_low", "band_high", "median", "q05", "q95", "crps", "crps_no_change", "crps_walk")
    flags = {k: bool(int(row[k])) if row[k] else None for k in ("inside", "hit")}
    return {**row, **{k: float(row[k]) if row[k] else None for k in numbers}, **flags}


def _print(found: list[Episode]) -> None:
    from ..calibration.backtest.score_tables import records, summarise
    from .study_options import print_table

    for episode in found:
        click.echo(f"{episode.name}: {'; '.join(episode.titles.values())}")
        rows = records([episode])
        header = ["", "from", "observed", "median", "5 %", "95 %", "in", "target", "CRPS", "no change", "walk"]
        print_table(header, [_line(r) for r in rows])
        click.echo()
    s = summarise(records(found))
    click.echo(f"{s.inside} of {s.points} observed numbers lie in the 90 % band; {s.hits} of {s.targets} targets met")
    if s.scored:
        click.echo(
            f"CRPS in logs over {s.scored} ratios: {s.crps:.3f}; no change {s.crps_no_change:.3f}, "
            f"random walk {s.crps_walk:.3f}"
        )
    click.echo(f"{found[0].paths:,} paths a scenario, seed {found[0].seed}; sources of the points: --json or --out")


def _line(r: dict[str, str]) -> list[str]:
    name = r["target"] or "band"
    hit = {"": r["target"], "1": f"{name} met", "0": f"{name} missed"}[r["hit"]]
    inside = {"": "", "1": "in", "0": "out"}[r["inside"]]
    scores = [r["crps"], r["crps_no_change"], r["crps_walk"]]
    return [r["what"], r["from"], r["observed"], r["median"], r["q05"], r["q95"], inside, hit, *scores]
