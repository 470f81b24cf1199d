"""What the config of a sweep itself says of the keys that vary."""

from __future__ import annotations

import re

from .config_template import Template
from .factors import Factor

_QUANTITY = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(\D.*?)?\s*$")


def base_value(template: Template, factor: Factor) -> float:
    """The value of the base in the unit of the factor.

    NaN where the config does not say it, or says it in another unit. A prior has none: every path draws its own. A
    parameter that the config leaves alone has the value of the data set.
    """
    group, _, name = factor.key.partition(".")
    written = template.value(factor.key)
    if written is None and group == "parameters" and (name,) in template.dataset.parameter:
        written = template.dataset.parameter[(name,)].value
    parts = _QUANTITY.match(str(written))
    if not parts or " ".join((parts[2] or "").split()) != " ".join(factor.unit.split()):
        return float("nan")
    return float(parts[1])
