"""The physics, written once: scalar, branch-free functions of one path's numbers (docs/model.md)."""
