"""Errors in logs: a band of 90 % as a standard deviation, and Student's t, under which a miss beyond reach costs less.

The fit of the markets and the nowcast judge simulations by the same distribution.
"""

from __future__ import annotations

import numpy as np

SDS_IN_90_PERCENT = 3.29
"""Standard deviations in a band of 90 % of a normal: the fit of the markets reads bands so."""
SCALES_IN_90_PERCENT = 4.264
"""Scales of the same Student's t in a band of 90 %: twice 2.132. The nowcast reads bands so."""
FREEDOM = 4.0
"""Degrees of freedom: a history that the equations cannot reach does not outweigh the others, and sources that
contradict each other do not undo a nowcast."""


def signed_residual(z: float) -> float:
    """The residual whose square is twice the negative log density of Student's t, up to a constant."""
    return float(np.copysign(np.sqrt((FREEDOM + 1.0) * np.log1p(z * z / FREEDOM)), z))
