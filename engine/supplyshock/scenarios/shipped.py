"""The places of the shipped configs and the default data set, in a wheel and in a checkout."""

from __future__ import annotations

import os
from pathlib import Path

from ..common.errors import ConfigError, did_you_mean
from ..common.places import local_path

OBSERVED = "observed.csv"
"""Points that scenarios beside it are compared with."""


def configs_dir() -> Path:
    """Folder of the shipped configs: ``supplyshock/_configs`` in a wheel, else the checkout's ``configs``."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "_configs", package.parents[1] / "configs"):
        if (folder / "base.yaml").is_file():
            return folder
    raise ConfigError("the shipped configs are missing", where=str(package), fix="reinstall supplyshock")


def default_data() -> Path:
    """Folder of the default data set."""
    return configs_dir() / "data"


def shipped_names() -> tuple[str, ...]:
    """Names under which configs ship, such as ``status_quo``."""
    return tuple(sorted(path.stem for path in configs_dir().glob("*.yaml")))


def optional_names() -> tuple[str, ...]:
    """Names under which configs of optional data sets ship, such as ``minerals/hindcast_antimony``."""
    files = sorted(path for folder in optional_sets() for path in folder.glob("*.yaml"))
    return tuple(f"{path.parent.name}/{path.stem}" for path in files)


def optional_sets() -> tuple[Path, ...]:
    """Folders of the shipped configs that hold a data set of their own, with scenarios and observed points."""
    return tuple(sorted(path.parent for path in configs_dir().glob(f"*/{OBSERVED}")))


def find_config(name: str | os.PathLike[str], relative_to: Path | None = None) -> Path:
    """The file of a config given by path (from `relative_to`, else the current folder) or by shipped name.

    A file wins over a shipped name; a shipped name wins over a folder of that name.
    Raises `ConfigError` when there is neither.
    """
    path = (relative_to or Path()) / local_path(name, "a config").expanduser()
    if path.is_file():
        return path
    shipped = _shipped(str(name))
    if shipped is not None:
        return shipped
    if path.is_dir():
        raise ConfigError("cannot read the config", where=str(path), expected="a YAML file", got="a folder")
    hint = did_you_mean(Path(name).stem, shipped_names()) or did_you_mean(str(name), optional_names())
    fix = f"{hint} shipped: {', '.join((*shipped_names(), *optional_names()))}".strip()
    expected = "a YAML file or the name of a shipped config"
    raise ConfigError("cannot read the config", where=str(path), expected=expected, got="no such file", fix=fix)


def _shipped(name: str) -> Path | None:
    stem = name.removesuffix(".yaml").removesuffix(".yml")
    return configs_dir() / f"{stem}.yaml" if stem in (*shipped_names(), *optional_names()) else None
