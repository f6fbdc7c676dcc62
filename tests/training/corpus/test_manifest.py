from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from cpt_rag.errors import InvalidInputError
from cpt_training.corpus import fetch
from cpt_training.corpus.manifest import SHIPPED, Package, find_manifest, load_manifest
from cpt_training.corpus.pin import licence_of, pin, write_pinned

from .conftest import make_wheel, row

DIGEST = "0" * 64

# The evaluation's own list, spelled out again: a name that is lost from the module is missed here.
_NEVER = """requests flask click model2vec httpx chi gin cobra express zod redux axios rack sinatra
gson libuv fmtlib nlohmann-json axum tokio serde alamofire ecto plug phoenix monolog guzzle xmonad
lazy.nvim telescope.nvim zig-clap bats-core bash-it dapper circe astropy django matplotlib pylint
pytest scikit-learn seaborn sphinx sympy xarray numpy pandas scipy tensorflow torch werkzeug
pygame cpython"""


def write(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "corpus.toml"
    path.write_text(f"packages = [{', '.join(rows)}]\n", encoding="utf-8")
    return path


_DRESSED = """Scikit_Learn pytest-cov semble @reduxjs/toolkit golang-github-spf13-afero
golang-github-go-chi-chi golang-github-gin-gonic-gin rust-serde-derive rust-tokio-util ruby-rack
ruby-rack-test libgoogle-gson-java libuv1 nlohmann-json3 rust-tracing-core php-guzzlehttp-psr7
fmtlib phoenix.js"""


@pytest.mark.parametrize("name", [*_NEVER.split(), *_DRESSED.split()])
def test_what_is_measured_on_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInputError, match="never trained on"):
        load_manifest(write(tmp_path, row(name, "train", DIGEST)))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([row("a", "train", DIGEST, licence="GPL-3.0-only")], "GPL-3.0-only"),
        ([row("a", "dev", DIGEST)], "split 'dev'"),
        ([row("a", "train", "12")], "sha256"),
        ([row("@scope/a", "train", DIGEST)], "'@scope/a'.*\n.*\n.*source = \"npm\""),
        ([row("a", "train", "")], "lacks a version"),
        ([row("a-b", "train", DIGEST), row("a_b", "train", DIGEST)], "twice"),
        (
            [row("a", "train", DIGEST, family="f"), row("b", "test", DIGEST, family="f")],
            "both of the family 'f'",
        ),
        (['{ version = "1" }'], "cannot be read"),
        ([row("a", "train", DIGEST, size="3")], "cannot be read"),
    ],
)
def test_manifest_faults_are_named(tmp_path: Path, rows: list[str], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        load_manifest(write(tmp_path, *rows))


def test_projects_of_one_name_share_a_split_whoever_serves_them(tmp_path: Path) -> None:
    npm = 'source = "npm"\npackages = [' + row("yam_l", "test", DIGEST) + "]\n"
    (tmp_path / "one.toml").write_text(npm)
    (tmp_path / "two.toml").write_text("packages = [" + row("yam-l", "train", DIGEST) + "]\n")
    both = tmp_path / "both.toml"
    both.write_text('include = ["one", "two"]\n')
    with pytest.raises(InvalidInputError, match=r"yam_l \(test\) and yam-l \(train\)"):
        load_manifest(both)


def test_a_manifest_of_manifests_has_their_packages(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text(
        'source = "debian"\npackages = [' + row("a", "test", DIGEST) + "]\n"
    )
    (tmp_path / "two.toml").write_text("packages = [" + row("b", "train", DIGEST) + "]\n")
    both = tmp_path / "both.toml"
    both.write_text('include = ["one", "two"]\nkinds = ["name_body"]\n')
    manifest = load_manifest(both)
    assert [(p.name, p.source) for p in manifest.packages] == [("a", "debian"), ("b", "wheel")]
    assert manifest.kinds == ("name_body",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('include = ["nothing"]', "no nothing.toml"),
        ('include = ["both"]', "includes others"),
        ("kinds = []", "keys kinds"),
        ('packages = []\nkind = "x"', "keys kind, packages"),
        ('packages = [{ name = "a" }]\nsource = "cargo"', "'source': 'cargo'"),
        ('packages = []\nkinds = ["poem"]', "unknown kinds of pair: poem"),
        ("packages = [", "not valid TOML"),
        ('packages = []\nports = ["a"]', "ports of both.toml cannot be read"),
        ('packages = []\nkinds = ["translation"]', "0 groups of ports"),
        ('packages = []\nports = [["a"]]\nkinds = ["translation"]', "no package of the manifest"),
    ],
)
def test_faults_of_a_whole_manifest_are_named(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "both.toml"
    path.write_text(content)
    with pytest.raises(InvalidInputError, match=message):
        load_manifest(path)


def test_ports_are_packages_of_one_split_and_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path, row("a", "train", DIGEST), row("b", "test", DIGEST))
    rows = path.read_text()
    path.write_text(f'kinds = ["translation"]\nports = [["a", "b"]]\n{rows}')
    with pytest.raises(InvalidInputError, match=r"a, b in corpus\.toml are of test and train"):
        load_manifest(path)
    path.write_text(f'ports = [["a"]]\n{rows}')
    with pytest.raises(InvalidInputError, match="1 groups of ports"):
        load_manifest(path)
    path.write_text(f'kinds = ["translation"]\nports = [["a"]]\n{rows}')
    assert load_manifest(path).ports == (("a",),)


def test_the_shipped_corpus_is_told_as_it_was_when_it_was_published() -> None:
    manifest = load_manifest(find_manifest("cpt"))
    assert manifest.digest == json.loads(manifest.published.read_text())["manifest"]


def test_another_manifests_list_is_of_no_concern_to_one_that_has_its_own(tmp_path: Path) -> None:
    path = write(tmp_path, row("a", "train", DIGEST))
    path.with_suffix(".excluded.txt").write_text("# own\n")
    digest = load_manifest(path).digest
    path.with_name("other.excluded.txt").write_text("0123456789abcdef cosqa\n")
    assert load_manifest(path).digest == digest


def test_unknown_manifest_lists_the_shipped_ones() -> None:
    with pytest.raises(InvalidInputError, match="python"):
        find_manifest("nothing-like-it")


@pytest.mark.parametrize("name", sorted(path.stem for path in SHIPPED.glob("*.toml")))
def test_shipped_manifest_is_valid_and_its_splits_are_disjoint(name: str) -> None:
    manifest = load_manifest(find_manifest(name))
    by_split = {
        split: {p.family for p in manifest.packages if p.split == split}
        for split in ("train", "validation", "test")
    }
    assert sum(map(len, by_split.values())) == len(set().union(*by_split.values()))
    assert all(by_split.values())


def test_wrong_hash_names_package_found_and_expected(tmp_path: Path) -> None:
    found = make_wheel(tmp_path, "pkg", {"pkg/a.py": ""})
    with pytest.raises(InvalidInputError) as caught:
        fetch.fetch(Package("pkg", "wheel", "train", "pkg", "1.0", "MIT", DIGEST), tmp_path)
    assert all(part in str(caught.value) for part in ("pkg 1.0", found, DIGEST))


def test_right_hash_is_not_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = make_wheel(tmp_path, "pkg", {"pkg/a.py": ""})
    monkeypatch.setattr(fetch, "download", lambda *_: pytest.fail("downloaded"))
    package = Package("pkg", "wheel", "train", "pkg", "1.0", "MIT", digest)
    assert fetch.fetch(package, tmp_path).is_file()


@pytest.mark.parametrize(
    ("expression", "stated", "classifiers", "licence"),
    [
        ("Apache-2.0 OR GPL-2.0-or-later", "", set(), "Apache-2.0"),
        ("MIT AND GPL-3.0-only", "", set(), ""),
        ("", "BSD", {"BSD License"}, "BSD-3-Clause"),
        ("", "", {"MIT License", "GNU General Public License v3 (GPLv3)"}, ""),
        ("", "who knows", set(), ""),
    ],
)
def test_licence_is_permissive_or_nothing(
    expression: str, stated: str, classifiers: set[str], licence: str
) -> None:
    assert licence_of(expression, stated, classifiers) == licence


def test_pin_fills_in_what_is_open_and_keeps_the_head(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "c.toml"
    path.write_text('# why\npackages = [\n  { name = "pkg", split = "test" },\n]\n')

    def download(*_: object) -> tuple[Path, str]:
        wheel = tmp_path / "pkg-2.0-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as opened:
            opened.writestr("pkg-2.0.dist-info/METADATA", "Version: 2.0\nLicense-Expression: MIT\n")
        return wheel, "2.0"

    monkeypatch.setattr("cpt_training.corpus.pin.download", download)
    manifest = load_manifest(path, pinned=False)
    write_pinned(manifest, [pin(manifest.packages[0], tmp_path)])
    assert path.read_text().startswith("# why\n")
    (package,) = load_manifest(path).packages
    assert (package.version, package.licence, package.split) == ("2.0", "MIT", "test")
