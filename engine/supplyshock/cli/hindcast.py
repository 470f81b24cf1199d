"""`supplyshock hindcast`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .command_helpers import Count, debug_option, json_option, print_json, say
from .places import Folder, InputFile, OutputFile, Picture
from .run_options import simulation_options

if TYPE_CHECKING:
    from supplyshock_kernels.params import Params

    from ..calibration.backtest.episode_tables import ChosenEpisode
    from ..calibration.backtest.left_out import Draw, RunEpisode
    from ..calibration.backtest.observed_point import ObservedPoint
    from ..calibration.backtest.run import Episode
    from ..reporting.page.backtest_publish import Extras

PATHS = 4096


@click.command(short_help="Simulate past episodes and compare with observations.")
@click.argument("episode", metavar="EPISODE")
@click.option("--observed", type=InputFile(), metavar="CSV", help="Observations. Default: the shipped file.")
@click.option("--figure", type=Picture(), metavar="F", help="Draw observations over fan charts: .png, .pdf or .svg.")
@click.option("--out", type=Folder(), metavar="DIR", help="Write the rows (CSV) and the pictures to this folder.")
@click.option("--page", type=OutputFile(), metavar="MD", help="Write the back-test page; requires the episode `all`.")
@click.option(
    "--data",
    type=Folder(),
    metavar="DIR",
    help="Folder for the rows of the page. Default: the folder of the page.",
)
@click.option("--draws", type=Count(0, 4096), metavar="N", help="Divide the paths among N draws of the parameters.")
@click.option(
    "--leave-out", is_flag=True, help="Draw the parameters from the posterior that excludes the points of the episode."
)
@click.option("--quiet", is_flag=True, help="Print no progress and no tables.")
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
    leave_out: bool,
    quiet: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Simulate a past episode and compare it with the observations.

    EPISODE is 2010, 2018, 2021, 2023, 2025, stop, calm, antimony, graphite, metals or all, or a config (path or name)
    with rows in --observed. No parameter was fitted to antimony, graphite and metals: their scores are separate.
    Each row states whether the observation lies in the simulated band. It compares the forecast with two naive
    forecasts: no change, and a random walk. --draws draws the parameters from the posterior of the calibration;
    keys that a config or --set names keep their values. --leave-out takes a posterior that excludes the points of the
    episode, so its scores are out of sample.

    \b
    supplyshock hindcast 2010 --figure 2010.png
    """
    from ..calibration.backtest.episode_tables import choose
    from ..calibration.backtest.run import run_episode
    from ..calibration.parameter_posterior import DRAWS
    from ..common.progress import make_progress
    from ..reporting.page.backtest_publish import publish
    from ..scenarios.scenario import load_scenario
    from .study_options import parse_settings

    if page is not None:
        _check_page(episode, leave_out)
    settings, overrides = parse_settings(options, PATHS)
    load = partial(load_scenario, overrides=overrides or None)
    chosen = choose(episode, observed)
    progress = make_progress("quiet" if quiet else "auto")
    draw = ParameterDraws(draws or DRAWS, settings.seed, overrides)

    def run(name: str, own_points: Sequence[ObservedPoint], of: Draw | None) -> Episode:
        return run_episode(name, own_points, settings, progress, load, of)

    def draw_for(own_points: Sequence[ObservedPoint]) -> Draw | None:
        return draw.without(own_points[0].episode) if leave_out else draw.posterior() if draws else None

    results = [run(e.name, e.points, draw_for(e.points)) for e in chosen]
    groups = _groups(results, chosen)
    files = _write(results, figure, out)
    if page is not None:
        fitted = {e.name: e.points for e in chosen if not e.held_out}
        extras = _extras(fitted, run, ParameterDraws(DRAWS, settings.seed, overrides))
        files += publish(groups[0], page, data, extras._replace(held_out=groups[1]))
    if as_json:
        print_json(_as_dict(groups, files))
    elif not quiet:
        _print(groups)
    if leave_out:
        _say_not_fitted([e.name for e in chosen], draw)
    for path in files:
        say(f"wrote {path}")


def _check_page(episode: str, leave_out: bool) -> None:
    """Raises `UsageError` where a page would lack an episode, or show one with parameters of its own."""
    from ..common.errors import UsageError

    if episode != "all" or leave_out:
        got = "--leave-out" if leave_out else episode
        raise UsageError("a page needs all episodes", where="--page", expected="the episode `all`", got=got)


def _say_not_fitted(episodes: Sequence[str], draw: ParameterDraws) -> None:
    """Says for which episodes --leave-out has nothing to leave out."""
    for name in (e for e in episodes if not draw.leaves_out(e)):
        say(f"no parameter was fitted to {name}, so nothing is left out; only the prior differs from the calibration's")


@dataclass(frozen=True)
class ParameterDraws:
    """Sets of parameters by scenario, from the shipped posterior or without the points of an episode."""

    count: int
    seed: int
    overrides: dict[str, Any]

    def posterior(self) -> Draw:
        """From the posterior of the calibration."""
        from ..calibration.parameter_posterior import check_applies, drawn_params, read_posterior, shipped_posterior
        from ..scenarios.config.load import load_config

        posterior = read_posterior(shipped_posterior())
        draws = posterior.draw(self.count, self.seed)

        def drawn(name: str) -> Sequence[Params]:
            loaded = load_config(name, self.overrides or None)
            check_applies(posterior, loaded)
            return drawn_params(loaded, draws)

        return drawn

    def without(self, episode: str | None) -> Draw:
        """From the posterior without the points of an episode; None leaves nothing out."""
        from ..calibration.backtest.left_out import draw_without
        from ..calibration.leave_out import read_sensitivities, shipped_sensitivities

        sensitivities = read_sensitivities(shipped_sensitivities())
        return draw_without(sensitivities, episode, self.count, self.seed, self.overrides)

    def leaves_out(self, episode: str) -> bool:
        """The calibration saw points of this episode."""
        from ..calibration.leave_out import read_sensitivities, shipped_sensitivities

        return episode in read_sensitivities(shipped_sensitivities()).episodes()


def _extras(chosen: Mapping[str, Sequence[ObservedPoint]], run: RunEpisode, draw: ParameterDraws) -> Extras:
    """What a page shows besides the episodes; stale sensitivities do not stop it."""
    from ..calibration.backtest.left_out import leave_out_each
    from ..calibration.leave_out import read_sensitivities, shipped_sensitivities
    from ..common.errors import DataError
    from ..reporting.page.backtest_publish import Extras

    posterior = draw.posterior()
    pooled = [run(name, own_points, posterior) for name, own_points in chosen.items()]
    try:
        left_out = leave_out_each(chosen, read_sensitivities(shipped_sensitivities()), run, draw.without)
    except DataError:
        return Extras(pooled, left_out_stale=True)
    return Extras(pooled, left_out)


def _groups(results: list[Episode], chosen: Sequence[ChosenEpisode]) -> tuple[list[Episode], list[Episode]]:
    """The episodes that are scored together, and those that no parameter was fitted on; one kind alone comes first."""
    fitted = [r for r, e in zip(results, chosen, strict=True) if not e.held_out]
    held_out = [r for r, e in zip(results, chosen, strict=True) if e.held_out]
    return (fitted, held_out) if fitted else (held_out, [])


def _write(results: list[Episode], figure: Path | None, out: Path | None) -> list[Path]:
    from ..calibration.backtest.score_tables import as_csv, records
    from ..reporting.plots.backtest import fan_chart
    from ..store.atomic_files import file_errors, write_text

    files: list[Path | None] = []
    if out is not None:
        with file_errors(out):
            files.append(out / "hindcast.csv")
            write_text(out / "hindcast.csv", as_csv(records(results)))
            files += [fan_chart(e, out / f"hindcast_{Path(e.name).stem}.png") for e in results]
    if figure is not None:
        with file_errors(figure):
            many = len(results) > 1
            files += [fan_chart(e, figure.with_stem(f"{figure.stem}_{e.name}") if many else figure) for e in results]
    return [path for path in files if path is not None]


def _as_dict(groups: tuple[list[Episode], list[Episode]], files: list[Path]) -> dict[str, Any]:
    """Coverage and scores are of the first group; the second has its own."""
    from ..calibration.backtest.coverage import by_horizon, by_kind, measure_coverage
    from ..calibration.backtest.score_tables import records, summarise

    results, rows = [*groups[0], *groups[1]], records(groups[0])
    apart = summarise(records(groups[1]))
    total = summarise(rows)
    return {
        "episodes": [e.name for e in results],
        "scenarios": {k: v for e in results for k, v in e.titles.items()},
        "digests": {k: v for e in results for k, v in e.digests.items()},
        "paths": results[0].paths,
        "seed": results[0].seed,
        "coverage": [c._asdict() for c in (measure_coverage("all", rows), *by_horizon(rows), *by_kind(rows))],
        "scores": {**total._asdict(), "coverage": total.coverage},
        "held_out": {**apart._asdict(), "coverage": apart.coverage} if groups[1] else None,
        "rows": [_typed(r) for r in records(results)],
        "files": [str(path) for path in files],
    }


def _typed(row: dict[str, str]) -> dict[str, Any]:
    flags = {k: bool(int(row[k])) if row[k] else None for k in ("inside50", "inside80", "inside", "hit")}
    texts = ("episode", "scenario", "target", "kind", "what", "from", "to", "unit", "mark", "source", "note")
    numbers = [k for k in row if k not in texts and k not in flags]
    return {**row, **{k: float(row[k]) if row[k] else None for k in numbers}, **flags}


def _print(groups: tuple[list[Episode], list[Episode]]) -> None:
    from ..calibration.backtest.score_tables import records
    from .study_options import print_table

    for results, heading in zip(groups, ("", "Out of sample, for no parameter was fitted on these:\n"), strict=True):
        if not results:
            continue
        click.echo(heading, nl=bool(heading))
        for episode in results:
            click.echo(f"{episode.name}: {'; '.join(episode.titles.values())}")
            header = ["", "from", "observed", "median", "5 %", "95 %", "in", "target", "CRPS", "no change", "walk"]
            print_table(header, [_cells(r) for r in records([episode])])
            click.echo()
        _print_scores(results)
    first = groups[0][0]
    click.echo(f"{first.paths:,} paths per scenario, seed {first.seed}; sources of the points: --json or --out")


def _print_scores(results: list[Episode]) -> None:
    from ..calibration.backtest.coverage import measure_coverage
    from ..calibration.backtest.score_tables import records, summarise

    s, c = summarise(records(results)), measure_coverage("all", records(results))
    click.echo(
        f"{s.inside} of {s.points} observed numbers lie in the 90 % band, {c.inside[80]} in the 80 % band, "
        f"{c.inside[50]} in the 50 % band; {s.hits} of {s.targets} targets are met"
    )
    if s.scored:
        click.echo(
            f"CRPS in logs over {s.scored} ratios: {s.crps:.3f}; no change {s.crps_no_change:.3f}, "
            f"random walk {s.crps_walk:.3f}"
        )


def _cells(r: dict[str, str]) -> list[str]:
    name = r["target"] or "band"
    hit = {"": r["target"], "1": f"{name} met", "0": f"{name} missed"}[r["hit"]]
    inside = {"": "", "1": "in", "0": "out"}[r["inside"]]
    scores = [r["crps"], r["crps_no_change"], r["crps_walk"]]
    return [r["what"], r["from"], r["observed"], r["median"], r["q05"], r["q95"], inside, hit, *scores]
