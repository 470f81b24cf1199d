"""Likelihoods of the model's processes and their maximum: pure numbers, gradients by JAX, optimiser by SciPy."""
