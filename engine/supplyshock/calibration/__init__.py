"""Fits the model to history and holds its simulations against what was observed."""
