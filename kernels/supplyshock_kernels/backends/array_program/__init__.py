"""The model over arrays of all paths at once: one statement a step of the week, for any array library.

NumPy runs it statement by statement (`backends.reference`), JAX traces it once and
compiles it (`backends.jax_xla`). Arrays are ``(market, path)``, ``(source, path)``,
``(list, path)`` or ``(path,)``. It shares the scalar physics of `model` with the
numba backend and nothing of its loops, so that each checks the other. Index arrays
and flags of the parameters are NumPy's always; everything else may be traced.
"""
