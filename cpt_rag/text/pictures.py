"""What a file says must not steer a terminal: characters that would are shown as pictures.

Tables for ``str.translate``.
"""

from __future__ import annotations

from collections.abc import Mapping

_TURNING = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))  # the direction of what follows
_BREAKING = (0x2028, 0x2029)

CONTROL_PICTURES: Mapping[int, int | str] = {
    **{code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n\r"},
    0x7F: 0x2421,
    **{code: f"<U+{code:04X}>" for code in (*range(0x80, 0xA0), *_TURNING)},
}
"""For texts of several lines."""

NAME_PICTURES: Mapping[int, int | str] = {
    **CONTROL_PICTURES,
    **{ord(char): 0x2400 + ord(char) for char in "\t\n\r"},
    **{code: f"<U+{code:04X}>" for code in _BREAKING},
}
"""For names and other texts that stay on their line: a path may hold anything but a zero."""
