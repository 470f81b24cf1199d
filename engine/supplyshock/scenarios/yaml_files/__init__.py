"""YAML files to checked values: a bounded reader that keeps the line of every key, and errors that name it."""
