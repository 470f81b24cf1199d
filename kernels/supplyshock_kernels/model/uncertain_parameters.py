"""The uncertain parameters of a path, in the order in which they are drawn, before the first week.

docs/model.md, "Priors".
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..ops import HALF, ONE, clip, exp, scalar, sqrt, where


class Theta(NamedTuple):
    """One value per path of each parameter that data do not pin down (docs/model.md, priors)."""

    substitution: Any
    """Elasticity of substitution of a missing input, sigma."""
    use_elasticity: Any
    """Own-price elasticity of use at 50 USD/kg, es0."""
    criticality_scale: Any
    cover_scale: Any
    """Factor on the normal inventory cover."""
    policy_level: Any
    """Z: factor on the rate of restrictions."""
    pain_us: Any
    """How 1 % of GDP of pain multiplies the United States' exit from escalation (log)."""
    pain_cn: Any
    truce_pain: Any
    """The same for a truce's fall into escalation."""
    relax_pain: Any
    """xi: how 1 % of GDP of pain multiplies relaxations (log)."""
    onset: Any
    """c_E: how the week's severity multiplies the onset of escalation (log)."""
    hazard_truce: Any
    """Factor on escalation to truce."""
    hazard_break: Any
    """Factor on truce to escalation."""
    hazard_deal: Any
    """Factor on truce to deal."""
    hazard_lapse: Any
    """Factor on the probability that an expiring truce lapses."""
    parts: Any
    """phi: how hard a product of many parts is hit by one missing chip."""
    jump_scale: Any
    """Factor on the jump of outside quotes when a restriction is announced."""


NAMES = Theta._fields
"""Names of the uncertain parameters, in order."""


class Prior(NamedTuple):
    """The distribution of one of them: normal, or lognormal, cut to a range."""

    loading: Any
    """Correlation with the normal that it shares with others."""
    lognormal: Any
    center: Any
    sd: Any
    low: Any
    high: Any


@scalar
def draw(own: Any, shared: Any, prior: Any) -> Any:
    """A value of the distribution, from a normal of its own and the one it shares."""
    z = prior.loading * shared + sqrt(ONE - prior.loading * prior.loading) * own
    x = where(prior.lognormal > HALF, prior.center * exp(prior.sd * z), prior.center + prior.sd * z)
    return clip(x, prior.low, prior.high)
