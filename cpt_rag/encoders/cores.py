"""How many cores are this process's to use."""

from __future__ import annotations

import os


def cores() -> int:
    """Cores that this process may run on, at least one."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS, Windows
        return os.cpu_count() or 1
