"""Whether what synthesis needs is installed."""

from __future__ import annotations

from importlib.util import find_spec

from cpt_rag.errors import MissingExtraError


def require_extra() -> None:
    """Refuse, naming the extra, where it is not; imports nothing.

    Raises:
        MissingExtraError: datasketch or langchain-core is missing.
    """
    for module in ("datasketch", "langchain_core"):
        if find_spec(module) is None:
            raise MissingExtraError(
                f"Synthesis needs {module}, which is not installed.",
                expected="the extra 'synthesis'",
                remedy='pip install "cpt-rag[synthesis]"',
            )
