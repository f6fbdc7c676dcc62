"""The estimate of tokens: above what current encodings take, never above the bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpt_rag.retrieve.packs.budget import estimate_tokens

# The longer of what o200k_base and cl100k_base make of each, measured with tiktoken.
MEASURED = {
    "def total_price(self):\n    return sum(item.price * quantity for item, quantity in "
    "self.items)\n": 20,
    "func SendReceipt(address string) error {\n\treturn smtpSend(address, "
    "receiptTemplate)\n}\n": 17,
    "Cards are charged once an order is packed.\n": 9,
    "MAX_RETRIES = 1024\n": 8,
    "sha256:9f86d081884c7d659a2feaa0c55ad015\n": 23,
    "public static final Map<String, List<Integer>> CACHE = new ConcurrentHashMap<>();\n": 16,
    "Straße, naïve, 東京都, Привет\n": 15,
    "        if (x->next != NULL && !(flags & 0x0f)) {\n            break;\n        }\n": 24,
}


@pytest.mark.parametrize("text", MEASURED)
def test_it_lies_above_real_encodings_and_near_them(text: str) -> None:
    assert MEASURED[text] <= estimate_tokens(text) <= 2.5 * MEASURED[text]


@given(st.text())
def test_it_never_exceeds_the_bytes(text: str) -> None:
    assert estimate_tokens(text) <= len(text.encode("utf-8", "surrogatepass"))


@given(st.text(), st.text())
def test_a_text_costs_no_less_than_a_part_of_it(text: str, more: str) -> None:
    assert estimate_tokens(f"{text}\n{more}") >= estimate_tokens(text)


def test_every_run_of_words_costs_something() -> None:
    assert estimate_tokens("") == 0
    assert estimate_tokens("word") == 1
    assert estimate_tokens("word " * 1_000) == 1_000
