"""One self-contained HTML page about a run, for decision makers."""

from __future__ import annotations

from .backtest import Backtest, find_backtest, read_backtest
from .write import write_report

__all__ = ["Backtest", "find_backtest", "read_backtest", "write_report"]
