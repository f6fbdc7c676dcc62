"""What is left of a comment without its marks, and which comments say nothing."""

from __future__ import annotations

import pytest

from cpt_training.pairs.code.doc_comments import doc_text, documents, is_licence


@pytest.mark.parametrize(
    ("language", "comments", "text"),
    [
        (
            "java",
            ["/**\n     * Opens.\n     *\n     * @param by how far\n     */"],
            "Opens.\n\n@param by how far",
        ),
        ("c", ["/*!\n  Opens.\n    a step\n  Closes.\n*/"], "Opens.\n  a step\nCloses."),
        ("c", ["/****************\n * Opens a door. *\n ****************/"], "Opens a door."),
        ("c", ["/* ==== */"], ""),
        (
            "cpp",
            ["//===---------===//", "// Opens a door.", "//===---------===//"],
            "Opens a door.",
        ),
        ("rust", ["/// Opens.", "///", "/// * one"], "Opens.\n\n* one"),
        (
            "ruby",
            ["# Opens.", "#   door.open", "# rubocop:disable Style/Foo"],
            "Opens.\n  door.open",
        ),
        ("ruby", ["=begin\nOpens.\n=end"], "Opens."),
        ("ruby", ["# :call-seq:", "#   open() → Door", "#", "# Opens."], "Opens."),
        ("ruby", ["# Opens. :nodoc:"], ""),
        ("lua", ["--- Opens.", "-- @param by number"], "Opens.\n@param by number"),
        ("lua", ["--[[ Opens. ]]"], "Opens."),
        ("haskell", ["-- | Opens a @Door@.\n-- Closes 'Gate's."], "Opens a Door.\nCloses Gates."),
        ("javascript", ["/* global window, document */"], ""),
        (
            "javascript",
            ["// global settings win over local ones"],
            "global settings win over local ones",
        ),
        ("php", ["/**\n * Opens.\n *\n * @author Somebody\n * @since 1.2\n */"], "Opens."),
        (
            "c_sharp",
            [
                '/// <summary>Opens a <see cref="M:A.Door"/>.</summary>',
                '/// <param name="by">how far</param>',
            ],
            "Opens a Door.\n@param by how far",
        ),
    ],
)
def test_marks_borders_and_orders_to_tools_are_left_out(
    language: str, comments: list[str], text: str
) -> None:
    assert doc_text(comments, language) == text


@pytest.mark.parametrize(
    "comment",
    [
        "// if (door.open) {\n//   close(door);\n// }",
        "/* #define OPEN 1\n   #define SHUT 2 */",
        "// door = find(name)\n// door.open()",
        "// FIXME: leaks memory when the door is shut",
        "// SPDX-License-Identifier: MIT",
        "/* Copyright (C) 1999 Somebody */",
    ],
)
def test_code_notes_to_do_and_licences_are_no_documentation(comment: str) -> None:
    assert doc_text(comment.split("\n") if comment.startswith("//") else [comment], "c") == ""


def test_prose_that_names_a_licence_is_no_licence() -> None:
    assert is_licence("This file is licensed under the Apache License, Version 2.0.")
    assert not is_licence("Reads the licence of a package out of its metadata.")


@pytest.mark.parametrize(
    ("comment", "language", "expected"),
    [
        ("// Opens.", "go", True),
        ("// Opens.", "rust", False),
        ("/// Opens.", "rust", True),
        ("/* Opens. */", "java", False),
        ("/** Opens. */", "java", True),
        ("/**< of the line before */", "c", False),
        ("///< of the line before", "cpp", False),
        ("//go:noinline", "go", False),
        ("-- | Opens.", "haskell", True),
        ("-- Opens.", "haskell", False),
        ("#!/bin/sh", "bash", False),
    ],
)
def test_forms_of_doc_comments(comment: str, language: str, expected: bool) -> None:
    assert documents(comment, language) is expected
