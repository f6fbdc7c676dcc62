"""A chat model that answers by a script, and code to write about.

What it answers was written for these tests and is no model's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field

from cpt_training.synthesis.answers import Answer, Request
from cpt_training.synthesis.prompts import QUERIES, Prompt
from cpt_training.synthesis.subject import Subject

(QUERY,) = QUERIES
MODEL = "scripted-1"
USAGE = {"input_tokens": 70, "output_tokens": 30, "total_tokens": 100}
GOOD = "how to remove every second word from a long line of text while keeping the spaces"
SLOW = object()
"""A script's answer that does not come."""

Script = Callable[[str], Any]


class ScriptedChat(BaseChatModel):
    """Answers each message with what ``script`` makes of it: a text, an error to raise, `SLOW`."""

    model: str = MODEL
    script: Script
    usage: dict[str, int] | None = USAGE
    asked: list[str] = Field(default_factory=list)
    under_way: int = 0
    most_under_way: int = 0

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        raise NotImplementedError

    async def _agenerate(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> ChatResult:
        text = str(messages[-1].text)
        self.asked.append(text)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(0)
            answer = self.script(text)
            if answer is SLOW:
                await asyncio.Event().wait()
            if isinstance(answer, BaseException):
                raise answer
        finally:
            self.under_way -= 1
        message = AIMessage(
            answer,
            usage_metadata=self.usage,
            response_metadata={"model_name": "scripted-1-2025-01-31", "finish_reason": "stop"},
        )
        return ChatResult(generations=[ChatGeneration(message=message)])


def subject(name: str = "drop_words", body: str = "return text[::2]") -> Subject:
    return Subject("some", "a.py", name, "python", "MIT", f"def {name}(text):\n    {body}")


def requests(count: int, prompt: Prompt = QUERY) -> list[Request]:
    return [Request(prompt, subject(f"function_{number}")) for number in range(count)]


def answer(text: str, about: Subject | None = None, prompt: Prompt = QUERY, **more: Any) -> Answer:
    """What `MODEL` might have said about ``about``."""
    request = Request(prompt, about or subject())
    fields = {"key": request.key(MODEL), "model": MODEL, "answer": text, **more}
    return Answer(prompt=prompt.id, prompt_sha256=prompt.sha256, subject=request.subject, **fields)


UNDOCUMENTED = '''def read_header(stream):
    line = stream.readline()
    name, _, value = line.partition(":")
    return name.strip(), value.strip()


def known(stream):
    """Whether anybody knows it."""
    if stream is None:
        return False
    return stream.name in NAMES


class Cache:
    def drop_oldest(self):
        while len(self.items) > self.size:
            self.items.popitem(last=False)
        return self


def short(x):
    return x
'''


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A folder with two undocumented functions, and some that are not written about."""
    folder = tmp_path / "code"
    (folder / "tests").mkdir(parents=True)
    (folder / "cache.py").write_text(UNDOCUMENTED, encoding="utf-8")
    (folder / "copy.py").write_text(UNDOCUMENTED.split("\n\n\n", maxsplit=1)[0], encoding="utf-8")
    (folder / "tests" / "test_cache.py").write_text(
        "def helper(one):\n    two = one + 1\n    three = two + one\n    return three\n",
        encoding="utf-8",
    )
    (folder / "README.md").write_text("# Cache\n\nKeeps what was read.\n", encoding="utf-8")
    return folder
