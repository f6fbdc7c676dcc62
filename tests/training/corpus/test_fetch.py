from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cpt_training.corpus.fetch import FetchError, VanishedError, download, pypi
from cpt_training.corpus.fetch.debian import _options
from cpt_training.corpus.manifest import Package


def package(name: str, source: str, version: str = "") -> Package:
    return Package(name, source, "train", name, version)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package index in a folder."""
    root = tmp_path / "simple"
    monkeypatch.setenv("PIP_INDEX_URL", root.as_uri())
    pypi._finder.cache_clear()
    yield root
    pypi._finder.cache_clear()


def publish(index: Path, project: str, *names: str) -> None:
    folder = index / project
    folder.mkdir(parents=True)
    for name in names:
        with zipfile.ZipFile(folder / name, "w") as opened:
            opened.writestr("a.py", name)
    links = "".join(f'<a href="{name}">{name}</a>\n' for name in names)
    (folder / "index.html").write_text(f"<!doctype html><html><body>{links}</body></html>")


def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, script: str) -> None:
    """Put a program of this name before all others on the path."""
    folder = tmp_path / "bin"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    _options.cache_clear()


def test_a_wheel_is_the_pure_one_and_an_sdist_the_source(index: Path, tmp_path: Path) -> None:
    wheel, native, sdist = (
        "pkg-1.0-py3-none-any.whl",
        "pkg-1.0-cp312-cp312-manylinux_2_17_x86_64.whl",
        "pkg-1.0.zip",
    )
    publish(index, "pkg", wheel, native, sdist, "pkg-0.9-py3-none-any.whl")
    archive, version = download(package("pkg", "wheel"), tmp_path)
    assert (archive.name, version) == (wheel, "1.0")
    assert archive.parent == tmp_path / "archives" / "wheel" / "pkg-1.0"
    assert download(package("pkg", "sdist"), tmp_path)[0].name == sdist
    assert download(package("pkg", "wheel", "0.9"), tmp_path)[1] == "0.9"


def test_a_release_that_the_index_has_not_is_vanished(index: Path, tmp_path: Path) -> None:
    publish(index, "pkg", "pkg-1.0-py3-none-any.whl")
    for missing in (package("pkg", "wheel", "2.0"), package("pkg", "sdist", "1.0")):
        with pytest.raises(VanishedError, match=f"no suitable file of pkg=={missing.version}"):
            download(missing, tmp_path)


def test_npm_is_asked_for_one_version_and_runs_no_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command(tmp_path, monkeypatch, "npm", 'echo "$@" > ../asked; touch babel-core-7.1.0.tgz')
    archive, version = download(package("@babel/core", "npm", "7.1.0"), tmp_path)
    assert (archive.name, version) == ("babel-core-7.1.0.tgz", "7.1.0")
    assert archive.parent == tmp_path / "archives" / "npm" / "@babel+core-7.1.0"


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("npm error code ETARGET", VanishedError),
        ("npm error code E404", VanishedError),
        ("npm error code ECONNREFUSED", FetchError),
    ],
)
def test_what_npm_says_is_understood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, error: type[FetchError]
) -> None:
    command(tmp_path, monkeypatch, "npm", f"echo '{said}' >&2; exit 1")
    with pytest.raises(FetchError) as caught:
        download(package("rxjs", "npm", "7.0.0"), tmp_path)
    assert type(caught.value) is error


_APT = """
for word in "$@"; do case "$word" in
indextargets) echo 'somewhere bookworm main';;
source) echo "$@" > ../asked; touch zlib_1.2.orig.tar.gz zlib_1.2.orig-docs.tar.gz;;
download) touch libzip-dev_1%3a2.0-1_amd64.deb;;
esac; done
"""


def test_of_debian_sources_the_upstream_archive_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command(tmp_path, monkeypatch, "apt-get", _APT)
    command(tmp_path, monkeypatch, "apt-cache", "printf 'Package: zlib\\nVersion: 1.2-3\\n'")
    archive, version = download(package("zlib", "debian"), tmp_path)
    assert (archive.name, version) == ("zlib_1.2.orig.tar.gz", "1.2-3")
    assert package("zlib", "debian").folder == "archives/debian/zlib-newest"
    assert [path.name for path in archive.parent.iterdir()] == [archive.name]
    sources = (tmp_path / "apt" / "sources.list").read_text()
    assert sources == "deb somewhere bookworm main\ndeb-src somewhere bookworm main\n"


def test_a_binary_package_has_its_version_with_the_epoch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command(tmp_path, monkeypatch, "apt-get", _APT)
    archive, version = download(package("libzip-dev", "deb"), tmp_path)
    assert (archive.name, version) == ("libzip-dev_1%3a2.0-1_amd64.deb", "1:2.0-1")


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("E: Can not find version '1.0' of package 'zlib'", VanishedError),
        ("E: Failed to fetch zlib_1.0.orig.tar.gz  404  Not Found", VanishedError),
        ("E: Could not resolve host", FetchError),
    ],
)
def test_what_apt_says_is_understood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, error: type[FetchError]
) -> None:
    script = f"""case "$*" in *' source '*) echo "{said}" >&2; exit 100;; esac"""
    command(tmp_path, monkeypatch, "apt-get", script)
    with pytest.raises(FetchError) as caught:
        download(package("zlib", "debian", "1.0"), tmp_path)
    assert type(caught.value) is error


def test_a_missing_package_manager_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchError, match="asks for npm, which is not on this machine") as caught:
        download(package("rxjs", "npm", "7.0.0"), tmp_path)
    # Nothing vanished, so that --allow-missing does not go on without a whole package manager.
    assert not isinstance(caught.value, VanishedError)
