"""Pictures, one module each, in the one style of `style`."""
