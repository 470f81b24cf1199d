"""Shared by the tests of object storage: `command` of the engine's tests, and `service`."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
for folder in (HERE, HERE.parent / "engine"):
    sys.path.insert(0, str(folder))
