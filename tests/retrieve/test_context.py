"""Context packs: the best spans, whole where they fit, given once, cited, within the budget."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cpt_rag
from cpt_rag.qdrant import Store
from cpt_rag.retrieve.context import ContextPack, context
from cpt_rag.retrieve.packs.budget import CountTokens, estimate_tokens
from cpt_rag.retrieve.packs.packing import GROWTH
from cpt_rag.types import Encoder

LONG_BODY = "".join(
    f"        if order.weight > {10 * n} and order.zone == 'zone {n}':\n"
    f"            shipping_rate = base_rate * {n} + surcharge_for(order, {n})\n"
    for n in range(60)
)
LONG_METHOD = f"    def shipping_rate(self, order):\n{LONG_BODY}        return shipping_rate\n"
SHIPPING = (
    '"""Rates of carriers."""\n\n\nclass Carrier(Company):\n'
    '    """Moves parcels."""\n\n'
    f"{LONG_METHOD}\n"
    "    def pick_up(self, parcel):\n        return self.van.load(parcel)\n"
)
COPIED = (
    "func ChargeCard(card Card, amount int) error {\n"
    "\treturn gateway.Charge(card.Number, amount)\n}\n"
)
FENCED = "# Install\n\nRun this in a terminal:\n\n````text\n```sh\nmake install\n```\n````\n"


@pytest.fixture
def shop(project: Path) -> Path:
    files = {
        "shipping.py": SHIPPING,
        "pay/charge.go": f"package pay\n\n{COPIED}",
        "legacy/charge.go": f"package pay\n\n{COPIED}",
        "INSTALL.md": FENCED,
        "odd.h": "/* a <b> & ]]> \x0c */\r\nint odd_header(void);\r\n",
    }
    for name, text in files.items():
        path = project / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
    return project


@pytest.fixture
def filled(store: Store, encoder: Encoder, shop: Path) -> Store:
    cpt_rag.ingest(shop, collection="docs", store=store, encoder=encoder)
    return store


@pytest.fixture
def docs(tmp_path: Path, encoder: Encoder, shop: Path) -> Iterator[cpt_rag.Collection]:
    """An open collection, for many questions."""
    store = tmp_path / "embedded"
    cpt_rag.ingest(shop, collection="docs", store=store, encoder=encoder)
    with cpt_rag.open_collection("docs", store, encoder=encoder) as opened:
        yield opened


def source(root: Path, path: str) -> str:
    return (root / path).read_bytes().decode()


def test_a_pack_holds_the_answer_with_its_citation(filled: Store) -> None:
    pack = context("email the customer a receipt", collection="docs", store=filled, limit=1)
    first = pack.passages[0]
    assert first.place.path == "shop/mail.go"
    assert "## shop/mail.go:3-6\n" in pack.text
    assert first.text in pack.text
    assert str(pack) == pack.text
    assert pack.tokens == estimate_tokens(pack.text) <= pack.max_tokens


def test_every_passage_is_a_span_of_its_file(filled: Store, shop: Path) -> None:
    pack = context("customer order card", collection="docs", store=filled, max_tokens=20_000)
    assert len(pack.passages) >= 5
    for passage in pack.passages:
        text = source(shop, passage.place.path)
        assert text[passage.start : passage.end] == passage.text
        line = text[: passage.start].count("\n") + 1
        assert line == passage.place.start_line
        assert passage.place.end_line == text[: passage.end - 1].count("\n") + 1


def test_a_function_is_given_whole_where_it_fits(filled: Store) -> None:
    query = "rate of a carrier for zone 31"
    hit = cpt_rag.search(query, collection="docs", store=filled, limit=1)[0]
    assert hit.text in LONG_METHOD
    assert len(hit.text) < len(LONG_METHOD)
    needed = GROWTH * (estimate_tokens(LONG_METHOD) + 20)
    pack = context(query, collection="docs", store=filled, max_tokens=needed, limit=1)
    assert pack.passages[0].text.strip("\n") == LONG_METHOD.strip("\n")
    assert pack.passages[0].enclosing == ("class Carrier(Company):",)


def test_where_it_does_not_fit_the_span_says_what_it_lies_in(filled: Store) -> None:
    query = "rate of a carrier for zone 31"
    pack = context(query, collection="docs", store=filled, max_tokens=1_200, limit=1)
    (passage,) = pack.passages
    assert len(passage.text) < len(LONG_METHOD)
    assert passage.enclosing == ("class Carrier(Company):", "def shipping_rate(self, order):")
    assert "- in `class Carrier(Company):`, `def shipping_rate(self, order):`\n" in pack.text


def test_neighbours_become_one_passage(filled: Store) -> None:
    everything = context("carrier", collection="docs", store=filled, max_tokens=50_000)
    spans = sorted((p.place.path, p.start, p.end) for p in everything.passages)
    for (path, _, end), (following, start, _) in pairwise(spans):
        assert path != following or end < start
    assert [p.text for p in everything.passages if p.place.path == "shipping.py"] == [SHIPPING]


def test_the_same_text_is_given_once_and_names_its_other_places(filled: Store) -> None:
    pack = context("charge a card at the gateway", collection="docs", store=filled)
    assert pack.text.count("gateway.Charge(") == 1
    (passage,) = (p for p in pack.passages if "gateway.Charge(" in p.text)
    (copy,) = passage.copies
    assert {passage.place.path, copy.path} == {"pay/charge.go", "legacy/charge.go"}
    assert (copy.start_line, copy.end_line) == (passage.place.start_line, passage.place.end_line)
    assert f"- same text in `{copy.path}:{copy.start_line}-{copy.end_line}`" in pack.text


def test_files_come_by_their_best_hit_and_lines_in_order(filled: Store) -> None:
    query = "carrier picks up a parcel with its van"
    pack = context(query, collection="docs", store=filled, max_tokens=3_000)
    hits = cpt_rag.search(query, collection="docs", store=filled, limit=100)
    paths = list(dict.fromkeys(passage.place.path for passage in pack.passages))
    ranked = [path for path in dict.fromkeys(hit.path for hit in hits) if path in paths]
    assert paths == ranked
    places = [(paths.index(p.place.path), p.place.start_line) for p in pack.passages]
    assert places == sorted(places)


def test_citations_name_the_root_where_there_are_several(
    filled: Store, encoder: Encoder, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.md").write_text("# Refunds\n\nRefunds take a week.\n", encoding="utf-8")
    before = context("refund", collection="docs", store=filled)
    assert "## README.md:1-5" in before.text
    cpt_rag.ingest(other, collection="docs", store=filled, encoder=encoder)
    after = context("refund", collection="docs", store=filled)
    assert "## other/a.md:1-3" in after.text
    assert "## shop/README.md:1-5" in after.text


COUNTERS: dict[str, CountTokens] = {
    "characters": len,
    "words": lambda text: len(text.split()),
    "lines": lambda text: text.count("\n"),
    "more than the sum of its parts": lambda text: len(text) ** 2 // 4_000,
    "an overhead for each text": lambda text: 100 + len(text) // 4,
    "nothing": lambda text: 0,
    "without any sense": lambda text: hash(text) % 5_000,
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    counter=st.sampled_from(sorted(COUNTERS)),
    form=st.sampled_from(["markdown", "xml", "json"]),
    budget=st.integers(1, 20_000),
)
def test_no_counter_finds_a_pack_over_the_budget(
    docs: cpt_rag.Collection, counter: str, form: str, budget: int
) -> None:
    count = COUNTERS[counter]
    try:
        pack = context("carrier", collection=docs, max_tokens=budget, form=form, count_tokens=count)
    except cpt_rag.InvalidInputError as error:
        assert "not one of the spans" in str(error)  # noqa: PT017
    else:
        assert pack.passages
        assert count(pack.text) == pack.tokens <= budget


def test_a_larger_budget_holds_more_until_all_is_in(docs: cpt_rag.Collection) -> None:
    packs = [context("carrier", collection=docs, max_tokens=250 * 2**n) for n in range(9)]
    sizes = [sum(len(passage.text) for passage in pack.passages) for pack in packs]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]
    assert packs[-1].text == packs[-2].text


def test_a_span_that_does_not_fit_makes_room_for_the_next(filled: Store) -> None:
    query = "shipping rate of a carrier for zone 31"
    hits = cpt_rag.search(query, collection="docs", store=filled, limit=100)
    assert hits[0].path == "shipping.py"
    pack = context(query, collection="docs", store=filled, max_tokens=100)
    assert pack.passages
    assert all(len(passage.text) < len(hits[0].text) for passage in pack.passages)


def packed(store: Store, form: str, query: str = "odd header; how to install") -> ContextPack:
    return context(query, collection="docs", store=store, form=form, max_tokens=50_000)


def test_markdown_fences_survive_text_with_fences(filled: Store) -> None:
    pack = packed(filled, "markdown")
    assert f"\n`````markdown\n{FENCED.rstrip()}\n`````\n" in pack.text
    opened = None
    for line in pack.text.splitlines():
        ticks = re.match("`{3,}", line)
        if opened is None and ticks:
            opened = ticks[0]
        elif line == opened:
            opened = None
    assert opened is None


def test_markdown_cannot_steer_a_terminal(filled: Store) -> None:
    assert "\x0c" not in packed(filled, "markdown").text
    assert "\u240c" in packed(filled, "markdown").text


def test_xml_is_well_formed_and_gives_the_text_back(filled: Store) -> None:
    query = 'odd <header> & "install"'
    pack = packed(filled, "xml", query)
    tree = ElementTree.fromstring(pack.text)
    assert tree.get("query") == query
    shown = {one.get("source"): one.findtext("text") for one in tree.iter("passage")}
    assert len(shown) == len(pack.passages)
    for passage in pack.passages:
        place = passage.place
        text = shown[f"{place.path}:{place.start_line}-{place.end_line}"]
        assert text == passage.text.replace("\x0c", "\u240c")
    assert [e.text for e in tree.iter("copy")]


def test_json_is_one_object_with_every_field(filled: Store) -> None:
    pack = packed(filled, "json")
    assert pack.text.isascii()
    assert pack.text.count("\n") == 1
    read = json.loads(pack.text)
    assert read["query"] == pack.query
    for passage, fields in zip(pack.passages, read["passages"], strict=True):
        place = passage.place
        assert fields["citation"] == f"{place.path}:{place.start_line}-{place.end_line}"
        assert (fields["root"], fields["path"]) == ("shop", place.path)
        assert (fields["start"], fields["end"]) == (passage.start, passage.end)
        assert fields["text"] == passage.text
        assert fields["enclosing"] == list(passage.enclosing)


@pytest.mark.parametrize("query", ["", " \n"])
def test_an_empty_query_is_refused(filled: Store, query: str) -> None:
    with pytest.raises(cpt_rag.InvalidInputError, match="query is empty"):
        context(query, collection="docs", store=filled)


def test_a_budget_below_one_span_is_told_what_one_takes(filled: Store) -> None:
    with pytest.raises(cpt_rag.InvalidInputError, match="not one of the spans") as caught:
        context("carrier", collection="docs", store=filled, max_tokens=5)
    least = int(re.findall(r"at least (\d+)", str(caught.value))[0])
    assert context("carrier", collection="docs", store=filled, max_tokens=least).tokens == least
    with pytest.raises(cpt_rag.InvalidInputError):
        context("carrier", collection="docs", store=filled, max_tokens=least - 1)


def test_a_budget_of_nothing_is_refused(filled: Store) -> None:
    with pytest.raises(cpt_rag.InvalidInputError, match="max_tokens is 0"):
        context("carrier", collection="docs", store=filled, max_tokens=0)


def test_an_unknown_format_names_those_there_are(filled: Store) -> None:
    with pytest.raises(cpt_rag.InvalidInputError, match="markdown, xml, json"):
        context("carrier", collection="docs", store=filled, form="yaml")


def test_an_empty_collection_is_told_how_to_fill_it(
    store: Store, encoder: Encoder, tmp_path: Path
) -> None:
    (tmp_path / "bare").mkdir()
    cpt_rag.ingest(tmp_path / "bare", collection="bare", store=store, encoder=encoder)
    with pytest.raises(cpt_rag.InvalidInputError, match="cpt-rag ingest PATH --collection bare"):
        context("carrier", collection="bare", store=store)


def test_a_limit_bounds_the_hits_it_chooses_from(filled: Store) -> None:
    pack = context("carrier", collection="docs", store=filled, limit=1, max_tokens=50_000)
    assert len(pack.passages) == 1
