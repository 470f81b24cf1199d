"""Carries the model along the dated record, and weighs its paths by what was observed: states of a day."""
