"""Shared by all tests: the helpers of the kernel tests are importable everywhere."""

from __future__ import annotations

import sys
from pathlib import Path

for folder in ("kernels", "golden"):  # `worlds`, `conformance`, `outcomes`
    sys.path.insert(0, str(Path(__file__).parent / folder))
