"""How many paths one call computes."""

from __future__ import annotations

MAX_CALL = 2**18
"""Paths of one call: more than `outputs.MAX_BLOCK`, since counts widen to 32 bits. Sums of squares fit 64 bits
while the mean square of a weekly quantity is below 3e7. These are several widths of the program, whose statistics
cross the bus once."""
