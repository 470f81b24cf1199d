"""How fast this machine runs the model, in suites that others can rerun and compare."""
