"""``__all__`` says what is public, and everything public is there and documented."""

from __future__ import annotations

import importlib

import pytest

import cpt_rag


@pytest.mark.parametrize(
    "package",
    [
        "cpt_rag",
        "langchain_cpt",
        "llama_index.embeddings.cpt",
        "llama_index.node_parser.cpt",
        "llama_index.retrievers.cpt",
    ],
)
def test_all_is_sorted_and_every_name_is_documented(package: str) -> None:
    module = importlib.import_module(package)
    assert sorted(module.__all__) == module.__all__
    for name in module.__all__:
        assert getattr(getattr(module, name), "__doc__", None), f"{package}.{name}"


def test_every_error_is_exported_and_under_the_one_tree() -> None:
    errors = importlib.import_module("cpt_rag.errors")
    defined = {
        n for n, v in vars(errors).items() if isinstance(v, type) and issubclass(v, Exception)
    }
    assert defined <= set(cpt_rag.__all__)
    assert all(issubclass(getattr(errors, name), cpt_rag.CptRagError) for name in defined)


def test_an_error_says_what_was_found_expected_and_to_do() -> None:
    error = cpt_rag.CptRagError("Found a.", expected="b", remedy="do c")
    assert str(error) == "Found a.\nExpected: b\nRemedy: do c"
