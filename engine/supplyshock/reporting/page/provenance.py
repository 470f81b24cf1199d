"""Where the numbers of a page come from: the run, its code, its figures and their sources."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from ...analysis.estimators import effective_paths
from ...analysis.nonfinite import nonfinite_counts
from ...analysis.path_values import path_weights

if TYPE_CHECKING:
    import xarray as xr


def provenance(run: xr.DataTree, names: list[str]) -> list[tuple[str, str]]:
    """The provenance of the run, as names and texts."""
    about, summary = run.attrs, run["summary"]
    versions = json.loads(about.get("versions", "{}"))
    digests = json.loads(about.get("digests", "{}"))
    clipped = ", ".join(f"{n}: {int(c):,}" for n, c in zip(names, summary["clipped_values"].to_numpy(), strict=True))
    return [
        ("Run", str(about.get("run", ""))),
        ("Paths", f"{int(about['paths']):,} per scenario, common random numbers"),
        *_effective(run, names),
        ("Weeks", f"{about['weeks']} from {about['start']}"),
        ("Seed", str(about["seed"])),
        ("Random numbers", str(about.get("random_numbers", ""))),
        ("Computed by", f"{about['backend']} in {about['precision']} on {about.get('device', '')}"),
        ("Model code", str(about.get("model_digest", ""))),
        *((f"Digest of {name}", str(digests.get(name, ""))) for name in names),
        ("Versions", ", ".join(f"{k} {v}" for k, v in versions.items())),
        ("Weekly values at the end of the quantiles' grid", clipped),
        *((f"Weekly values of {name} that are not finite", _listed(n)) for name, n in nonfinite_counts(run).items()),
    ]


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{quantity}: {n:,}" for quantity, n in counts.items())


def _effective(run: xr.DataTree, names: list[str]) -> list[tuple[str, str]]:
    outcomes = run["outcomes"].to_dataset()
    weights = {name: path_weights(outcomes.sel(scenario=name)) for name in names}
    texts = [f"{name}: {effective_paths(w):,.0f}" for name, w in weights.items() if w is not None]
    return [("Effective paths (they have weights)", ", ".join(texts))] if texts else []


def sources(inputs: xr.Dataset) -> dict[str, Any]:
    """How many figures carry each mark, and the sources by the number of figures that use them."""
    marks = Counter(str(m) for m in inputs["figure_mark"].values)
    table = Counter(
        (str(s), str(m)) for s, m in zip(inputs["figure_source"].values, inputs["figure_mark"].values, strict=True)
    )
    rows = [{"source": s, "mark": m, "figures": n} for (s, m), n in table.most_common()]
    return {"marks": dict(marks.most_common()), "rows": rows, "figures": sum(marks.values())}
