"""From the file of a robustness study to a checked `RobustnessFile`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...common.errors import ConfigError, Problem, UsageError
from ...common.places import local_path
from ..shipped import find_config
from ..yaml_files.validation_errors import key_text, refusal, validate
from ..yaml_files.yaml_reader import OVERRIDES, Document, KeyPath, mark_of, read_document
from .schema import RobustnessFile


@dataclass(frozen=True)
class LoadedStudy:
    """A checked file and the lines of its keys."""

    study: RobustnessFile
    document: Document
    folder: Path
    """Folder that paths in it are relative to."""

    def config(self, policy: int) -> Path:
        """The file of a policy's scenario. Raises `ConfigError`."""
        own = self.study.policies[policy].scenario
        key: KeyPath = ("base",) if own is None else ("policies", policy, "scenario")
        try:
            return find_config(self.study.base if own is None else own, relative_to=self.folder)
        except ConfigError as error:
            raise self.problem(key, error.expected, error.got, error.fix) from None

    def problem(self, key: KeyPath, expected: str, got: str, fix: str = "") -> ConfigError:
        """The error of one key."""
        where = str(mark_of(self.document.marks, key))
        return refusal([Problem(where, key_text(key), expected, got, fix)], self.document, ConfigError)

    @contextmanager
    def named(self, *key: str | int) -> Iterator[None]:
        """Errors of what a key says name its line: those of texts, and those of values laid over a config."""
        where = str(mark_of(self.document.marks, key))
        try:
            yield
        except UsageError as error:
            got = f"{error.got} ({error.what})" if error.got else f"{error.where} ({error.what})"
            raise self.problem(key, error.expected or "what this key can have", got, error.fix) from None
        except ConfigError as error:
            if not any(p.where == str(OVERRIDES) for p in error.problems):
                raise
            own = [Problem(where, f"{key_text(key)}.{p.key}", p.expected, p.got, p.fix) for p in error.problems]
            raise refusal(own, self.document, ConfigError) from None


def load_study(file: str | os.PathLike[str] | Mapping[str, Any]) -> LoadedStudy:
    """The study in a file, or of a mapping with the same keys. Raises `ConfigError` that lists all problems."""
    if isinstance(file, Mapping):
        document, folder = Document(dict(file), {}), Path()
    else:
        path = Path(local_path(file, "a study")).expanduser()
        if not path.is_file():
            fix = "`supplyshock robustness --init FILE` writes an example"
            raise ConfigError("cannot read the study", where=str(path), expected="a YAML file", got="no such file",
                              fix=fix)  # fmt: skip
        document, folder = read_document(path), path.parent
    return LoadedStudy(validate(RobustnessFile, document), document, folder)
