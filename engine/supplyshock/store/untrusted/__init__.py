"""Checks the contents of a run or a config from a stranger before they are used (docs/security.md)."""
