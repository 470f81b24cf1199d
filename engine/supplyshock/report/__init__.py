"""One self-contained page about a run, for a reader who decides."""

from __future__ import annotations

from .backtest import Backtest
from .write import write_report

__all__ = ["Backtest", "write_report"]
