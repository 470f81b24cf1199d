"""Shared by all tests; helpers are in `support`."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("support.conformance", "support.command", "support.processes")
