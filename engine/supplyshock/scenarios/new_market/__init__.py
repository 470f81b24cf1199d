"""A market added to a data set: its description, and the new data folder."""
