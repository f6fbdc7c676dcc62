"""Names that mean something outside of the function, or before they are bound, and stay."""

from __future__ import annotations

import re

import pytest

from .conftest import mined, variant

FUNCTIONS = {
    "python": """
        def serve(request, retries{parameter}){returns}:
            failed = 0
            done = 1
            {body}
            if retries == 2:
                failed = request
            else:
                done = retries
            return failed, done
    """,
    "javascript": """
        function serve(request, retries) {
            let failed = 0;
            let done = 1;
            {body}
            if (retries === 2) { failed = request; } else { done = retries; }
            return [failed, done];
        }
    """,
    "typescript": """
        class Server {
            constructor(retries: number, private request: Request) {
                let failed = 0;
                let done = 1;
                {body}
                if (retries === 2) { failed = request; } else { done = retries; }
            }
        }
    """,
    "java": """
        class Server {
            int serve(int request, int retries) {
                int failed = 0;
                int done = 1;
                {body}
                if (retries == 2) { failed = request; } else { done = retries; }
                return failed + done;
            }
        }
    """,
    "go": """
        package p

        func serve(request string, retries int) (int, int) {
            failed := 0
            done := 1
            {body}
            if retries == 2 { failed = len(request) } else { done = retries }
            return failed, done
        }
    """,
    "rust": """
        impl<'request> Server {
            fn serve(&self, request: &'request str, retries: usize) -> (usize, usize) {
                let mut failed = 0;
                let mut done = 1;
                {body}
                if retries == 2 { failed = size(request); } else { done = retries; }
                (failed, done)
            }
        }
    """,
    "php": """
        <?php
        class Server {
            function __construct($retries, private $request) {
                $failed = 0;
                $done = 1;
                {body}
                if ($retries === 2) { $failed = $request; } else { $done = $retries; }
            }
        }
    """,
    "c": """
        int serve(int request, int retries) {
            int failed = 0;
            int done = 1;
            {body}
            if (retries == 2) { failed = request; } else { done = retries; }
            return failed + done;
        }
    """,
}

MARGIN = " " * 12


def function(language: str, body: str, parameter: str = "", returns: str = "") -> str:
    text = FUNCTIONS[language]
    body = body.replace("\n", f"\n{MARGIN}")
    for hole, part in (("body", body), ("parameter", parameter), ("returns", returns)):
        text = text.replace(f"{{{hole}}}", part)
    return text


@pytest.mark.parametrize(
    ("language", "body", "kept"),
    [
        ("python", "self.serve(request=1)", r"def serve\(request, (?!retries)"),
        ("python", "inner = lambda: partial(serve, request=1)", r"def serve\(request, (?!retries)"),
        ("python", "def send(done): return done\nsend(done=2)", r"def send\(done\)"),
        (
            "python",
            "g(request=1)",
            r"def (?!serve)\w+\((?!request)\w+, .*\n(.*\n)* +g\(request=1\)",
        ),
        ("typescript", "send(request);", r"private request: (.*\n)* +send\(request\);"),
        ("php", "send($request);", r"private \$request\) (.*\n)* +send\(\$request\);"),
        ("javascript", "for (key in request) { g(key); }", r"for \(key in (?!request)"),
        (
            "javascript",
            "for (let key in request) { g(key); }",
            r"for \(let (?!key)(\w+) in .*g\(\1\)",
        ),
        ("javascript", "if (done) { let log = 1; send(log); }\nlog(2);", r" log\(2\);"),
        ("java", "sort(request, Server::done);", r"sort\((?!request)\w+, Server::done\)"),
        ("java", "{ int x = 1; g(x); }\n{ g(x); int x = 2; }", r"{ g\(x\);"),
        ("go", "url := url.Parse(request)\ng(url)", r"url := url\.Parse\((?!request)\w+\)"),
        ("go", "url := g(request)\nurl, err := url.Get()", r"(?!url)(\w+), \w+ := \1\.Get"),
        ("go", "for key = range request { g(key) }", r"for key = range (?!request)"),
        ("go", "for key := range request { g(key) }", r"for (?!key)(\w+) := .* g\(\1\)"),
        ("go", "switch mode := 1; mode {\n}\ng(mode)", r"g\(mode\)"),
        ("rust", "let size = size(request);", r"let size = size\("),
        ("rust", "for item in item { g(item); }", r"for item in item "),
        ("rust", 'println!("{done} {:>failed$}", 1);', r"\(failed, done\)\n}"),
        ("rust", "'done: loop { break 'done; }", r"'done: loop { break 'done; }"),
        ("c", "extern int errors;\ng(errors);", r"extern int errors;\n +g\(errors\);"),
    ],
)
def test_a_name_that_means_something_elsewhere_stays(language: str, body: str, kept: str) -> None:
    text = variant(language, function(language, body))
    assert re.search(kept, text), text


@pytest.mark.parametrize(
    ("language", "body"),
    [
        ("python", "g(locals())"),
        ("python", "global done"),
        ("python", 'g(f"{failed=}")'),
        ("python", 'g(f"{failed = }")'),
        ("python", 'g(f"{failed + 1=:>10}")'),
        ("php", "$x = new class { public $done; };"),
        ("php", '$x = "${done}";'),
        ("rust", "use m::{failed, done};"),
        ("c", "\n#define ADD(x) ((x) + failed)\n"),
    ],
)
def test_where_names_are_out_of_reach_none_is_replaced(language: str, body: str) -> None:
    assert mined(language, function(language, "g(1);"))
    assert mined(language, function(language, body)) == []


def test_an_annotation_and_a_default_value_are_read_outside_of_the_function() -> None:
    text = variant("python", function("python", "g(list, key)", ", list, key=key", " -> list"))
    assert re.search(r"def \w+\((?!request)\w+, \w+, list, key=key\) -> list:", text), text
    assert "g(list, key)" in text


def test_a_new_name_is_that_of_nothing_in_the_function_in_any_spelling() -> None:
    names = "Handle Process Perform Apply Compute Resolve Evaluate"
    calls = "\n".join(f"    {name}()" for name in names.split())
    text = variant("go", function("go", calls).replace("serve", "Serve"))
    assert "func Execute(" in text


def test_an_arrow_function_has_locals_and_calls_itself() -> None:
    text = variant(
        "javascript",
        function("javascript", "serve(done);").replace(
            "function serve(request, retries) {", "const serve = (request, retries) => {"
        ),
    )
    assert not re.search(r"request|retries|failed|done", text), text
    assert re.search(r"const serve = (.*\n)* +serve\(", text), text
