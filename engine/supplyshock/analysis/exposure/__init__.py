"""One firm on the paths of a run: whether it stops, what it pays, and how much it should hold."""
