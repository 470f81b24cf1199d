"""Fitting the model to history: dated records in, parameters with their errors and checks out."""
