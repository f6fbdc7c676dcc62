from __future__ import annotations

import pytest

from cpt_training.pairs import TEXT, summary_rest
from cpt_training.pairs.pair import SourceFile

REST = "It waits until the other side has answered, at most for the given number of seconds."


def mined(language: str, text: str) -> list[tuple[str, str]]:
    pairs = list(summary_rest.mine(SourceFile("a", language, text)))
    assert all((pair.kind, pair.language) == ("summary_rest", TEXT) for pair in pairs)
    return [(pair.query, pair.document) for pair in pairs]


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("python", f'def f():\n    """Send one request. {REST}"""\n    return 1\n'),
        ("python", f'"""Send one request.\n\n{REST}\n"""\n'),
        ("javascript", f"/**\n * Send one request.\n * {REST}\n */\nclass Client {{}}\n"),
        ("typescript", f"/** Send one request. {REST} */\nexport type Sent = string;\n"),
        ("go", f"// Send one request.\n//\n// {REST}\nfunc Send() {{}}\n"),
        ("go", f"// Send one request. {REST}\npackage client\n"),
        ("rust", f"//! Send one request.\n//!\n//! {REST}\n\nuse std::io;\n"),
        ("java", f"/** Send one request.\n  * <p>{REST}</p> */\nclass Client {{}}\n"),
        ("ruby", f"# Send one request. {REST}\nmodule Client\nend\n"),
        ("php", f"<?php\n/** Send one request. {REST} */\ninterface Client {{}}\n"),
        ("c", f"/* Send one request.\n   {REST} */\nint send(int socket);\n"),
        ("cpp", f"/// Send one request. {REST}\nenum class Sent {{ kYes, kNo }};\n"),
        ("elixir", f'defmodule C do\n  @moduledoc "Send one request. {REST}"\nend\n'),
    ],
)
def test_first_sentence_and_rest_of_any_documentation(language: str, source: str) -> None:
    assert mined(language, source) == [("Send one request.", REST)]


def test_the_rest_keeps_its_sections() -> None:
    source = (
        "/**\n * Sends one request\n *\n * @param host where to send it, with the port\n"
        " * @returns what was answered, or null where nobody was there\n */\nfunction send(to) {}\n"
    )
    assert mined("javascript", source) == [
        (
            "Sends one request",
            "@param host where to send it, with the port\n"
            "@returns what was answered, or null where nobody was there",
        )
    ]


@pytest.mark.parametrize(
    "source",
    [
        'def f():\n    """Send it. Then wait."""\n    return 1\n',
        f'def f():\n    """Args:\n        host: where to. {REST}"""\n    return 1\n',
        f'def f():\n    """{"word " * 80}. {REST}"""\n    return 1\n',
    ],
)
def test_short_rests_sections_and_long_summaries_are_passed_over(source: str) -> None:
    assert mined("python", source) == []


def test_licence_at_the_head_of_a_file_summarises_nothing() -> None:
    licence = (
        "// Copyright (c) 2018 Somebody. Permission is hereby granted, free of charge, to any"
        " person obtaining a copy of this software.\nfunction send(host) { return host; }\n"
    )
    assert mined("javascript", licence) == []
