"""Fits the model to history and compares its simulations with observations."""
