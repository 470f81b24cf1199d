"""Puts an ensemble of states into the parameters: paths then start from them, not at rest."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from supplyshock_kernels.params import BLOCS, Array, Params
from supplyshock_kernels.params.path_state import Place, count_rows, locate_parts

from ...common.errors import ConfigError
from ..config.load import Loaded
from ..state_file import StateFile, read_states, states_path
from ..yaml_files.section import Section
from ..yaml_files.yaml_reader import mark_of

_PRICED = {"china.p": "CN", "outside.p": "XC"}
"""What `initial.price_ratio` decides of a market instead, and in which bloc; `_STOCKED`: what `initial.inventory` does.

A quote is given for the first day: what use and contracts learnt of earlier ones stays as the state has it.
"""
_STOCKED = {"china.stock": "CN", "outside.stock": "XC"}


def put_states(params: Params, loaded: Loaded) -> Params:
    """The parameters with the states that the config names. Raises `ConfigError` and `DataError`."""
    config = loaded.config
    if config.initial.states is None:
        return params
    states = read_states(states_path(config.initial.states, loaded.dataset.folder))
    if states.day != config.start:
        raise ConfigError(
            f"the states {config.initial.states!r} belong to another day",
            where=str(mark_of(loaded.document.marks, ("start",))),
            expected=f"start: {states.day}",
            got=str(config.start),
            fix=f"write start: {states.day}, or leave start out; or make states of {config.start} with "
            "supplyshock nowcast; or set initial.states to null to start at rest",
        )
    members = _members(params, states, loaded)
    return params._replace(initial=params.initial._replace(members=members))


def _members(params: Params, states: StateFile, loaded: Loaded) -> Array:
    """(S, R); what the file or the data set does not know, and what the config decides, is NaN."""
    config, labels = loaded.config, loaded.dataset.labels
    own = {
        "material": labels.material_ids,
        "chip": labels.market_ids[params.n_materials :],
        "market": labels.market_ids,
        "source": labels.source_ids,
        "sector": labels.sector_ids,
        "list": labels.list_ids,
        "bloc": BLOCS,
    }
    members = np.full((states.members, count_rows(params)), np.nan, np.float32)
    for place in locate_parts(params):
        name, axes = place.part.name, place.part.axes
        if name not in states.values:
            continue
        given = [_known(own[axis], states.names[axis]) for axis in axes]
        block = np.full((states.members, *place.shape), np.nan, np.float32)
        everyone = range(states.members)
        block[np.ix_(everyone, *(to for to, _ in given))] = states.values[name][
            np.ix_(everyone, *(at for _, at in given))
        ]
        _leave_to_config(block, place, own, _PRICED, config.initial.price_ratio)
        _leave_to_config(block, place, own, _STOCKED, config.initial.inventory)
        members[:, place.start : place.stop] = block.reshape(states.members, -1)
    return members


def _known(own: tuple[str, ...], stored: tuple[str, ...]) -> tuple[list[int], list[int]]:
    """(places here, places there) of the names that both have."""
    both = [name for name in own if name in stored]
    return [own.index(name) for name in both], [stored.index(name) for name in both]


def _leave_to_config(
    block: Array, place: Place, own: dict[str, tuple[str, ...]], parts: Mapping[str, str], named: Mapping[str, Section]
) -> None:
    """NaN for the markets and blocs that the config names."""
    if place.part.name not in parts:
        return
    names, bloc = own[place.part.axes[0]], parts[place.part.name]
    for market, given in named.items():
        if market in names and getattr(given, bloc) is not None:
            block[:, names.index(market)] = np.nan
