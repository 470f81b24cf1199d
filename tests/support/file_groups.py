"""How pytest-xdist hands out tests: file by file, in the order of `tiers`."""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

from support.tiers import TOGETHER, stem


class FileGroups(LoadFileScheduling):
    """A file goes to one process, and with it the files that share its compiled programs."""

    def __init__(self, config: pytest.Config, log: Any) -> None:
        config.option.loadscopereorder = False  # it would start with the files that have most tests
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return TOGETHER.get(stem(nodeid), nodeid.partition("::")[0])
