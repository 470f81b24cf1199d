"""Draws paths from a proposal under which rare events are common, and weights them."""
