"""Display names: of a data set's markets, sources, sectors and lists, and of parameters. Results keep the short ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

AXES = {"market": "market", "chip": "market", "source": "source", "sector": "sector", "list": "list"}
"""Axes whose labels have names, and the axis that holds them: a chip is a market."""


@dataclass(frozen=True)
class DisplayNames:
    """The names that a data set gives; a run keeps them."""

    by_axis: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Name by id, by axis."""

    def of(self, axis: str, label: str, otherwise: str = "") -> str:
        """``Dysprosium`` for ``Dy``: the name of the data set, else of the shipped one, `otherwise` or the id in words.

        An axis that no data set names has its labels as they are.
        """
        if axis not in AXES:
            return label
        own = self.by_axis.get(AXES[axis], {}).get(label)
        return own or _shipped().get(AXES[axis], {}).get(label) or otherwise or label.replace("_", " ")


@cache
def _shipped() -> Mapping[str, Mapping[str, str]]:
    """The names of the shipped data set, for runs that keep none and for data sets that give none."""
    from .dataset.dataset_labels import read_labels
    from .shipped import default_data

    return read_labels(default_data() / "dataset.yaml").given_names()


PARAMETERS = {
    "substitution": "how easily a missing input is replaced (substitution)",
    "use_elasticity": "how far use falls with the price (use_elasticity)",
    "criticality_scale": "how critical inputs are (criticality_scale)",
    "cover_scale": "how much stock is held (cover_scale)",
    "policy_level": "how often both sides restrict (policy_level)",
    "pain_us": "how pain moves the United States (pain_us)",
    "pain_cn": "how pain moves China (pain_cn)",
    "truce_pain": "how pain breaks a truce (truce_pain)",
    "relax_pain": "how pain eases controls (relax_pain)",
    "onset": "how acts bring escalation (onset)",
    "hazard_truce": "how soon escalation ends in a truce (hazard_truce)",
    "hazard_break": "how soon a truce breaks (hazard_break)",
    "hazard_deal": "how soon a truce becomes a deal (hazard_deal)",
    "hazard_lapse": "how often an expiring truce lapses (hazard_lapse)",
    "parts": "how hard one missing chip hits a product (parts)",
    "jump_scale": "how far quotes jump on an announcement (jump_scale)",
}
"""Uncertain parameters."""

PICTURES = (".png", ".pdf", ".svg")
"""File endings of the formats of pictures."""


def factor_name(key: str) -> str:
    """The display name of a key such as ``priors.parts`` or ``theta.parts``; other keys stay as they are."""
    group, _, name = key.partition(".")
    return PARAMETERS.get(name, key) if group in ("priors", "theta") else key
