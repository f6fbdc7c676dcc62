"""Sections of a run's TOML file, one dataclass each, which refuses impossible values."""

from __future__ import annotations

from collections.abc import Callable

Require = Callable[[bool, str, str], None]
"""Whether something holds, of which field, and what would have been right."""
