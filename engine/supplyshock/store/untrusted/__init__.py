"""What a run or a config from a stranger may hold, checked before it is used (docs/security.md)."""
