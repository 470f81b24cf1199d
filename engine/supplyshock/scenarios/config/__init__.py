"""Config files: their schema, and reading them with errors that name file, line and key."""

from __future__ import annotations

from .schema import Config, json_schema

__all__ = ["Config", "json_schema"]
