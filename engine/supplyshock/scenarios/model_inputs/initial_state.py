"""The state in which every path starts."""

from __future__ import annotations

import numpy as np

from supplyshock_kernels.params import BLOCS, NO_CLOCK, REGIMES, Array, Initial, Markets

from .. import units
from ..config.schema import Config
from ..dataset.dataset import Dataset
from ..dataset.dataset_labels import GROUPS
from .figures import Values
from .tonnage import stock_weeks


def build_initial(config: Config, values: Values, markets: Markets) -> Initial:
    """Control lists that are not named are open; markets that are not named stand at baseline."""
    policy, data = config.policy, values.dataset
    clock = NO_CLOCK
    if policy.clock_expires is not None:
        clock = (policy.clock_expires - config.start).days / 7
    approval = policy.approval
    if approval is None:
        approval = values.get(f"policy.approval.{policy.initial_regime}")
    inventory, counted = _inventories(config, data, markets)
    control = np.array([policy.control_levels.get(c, 0.0) for c in data.labels.list_ids])
    return Initial(
        regime=REGIMES.index(policy.initial_regime),
        clock=clock,
        control=control,
        open_share=_open_shares(markets, control),
        approval=approval,
        log_price=_log_prices(config, data),
        inventory=inventory,
        counted=counted,
        stockpile=_stockpiles(config, data, markets),
        members=np.empty((0, 0)),
        drawn=1.0,
        elapsed=0.0,
    )


def _open_shares(markets: Markets, control: Array) -> Array:
    """(M, 2, 2) of each flow of chips, from origin to buyer."""
    level = np.append(control, 0.0)
    shut_c, shut_x = markets.cn_coverage * level[markets.cn_list], markets.us_coverage * level[markets.us_list]
    shut = np.stack([np.stack([0 * shut_c, shut_c], 1), np.stack([shut_x, shut_c * markets.packaging], 1)], 1)
    chip = GROUPS.index("chip")
    share: Array = np.where((markets.group == chip)[:, None, None], 1.0 - shut, 1.0)
    return share


def _log_prices(config: Config, data: Dataset) -> Array:
    p = np.zeros((len(data.labels.markets), len(BLOCS)))
    for market, ratio in config.initial.price_ratio.items():
        p[data.labels.market_ids.index(market)] = np.log([getattr(ratio, b) or 1.0 for b in BLOCS])
    return p


def _inventories(config: Config, data: Dataset, markets: Markets) -> tuple[Array, Array]:
    """Multiples of the normal cover, and 1 if weeks of use were counted."""
    fill = np.ones((len(data.labels.markets), len(BLOCS)))
    counted = np.zeros_like(fill)
    for market, stock in config.initial.inventory.items():
        m = data.labels.market_ids.index(market)
        for b, bloc in enumerate(BLOCS):
            number, kind = units.parse(getattr(stock, bloc) or "100 %", "duration", "share", bare="share")
            fill[m, b] = number / markets.cover[m, b] if kind == "duration" else number
            counted[m, b] = kind == "duration"
    return fill, counted


def _stockpiles(config: Config, data: Dataset, markets: Markets) -> Array:
    """Weeks of use outside China."""
    stock = np.zeros(len(data.labels.markets))
    for lever in config.levers.stockpile:
        m = data.labels.market_ids.index(lever.market)
        stock[m] += stock_weeks(lever.initial, data, lever.market, markets.use[m, 1])
    return stock
