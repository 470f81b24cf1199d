"""Names of uncertain parameters for people."""

from __future__ import annotations

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
}
