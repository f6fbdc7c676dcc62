"""How fast and how much a model may be asked, and which of its errors pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_core.rate_limiters import BaseRateLimiter

ATTEMPTS = 5
"""Times that one request is sent, while what comes back are errors that pass."""
LONGEST_PAUSE = 60.0
# Too long a wait, a conflict, too early, too many: asked again later, the same may be answered.
_PASSING = frozenset({408, 409, 425, 429})
# What a request of the wrong shape raises, before or after it is sent.
_OWN_FAULTS = (TypeError, ValueError, LookupError, AttributeError, NotImplementedError)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may ask of a model.

    Args:
        at_once: requests under way at one time.
        requests: sent in all, each attempt counted; None for any number.
        tokens: read and written in all, as the model states them; None for any number. What is
            under way when they are spent is still answered.
        limiter: asked before each request is sent; None for no waiting.
        timeout: seconds that an answer may take.
        pause: seconds before a second attempt; doubled each time, at most `LONGEST_PAUSE`.
    """

    at_once: int = 8
    requests: int | None = None
    tokens: int | None = None
    limiter: BaseRateLimiter | None = None
    timeout: float = 120.0
    pause: float = 1.0


class Budget:
    """What is left of the requests and tokens of one run."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.requests = 0
        self.tokens = 0

    @property
    def spent(self) -> str:
        """What there is no more of, "" while there is enough."""
        if self._limits.requests is not None and self.requests >= self._limits.requests:
            return "requests"
        if self._limits.tokens is not None and self.tokens >= self._limits.tokens:
            return "tokens"
        return ""

    def sent(self) -> None:
        """Count a request."""
        self.requests += 1

    def answered(self, usage: Mapping[str, Any]) -> None:
        """Count what an answer took."""
        self.tokens += int(usage.get("total_tokens", 0))


def limiter(requests_per_second: float) -> BaseRateLimiter:
    """LangChain's token bucket, without bursts."""
    from langchain_core.rate_limiters import InMemoryRateLimiter

    return InMemoryRateLimiter(
        requests_per_second=requests_per_second,
        check_every_n_seconds=min(0.1, 0.5 / requests_per_second),
        max_bucket_size=1,
    )


def passes(error: BaseException) -> bool:
    """Whether the same request may be answered later, as far as the error tells.

    Every provider has errors of its own. Those that carry an HTTP status say it by that; of the
    others, all pass but Python's own for a wrong value.
    """
    status = _status(error)
    if status is not None:
        return status >= 500 or status in _PASSING
    return isinstance(error, Exception) and not isinstance(error, _OWN_FAULTS)


def _status(error: BaseException) -> int | None:
    response = getattr(error, "response", None)
    for holder, field in ((error, "status_code"), (error, "code"), (response, "status_code")):
        status = getattr(holder, field, None)
        if isinstance(status, int):
            return status
    return None
