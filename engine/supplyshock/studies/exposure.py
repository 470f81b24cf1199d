"""The exposure of a firm, from Python: a run with a book, and its figures."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from ..analysis.exposure.figures import exposure_of
from ..analysis.exposure.parameter_errors import with_parameter_errors
from ..analysis.open_run import open_run
from ..analysis.summary_tables.parameter_errors import digests_of
from ..common.arguments import PATH_OR_NONE, PLACE, Kind, check_keywords, checked, names_arguments
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


@names_arguments
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
    **options : optional
        Those of `run_scenarios`, all but `book`, with the same meaning and the same defaults: `paths`, `seed`,
        `backend`, `proposal`, `from_run` and so on. Without `out` no weekly series are stored.

    Returns
    -------
    xr.Dataset
        Outcomes with the dimensions (scenario, path, option), such as ``total_cost_usd``; figures with the dimensions
        (scenario, option), such as ``stop_probability`` (0 to 1), with standard errors in ``stop_probability_se``; and
        quantiles of stocks (weeks of use) and rates (0 to 1) by week. Money is in USD, whatever the
        currency of the book. After ``supplyshock uncertainty --run OUT`` figures also have their spread over draws of
        the calibrated market parameters, such as ``stop_probability_parameter_sd``.

    Warns
    -----
    SizeWarning
        A size of the book or of a scenario is out of all reason: most often its unit is mistaken.

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
        tree = open_run(out)
        return with_parameter_errors(exposure_of(tree, threads), digests_of(tree), Path(out))
    with tempfile.TemporaryDirectory() as folder:
        run_scenarios(given, folder, **{"save_series": 0, **asked})
        return exposure_of(open_run(folder), threads).load()
