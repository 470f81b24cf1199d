"""What decides the content of an artefact, as short digests that are the same on every machine.

Results count, not the code that gives them: a scenario counts by the digest of its outcomes in tests/golden, which
moves exactly when results move, and by that of its parameters. Code that these outcomes do not pass through is named
as files; of those comments, docstrings and blank lines do not count.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

from supplyshock.common.errors import ConfigError
from supplyshock.common.source_code import code_alone
from supplyshock.scenarios.scenario import load_scenario

from .pages import all_saved_files
from .registry import Artefact, Registry

GOLDEN = "tests/golden/outcomes.json"
LENGTH = 12


def short(text: str | bytes) -> str:
    """The first digits of the SHA-256."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()[:LENGTH]


def key(root: Path, registry: Registry, name: str) -> dict[str, str]:
    """Digest by what it is of: commands, scenarios, files, configs of the artefact and of those before it."""
    chain = registry.chain(name)
    sources = [registry.source(step) for step in chain]
    found = {"commands": short("".join(_recipe(s) for s in sources if isinstance(s, Artefact)))}
    found |= {f"results of {s}": scenario_digest(root, s) for source in sources for s in source.scenarios}
    found |= {pattern: files_digest(root, pattern) for source in sources for pattern in source.reads}
    saved = all_saved_files(root)
    for config in (c for source in sources for c in source.configs):
        if config not in saved:
            raise ConfigError("no page shows this config", where=name, expected=f"<!-- saved as: {config} -->")
        found[config] = short(saved[config])
    return dict(sorted(found.items()))


def _recipe(artefact: Artefact) -> str:
    """How it is made. On which page and after what it stands does not count."""
    left = artefact.model_dump(exclude_defaults=True, exclude={"page", "after", "scenarios", "reads", "configs"})
    return json.dumps(left, sort_keys=True)


def scenario_digest(root: Path, name: str) -> str:
    """Of the outcomes on record and the parameters of a shipped scenario. Raises `ConfigError`."""
    golden = json.loads((root / GOLDEN).read_text(encoding="utf-8"))["numba_float32"]
    if name not in golden:
        raise ConfigError("no such scenario on record", where=GOLDEN, expected=", ".join(golden), got=name)
    return short(golden[name] + _parameters(name))


@cache
def _parameters(name: str) -> str:
    return load_scenario(name).digest


def files_digest(root: Path, pattern: str) -> str:
    """Of all files of the project that match a pattern, and their names. Raises `ConfigError` where none does."""
    files = sorted(file for file in root.glob(pattern) if file.is_file())
    if not files:
        raise ConfigError("no file matches", where="reads", expected="a file of the project", got=pattern)
    return short("".join(f"{file.name} {file_digest(file)} " for file in files))


def file_digest(file: Path) -> str:
    """Of the bytes of a file; of Python, of its code alone."""
    if file.suffix == ".py":
        return short(code_alone(file.read_text(encoding="utf-8")))
    return short(file.read_bytes().replace(b"\r\n", b"\n"))
