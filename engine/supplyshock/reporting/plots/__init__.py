"""Pictures, one module each, in one style."""
