"""Numbers and names that never change: blocs, parties, regimes, the length of a year."""

from __future__ import annotations

WEEKS_PER_YEAR = 52
BLOCS = ("CN", "XC")
PARTIES = ("CN", "US")
REGIMES = ("calm", "talks", "escalation", "truce", "deal", "rift")
CALM, TALKS, ESCALATION, TRUCE, DEAL, RIFT = range(6)
ACTION_KINDS = ("restrict", "reply", "relax")
ECONOMIES = ("EU", "JP", "KR", "other")
"""Economies outside China and the United States whose lost output is counted apart."""
QUARTERS = 4
"""Parts of a run, in weeks as nearly equal as can be."""
NO_CLOCK = 1e6
"""Weeks on the clock of a truce that has no end date."""
