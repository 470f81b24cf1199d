"""What a path carries from week to week."""

from __future__ import annotations

from typing import NamedTuple

from ...model import chips, industry, materials, negotiation, quota, supply
from ...params import Array


class State(NamedTuple):
    """Everything a path carries from week to week."""

    regime: Array
    clock: Array
    excitation: tuple[Array, Array]
    pain: tuple[Array, Array]
    approval: Array
    """share of licence applications that offices of no leniency approve."""
    leniency: Array
    """log odds by which a path's approvals lie above those."""
    strait: Array
    controls: negotiation.Control
    sources: supply.Source
    china: materials.Node
    outside: materials.Node
    trade: materials.Trade
    quota: quota.Quota
    buyers: tuple[chips.Buyer, chips.Buyer]
    makers: tuple[chips.Maker, chips.Maker]
    depletion: tuple[industry.Depletion, industry.Depletion]
    running: Array
    """(M, 2, N) share of a market's use that is wanted by industry that runs."""
    standing: Array
    """(K, N) share of output that sectors in China go without behind the gates of the first day."""
    demand: Array
    """(M, N) slow surprises: what a material is worth, how much of a chip is used (logs)."""
    handed: Array
    """(materials, 2, N) what last week's making gives this week: products, and inputs that were left over."""
    fab_inputs: tuple[Array, Array]
    """share of fab starts that missing inputs allow, by bloc."""
