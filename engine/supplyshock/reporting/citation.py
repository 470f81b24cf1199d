"""How to cite the tool and its data set, and what made a run."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..common.errors import SupplyshockError
from ..scenarios.config.load import load_config, load_stored
from ..scenarios.scenario import build_scenario
from ..scenarios.shipped import default_data, find_config
from ..store.provenance import model_digest, versions

if TYPE_CHECKING:
    import xarray as xr

TITLE = "supplyshock: Monte Carlo paths through the rare-earth and chip markets, and the negotiation that moves them"
AUTHORS = ("The supplyshock authors",)
LICENCE = "Apache-2.0"
RELEASES: dict[str, tuple[str, str]] = {}
"""Day and DOI (empty: none) of each released version; a test compares the last one with CITATION.cff."""
NO_DOI = "none exists for this version; version and digests identify the work"
ESCAPED = {**{c: f"\\{c}" for c in "&%$#_{}"}, "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


def cite(run: xr.DataTree | None = None) -> dict[str, Any]:
    """The records to cite: ``tool`` and ``data``, or ``tool`` as it made `run`, its ``data`` and ``run``.

    ``data`` is there where the default data set of today makes the scenarios of the run, to their digests.
    """
    if run is None:
        return {"tool": tool(versions()["supplyshock"], model_digest()), "data": data_set()}
    data = {"data": data_set()} if _is_of_default_data(run) else {}
    made_by = json.loads(run.attrs.get("versions", "{}"))
    made = tool(str(made_by.get("supplyshock", "unknown")), str(run.attrs.get("model_digest", "unknown")))
    return {"tool": made, **data, "run": run_record(run)}


def tool(version: str, model: str) -> dict[str, Any]:
    """The tool as software, in the version and with the model digest (SHA-256 of the kernels) given."""
    day, doi = RELEASES.get(version, ("", ""))
    return {
        "title": TITLE,
        "authors": list(AUTHORS),
        "version": version,
        "model_digest": model,
        "licence": LICENCE,
        "doi": doi or None,
        "date": day or None,
    }


def data_set(folder: Path | None = None) -> dict[str, Any]:
    """The default data set: its name, the day of its world, and the SHA-256 of its tables."""
    start = load_config(find_config("base")).config.start
    return {
        "title": "Default data set of supplyshock",
        "world_on": start.isoformat(),
        "digest": data_digest(folder or default_data()),
    }


def data_digest(folder: Path) -> str:
    """SHA-256 over names and bytes of the tables, labels and states that scenarios read in a data folder."""
    sha = hashlib.sha256()
    for file in sorted((*folder.glob("*.csv"), *folder.glob("*.yaml"), *folder.glob("states/*.npz"))):
        content = file.read_bytes()
        sha.update(f"{file.relative_to(folder).as_posix()}\0{len(content)}\0".encode() + content)
    return sha.hexdigest()


def _is_of_default_data(run: xr.DataTree) -> bool:
    """Whether the configs of a run over the default data set make scenarios of its digests."""
    configs = json.loads(run.attrs.get("config", "{}"))
    digests = json.loads(run.attrs["digests"])
    try:
        return configs.keys() == digests.keys() and all(
            not config.get("data") and build_scenario(load_stored(config)).digest == digests[name]
            for name, config in configs.items()
        )
    except SupplyshockError:  # a config of another version
        return False


def run_record(run: xr.DataTree) -> dict[str, Any]:
    """The origin of a run: identity, scenarios with their digests, paths, seed, backend and versions."""
    about = run.attrs
    return {
        "id": str(about["run"]),
        "scenarios": json.loads(about["digests"]),
        "paths": int(about["paths"]),
        "first_path": int(about.get("first_path", 0)),
        "seed": int(about["seed"]),
        "start": str(about["start"]),
        "weeks": int(about["weeks"]),
        "backend": f"{about['backend']} in {about['precision']} on {about.get('device', 'cpu')}",
        "versions": json.loads(about.get("versions", "{}")),
        "importance_sampling": "importance_sampling" in about,
        "branch": json.loads(about["branch"]) if "branch" in about else None,
        "same_model_here": about.get("model_digest") == model_digest(),
    }


def as_text(cited: Mapping[str, Any]) -> str:
    """For people."""
    return "\n".join(_lines(cited))


def _lines(cited: Mapping[str, Any]) -> Iterator[str]:
    tool = cited["tool"]
    year = f" ({tool['date'][:4]})" if tool["date"] else ""
    yield f"{', '.join(tool['authors'])}{year}. {tool['title']}."
    yield f"Version {tool['version']} [software]. {tool['licence']}."
    yield f"  model   {tool['model_digest']}"
    yield f"  DOI     {tool['doi'] or NO_DOI}"
    if "data" in cited:
        data = cited["data"]
        yield f"\n{data['title']}, the world on {data['world_on']} [data set]."
        yield f"  digest  {data['digest']}"
    elif "run" in cited:
        yield "\nThe data set is not the default one of this installation; the digests of scenarios cover it."
    if "run" in cited:
        yield from _run_lines(cited["run"])


def _run_lines(run: Mapping[str, Any]) -> Iterator[str]:
    first = f" from path {run['first_path']:,}" if run["first_path"] else ""
    yield f"\nRun {run['id']}: {run['paths']:,} paths per scenario{first}, seed {run['seed']},"
    yield f"{run['weeks']} weeks from {run['start']}, {run['backend']}."
    for name, digest in run["scenarios"].items():
        yield f"  {name}  {digest}"
    if run["importance_sampling"]:
        yield "  Paths are drawn from a proposal and have weights (importance sampling)."
    if run["branch"]:
        yield f"  A branch of run {run['branch']['run']} on {run['branch']['at']}."
    yield "  versions  " + ", ".join(f"{name} {version}" for name, version in run["versions"].items())
    if not run["same_model_here"]:
        yield "  The model that is installed here is another one: other equations, other numbers."


def as_bibtex(cited: Mapping[str, Any]) -> str:
    """Entries ``@misc``, which every style of BibTeX knows; the year is that of the release, or else of the data."""
    tool = cited["tool"]
    doi = {"doi": tool["doi"]} if tool["doi"] else {}
    day = tool["date"] or cited.get("data", {}).get("world_on", "")
    year = {"year": day[:4]} if day else {}
    no_doi = "" if tool["doi"] else "; no DOI exists for this version"
    author = {"author": " and ".join(f"{{{_latex(name)}}}" for name in tool["authors"])}
    version = f"Software, version {_latex(tool['version'])}"
    model = f"Model digest {tool['model_digest']}{no_doi}"
    entries = [_entry("supplyshock", author, tool["title"], {"howpublished": version, "note": model} | year | doi)]
    if "data" in cited:
        data = cited["data"]
        note = f"The world on {data['world_on']}. SHA-256 {data['digest']}"
        more = {"howpublished": f"Data set, shipped with supplyshock {_latex(tool['version'])}", "note": note}
        entries.append(_entry("supplyshock_data", author, data["title"], more | year))
    if "run" in cited:
        entries.append(_run_entry(cited["run"], tool["version"], year))
    return "\n\n".join(entries)


def _run_entry(run: Mapping[str, Any], version: str, year: Mapping[str, str]) -> str:
    digests = ", ".join(f"{_latex(name)} {digest}" for name, digest in run["scenarios"].items())
    paths = f"{run['paths']} paths per scenario from path {run['first_path']}, seed {run['seed']}"
    weeks = f"{run['weeks']} weeks from {run['start']}, {_latex(run['backend'])}"
    fields = {
        **year,
        "howpublished": f"Results of supplyshock {_latex(version)}",
        "note": f"{paths}, {weeks}. Digests of scenarios: {digests}",
    }
    return _entry(f"supplyshock_run_{run['id']}", {}, f"supplyshock: run {run['id']}", fields)


def _entry(key: str, author: Mapping[str, str], title: str, fields: Mapping[str, str]) -> str:
    rows = {**author, "title": f"{{{_latex(title)}}}", **fields}
    return "\n".join([f"@misc{{{key},", *(f"  {name} = {{{value}}}," for name, value in rows.items()), "}"])


def _latex(text: str) -> str:
    return re.sub(r"[&%$#_{}~^]", lambda m: ESCAPED[m.group()], text.replace("\\", "/"))
