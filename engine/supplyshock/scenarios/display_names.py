"""Display names: of a data set's markets, sources, sectors and lists, and of parameters. Results keep the short ids.

People may write either, in any case: `DisplayNames.find` is where a name becomes an id.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

AXES = {"market": "market", "chip": "market", "source": "source", "sector": "sector", "list": "list"}
"""Axes whose labels have names, and the axis that holds them: a chip is a market."""


MOST = 3
"""Names that an error proposes."""


@dataclass(frozen=True)
class DisplayNames:
    """The names that a data set gives; a run keeps them."""

    by_axis: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Name by id, by axis."""

    def of(self, axis: str, label: str, otherwise: str = "") -> str:
        """``Dysprosium`` for ``Dy``: the name of the data set, else of the shipped one, `otherwise` or the id in words.

        An axis that no data set names has its labels as they are, and an empty label an empty name.
        """
        if axis not in AXES or not label:
            return label
        own = self.by_axis.get(AXES[axis], {}).get(label)
        return own or _shipped().get(AXES[axis], {}).get(label) or otherwise or label.replace("_", " ")

    def find(self, axis: str, text: str, ids: Iterable[str]) -> str:
        """The one of `ids` that a text means: by itself, or as id or name in any case; empty for none and for several.

        ``Dy`` for ``Dy``, ``dy`` and ``Dysprosium``.
        """
        ids = list(ids)
        if text in ids:
            return text
        folded = " ".join(text.split()).casefold()
        hits = [i for i in ids if folded in (i.casefold(), self.of(axis, i).casefold())]
        return hits[0] if len(hits) == 1 else ""

    def nearest(self, axis: str, text: str, ids: Iterable[str]) -> str:
        """``did you mean 'Nd'? nearest: Neodymium (Nd), Praseodymium (Pr)``, or an empty string."""
        by_word: dict[str, str] = {}
        for i in ids:
            by_word |= {i.casefold(): i, self.of(axis, i).casefold(): i}
        words = difflib.get_close_matches(str(text).casefold(), by_word, n=2 * MOST, cutoff=0.6)
        close = list(dict.fromkeys(by_word[word] for word in words))[:MOST]
        if not close:
            return ""
        named = [i if (name := self.of(axis, i, i)) == i else f"{name} ({i})" for i in close]
        return f"did you mean {close[0]!r}?" + (f" nearest: {', '.join(named)}" if named != close[:1] else "")


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
