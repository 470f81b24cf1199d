"""The uniforms of a week: which word of which stream decides what. Both loops draw them in this order."""

from __future__ import annotations

from ..rng import random_variates
from .negotiation import Uniforms

STREAMS = (
    random_variates.ACT,
    random_variates.REPLY,
    random_variates.RELAX,
    random_variates.REGIME,
    random_variates.CLOCK,
    random_variates.ACCIDENT,
)
"""Each yields four uniforms a week."""

NAMES = (
    *Uniforms._fields,
    "ease_cn",
    "ease_us",
    "leniency",
    "accident_source",
    "accident_severity",
    "strait",
    "unused_accident",
)
"""Their names, stream by stream: a list that each party eases, the source of an accident and its severity, a crisis in
the Taiwan Strait, and how lenient the offices are that approve licences."""
