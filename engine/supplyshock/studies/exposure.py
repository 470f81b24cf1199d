"""The exposure of a firm, from Python: a run with a book, and its figures."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from ..analysis.exposure.figures import exposure_of
from ..analysis.open_run import open_run
from ..common.arguments import PATH_OR_NONE, PLACE, Kind, check_keywords, checked
from ..common.errors import UsageError
from ..common.machine_limits import usable_cores
from ..execution.request_checks import check_are_scenarios
from ..execution.run import run_scenarios
from ..execution.run_request import KINDS, OtherOptions
from ..scenarios.scenario import load_scenario

if TYPE_CHECKING:
    import xarray as xr

    from ..scenarios.scenario import Scenario

SCENARIOS = Kind("a list of scenarios, or of names", lambda x: isinstance(x, Sequence) and not isinstance(x, str))


@checked(**{**KINDS, "book": PLACE}, scenarios=SCENARIOS, out=PATH_OR_NONE)
def exposure(
    book: str | os.PathLike[str],
    scenarios: Sequence[Scenario | str],
    out: str | Path | None = None,
    **options: Unpack[OtherOptions],
) -> xr.Dataset:
    """The exposure of one firm: how likely it stops, what it pays, and what each option changes.

    The call makes a run with a book. Every path equals a path of `run_scenarios` with the same seed, to the last bit:
    the firm takes prices and shortages as given and moves no market.

    Parameters
    ----------
    book : str or path
        A YAML file. `supplyshock exposure --init` writes an example.
    scenarios : sequence of Scenario or str
        Scenarios of the same weeks, start and labels, or their names.
    out : str or Path, optional
        Folder of the run. The same call resumes it. By default the results stay in memory.
    paths : int, optional
        Number of paths per scenario. The default of this parameter and of the next five is the value in the `run`
        section of the first config, which is 100,000 paths, seed 1, 1,000 series, "auto", "auto" and "float32" unless
        it says otherwise.
    seed : int, optional
        Seed of the random numbers, below 2**64.
    save_series : int, optional
        Paths with numbers below this have their weekly series stored.
    backend : str or callable, optional
        Name of a backend, "auto", or a function ``(params, grid, seed, paths, versus=None) -> Observed``.
    device : str, optional
        auto, cpu, gpu or tpu.
    precision : str, optional
        Precision of the kernels: float32 or float64.
    threads : int, optional
        Number of threads. By default all cores, or a few for each device.
    first_path : int, default 0
        Number of the first path.
    mantissa_bits : int, default 0
        Number of mantissa bits that outcomes and series keep (12 to 22); 0 keeps all. Statistics keep all.
    proposal : Proposal, optional
        Parameters from which most paths are drawn (importance sampling). By default all paths are drawn from the
        model.
    extend : str or Path, optional
        A complete run whose paths the new run copies.
    workers : int, default 1
        Number of processes on this machine that share the threads.
    dask : str, optional
        Address of a dask.distributed scheduler that computes the blocks, or "local".
    shard : Shard, optional
        Share of the blocks that this process computes first. It continues with blocks that no process has in hand, and
        ends when other processes have the rest. Without a shard the process stays until the run is complete.
    overwrite : bool, default False
        Replace another run in the folder.
    force : bool, default False
        Start the run even if the estimates of its plan do not fit on the disk or in memory.
    progress : str or Progress, default "auto"
        auto, bar, lines, quiet, or an object of your own.
    stop : threading.Event, optional
        Set it to stop the run. With it, the run ignores signals.
    from_run : str or Path, optional
        A finished run from which the scenarios branch: each path starts from the state of a path of that run on the
        day `at`. Each scenario takes the dates and the first day of that run; its own initial state does not apply.
        Backend, precision and seed are by default those of that run, and `paths` is the number of its paths that meet
        `where`.
    at : str or date, optional
        Day of the branch, the first day of a week of `from_run`. `from_run` requires it.
    where : str or sequence of str, optional
        Conditions on the weeks before that day, in the language of measures, such as ``"regime=rift"`` or ``"quote:Dy
        now > 2"``. A path must meet all of them. By default all paths qualify.
    from_scenario : str, optional
        Scenario of `from_run`. By default its first scenario.

    Returns
    -------
    xr.Dataset
        Outcomes with the dimensions (scenario, path, option), such as ``total_cost_usd``; figures with the dimensions
        (scenario, option), such as ``stop_probability`` (0 to 1), with standard errors in ``stop_probability_se``; and
        quantiles of stocks (weeks of use) and rates (0 to 1) by week. Money is in USD.

    Raises
    ------
    ConfigError
        The book cannot be read, or has keys that are unknown, out of range or contradictory.
    UsageError
        A number is out of range, scenarios do not fit together, or the folder contains another run.
    DeviceError
        This machine lacks the backend or the device.
    Interrupted
        The run was stopped. With `out` the same call resumes it.

    Examples
    --------
    >>> from pathlib import Path
    >>> import supplyshock as ss
    >>> text = "inputs: [{market: Dy, use: 3 t/year, stock: 8 weeks}]"
    >>> _ = Path("plant.yaml").write_text(text)
    >>> results = ss.exposure("plant.yaml", ["status_quo"], paths=64)
    >>> results["total_cost_usd"].dims, results["stop_probability"].dims
    (('scenario', 'path', 'option'), ('scenario', 'option'))
    """
    given = [load_scenario(s) if isinstance(s, (str, os.PathLike)) else s for s in scenarios]
    if not given:
        raise UsageError("no scenario to run", where="scenarios", expected="one or more")
    check_keywords("exposure", options, OtherOptions.__annotations__)
    check_are_scenarios(given)
    asked: dict[str, Any] = {**options, "book": book}
    threads = asked.get("threads") or usable_cores()
    if out is not None:
        run_scenarios(given, out, **asked)
        return exposure_of(open_run(out), threads)
    with tempfile.TemporaryDirectory() as folder:
        run_scenarios(given, folder, **{"save_series": 0, **asked})
        return exposure_of(open_run(folder), threads).load()
