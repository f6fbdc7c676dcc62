"""A block of code in prose as code: without prompts and output."""

from __future__ import annotations

import re

from cpt_training.pairs.prose import DOCUMENT_CHARACTERS

MINIMUM_LINES = 2
_DOCTEST = re.compile(r"^\s*(?:>>>|\.\.\.)(?: (.*))?$")
_IPYTHON = re.compile(r"^(?:In \[\d+\]:|\s*\.{3,}:) ?(.*)$")
_IEX = re.compile(r"^(?:iex(?:\(\d+\))?>|\.{3}(?:\(\d+\))?>) ?(.*)$")
_IRB = re.compile(r"^(?:irb(?:\([^)]*\))?[:\d]*[>*]|>>) ?(.*)$")
_SHELL = re.compile(
    r"^(?:\([\w.-]+\) ?)?(?:[\w.@~:/-]*[$%]|#(?= ?(?:apt|yum|dnf|pip|sudo)\b)|>) ?(.*)$"
)
_PROMPTS = {"python": (_DOCTEST, _IPYTHON), "elixir": (_IEX,), "ruby": (_IRB,), "bash": (_SHELL,)}
# Rust hides lines of an example behind a mark.
_HIDDEN = re.compile(r"^\s*# .*\n?|^\s*#$\n?", re.MULTILINE)
_COMMAND = re.compile(r"(?![-|+/*])[\w./~-]+(?:=\S+)?\s+\S+")


def sample(text: str, language: str) -> str:
    """A block as code, at most 3000 characters; empty where it is too short to be looked for.

    A single command of a shell is long enough.
    """
    text = _unprompted(text, language)
    if language == "rust":
        text = _HIDDEN.sub("", text)
    text = _cut_lines(text.strip("\n"))
    lines = [line for line in text.split("\n") if line.strip()]
    command = language == "bash" and len(lines) == 1 and _COMMAND.match(lines[0])
    return text if command or len(lines) >= MINIMUM_LINES else ""


def _unprompted(text: str, language: str) -> str:
    """What was typed, if prompts show it; otherwise everything."""
    lines = text.split("\n")
    for prompt in _PROMPTS.get(language, ()):
        if not any(prompt.match(line) for line in lines[:3]):
            continue
        typed: list[str] = []
        continues = False
        for line in lines:
            match = prompt.match(line)
            if match or continues:
                typed.append((match[1] or "") if match else line)
            continues = language == "bash" and bool(typed) and typed[-1].endswith("\\")
        return "\n".join(typed)
    return text


def _cut_lines(text: str) -> str:
    if len(text) <= DOCUMENT_CHARACTERS:
        return text
    return text[: DOCUMENT_CHARACTERS + 1].rpartition("\n")[0].rstrip()
