from __future__ import annotations

import tarfile
import zipfile
from collections import Counter
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import pytest

from cpt_rag.errors import InvalidInputError
from cpt_training.corpus import archive as archives
from cpt_training.corpus.archive import members
from cpt_training.corpus.excluded import reason_excluded
from cpt_training.corpus.files import source_files
from cpt_training.corpus.paths import is_copy, is_test, reason_path_excluded


def tarball(path: Path, files: Mapping[str, bytes]) -> Path:
    with tarfile.open(path, "w:xz" if path.suffix == ".xz" else "w:gz") as opened:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            opened.addfile(info, BytesIO(content))
    return path


@pytest.mark.parametrize(
    ("path", "source", "reason"),
    [
        ("pip/_vendor/rich/text.py", "wheel", "vendored"),
        ("pip/_internal/req.py", "wheel", None),
        ("vendor/github.com/pkg/errors/errors.go", "debian", "vendored"),
        ("pkg/third_party/x.py", "wheel", "vendored"),
        ("requests/api.py", "wheel", "excluded project"),
        ("pkg/integrations/flask.py", "sdist", "excluded project"),
        ("sqlalchemy/orm/query.py", "wheel", None),
        ("orm/query.py", "wheel", "excluded project"),
        ("orm/query.go", "debian", None),
        ("asyncio/base.py", "wheel", "standard library"),
        ("http/server.go", "debian", None),
        ("dist/rx.min.js", "npm", "data or leftovers"),
        ("parser/testdata/a.go", "debian", "data or leftovers"),
    ],
)
def test_files_inside_a_package(path: str, source: str, reason: str | None) -> None:
    assert reason_path_excluded(path, source) == reason
    assert reason_excluded("networkx") is None


_TESTS = """tests/helpers.py pkg/test_it.py pkg/it_test.go src/__tests__/a.ts a.test.js a.spec.ts
spec/models/user_spec.rb src/test/java/org/ReaderTest.java tests/Unit/ParserTest.php
TestQueue.java conftest.py"""


@pytest.mark.parametrize("path", _TESTS.split())
def test_tests_are_known_by_their_languages_customs(path: str) -> None:
    assert is_test(path)


@pytest.mark.parametrize("path", ["src/latest.py", "contest.go", "Attestation.java", "testify.go"])
def test_names_that_merely_sound_like_tests(path: str) -> None:
    assert not is_test(path)


def test_copies_of_excluded_projects_are_known_by_their_heads() -> None:
    assert is_copy("/*\n    JSON for Modern C++\n    version 3.11\n*/\n")
    assert is_copy("# Copyright (c) 2010 by the Armin Ronacher\nimport re\n")
    assert not is_copy("# Copyright (c) 2010 by its authors\nimport re\n")


def test_files_have_language_text_and_whether_they_test(tmp_path: Path) -> None:
    found = tarball(
        tmp_path / "pkg_1.0.orig.tar.xz",
        {
            "pkg-1.0/src/a.rs": b"fn main() {}\r\n",
            "pkg-1.0/tests/b.rs": b"#[test]\nfn it() {}\n",
            "pkg-1.0/copy/a.rs": b"fn main() {}\n",
            "pkg-1.0/include/a.h": b"namespace a {\nclass B;\n}\n",
            "pkg-1.0/include/b.h": b"int b(void);\n",
            "pkg-1.0/README": b"Reads things.\n",
            "pkg-1.0/words.txt": b"aback abaft\n",
            "pkg-1.0/logo.png": b"\x89PNG",
            "pkg-1.0/latin.py": b"# \xe9t\xe9\n",
            "pkg-1.0/made.py": b"# Automatically generated, do not edit\n",
            "pkg-1.0/one_line.js": b"a();" * 2000,
        },
    )
    dropped: Counter[str] = Counter()
    files = source_files(found, "debian", dropped)
    assert [(f.path, f.language, f.test) for f in files] == [
        ("README", "text", False),
        ("copy/a.rs", "rust", False),
        ("include/a.h", "cpp", False),
        ("include/b.h", "c", False),
        ("tests/b.rs", "rust", True),
    ]
    assert files[1].text == "fn main() {}\n"
    assert dropped == {
        "file: copy within the package": 1,
        "file: not UTF-8": 1,
        "file: generated": 1,
        "file: minified": 1,
    }


@pytest.mark.parametrize(
    ("names", "inner"),
    [
        (("a-1/x.py", "a-1/y/z.py"), ["x.py", "y/z.py"]),
        (("./a-1/x.py",), ["x.py"]),
        (("src/x.py", "lib/y.py"), ["lib/y.py", "src/x.py"]),
        (("x.py", "src/y.py"), ["src/y.py", "x.py"]),
    ],
)
def test_the_one_folder_of_a_source_archive_is_no_part_of_paths(
    tmp_path: Path, names: tuple[str, ...], inner: list[str]
) -> None:
    found = tarball(tmp_path / "a.tar.gz", dict.fromkeys(names, b"x = 1\n"))
    assert [path for path, _ in members(found, lambda _: True)] == inner


@pytest.mark.parametrize("name", ["../evil.py", "/etc/evil.py", "pkg/../../evil.py", "C:\\evil.py"])
def test_archives_that_reach_outside_are_refused(tmp_path: Path, name: str) -> None:
    wheel = tmp_path / "a.whl"
    with zipfile.ZipFile(wheel, "w") as opened:
        opened.writestr(name, "x = 1")
    for found in (wheel, tarball(tmp_path / "a.tar.gz", {name: b""})):
        with pytest.raises(InvalidInputError, match=r"evil\.py"):
            members(found, lambda _: False)


def test_what_is_no_archive_is_refused_by_name(tmp_path: Path) -> None:
    for name in ("a.whl", "b.tar.gz"):
        (tmp_path / name).write_bytes(b"not found")
        with pytest.raises(InvalidInputError, match=f"{name} cannot be read"):
            members(tmp_path / name, lambda _: True)


def test_an_archive_of_more_than_sources_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MOST_BYTES", 10)
    found = tarball(tmp_path / "a.tar.gz", {"a/x.py": b"x = 1\n", "a/y.py": b"y = 1\n"})
    with pytest.raises(InvalidInputError, match=r"a\.tar\.gz unpacks to more than 10 bytes"):
        members(found, lambda _: True)


def test_the_javascript_that_typescript_was_compiled_to_is_left_out(tmp_path: Path) -> None:
    sources = {f"package/src/{name}.ts": f"export const {name} = 1\n".encode() for name in "ab"}
    compiled = {f"package/dist/{name}.js": f"exports.{name} = 1\n".encode() for name in "ab"}
    types = {"package/dist/a.d.ts": b"export declare const a: number\n"}
    dropped: Counter[str] = Counter()
    both = tarball(tmp_path / "both.tgz", {**sources, **compiled, **types})
    paths = [file.path for file in source_files(both, "npm", dropped)]
    assert paths == ["dist/a.d.ts", "src/a.ts", "src/b.ts"]
    assert dropped == {"file: compiled": 2}
    alone = tarball(tmp_path / "alone.tgz", {**compiled, **types})
    assert "dist/a.js" in [file.path for file in source_files(alone, "npm", Counter())]


def test_a_debian_package_gives_the_files_it_installs(tmp_path: Path) -> None:
    data = tarball(tmp_path / "data.tar.xz", {"./usr/lib/ruby/a.rb": b"x = 1\n", "./b.rb": b""})
    parts = {"debian-binary": b"2.0\n", "control.tar.xz": b"odd", "data.tar.xz": data.read_bytes()}
    content = b"!<arch>\n"
    for name, part in parts.items():
        head = f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(part):<10}`\n".encode()
        content += head + part + b"\n" * (len(part) % 2)
    package = tmp_path / "ruby-a_1.0_all.deb"
    package.write_bytes(content)
    assert dict(members(package, lambda _: True)) == {"usr/lib/ruby/a.rb": b"x = 1\n", "b.rb": b""}
    package.write_bytes(content[:70])
    with pytest.raises(InvalidInputError, match=r"ruby-a_1\.0_all\.deb cannot be read"):
        members(package, lambda _: True)
