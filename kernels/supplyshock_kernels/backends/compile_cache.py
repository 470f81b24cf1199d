"""Where the backends keep compiled programs between processes."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def parent() -> Path:
    """The user's cache folder of this project; ``SUPPLYSHOCK_CACHE_DIR`` moves it."""
    return Path(os.environ.get("SUPPLYSHOCK_CACHE_DIR") or platformdirs.user_cache_dir("supplyshock"))
