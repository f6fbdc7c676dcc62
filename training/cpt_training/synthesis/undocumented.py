"""Functions that nobody has documented, of a folder or of a corpus's packages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from cpt_rag.chunking.detect import detect_language
from cpt_rag.errors import InvalidInputError
from cpt_rag.ingest.read import extract, read_bytes
from cpt_rag.ingest.reasons import UnusableFileError
from cpt_rag.ingest.roots import resolve_roots
from cpt_rag.ingest.walk import Entry, walk
from cpt_training.corpus.check import HELD_OUT_THRESHOLD
from cpt_training.corpus.clean import generated
from cpt_training.corpus.files import source_files
from cpt_training.corpus.gather import gather
from cpt_training.corpus.manifest import Manifest, Package, find_manifest, load_manifest
from cpt_training.corpus.near import Digest, NearDuplicates
from cpt_training.corpus.paths import is_copy, is_test, reason_path_excluded
from cpt_training.pairs.code.definitions import definitions
from cpt_training.pairs.code.worth import MINIMUM_LINES, implements, telling_lines
from cpt_training.pairs.pair import SourceFile
from cpt_training.pairs.prose import cut_lines
from cpt_training.synthesis.subject import Subject, digest

TRAIN = "train"


def undocumented(source: str, cache: Path, left_out: Counter[str]) -> list[Subject]:
    """The undocumented functions of ``source``, each code once.

    In the order of their digests: what a budget affords is then a sample of all.

    Args:
        source: a folder, read as an ingestion reads it, or a corpus manifest's name or path.
        cache: where the packages of a manifest lie.
        left_out: counts files and functions left out, by reason.

    Raises:
        InvalidInputError: there is no such source, or nothing undocumented in it.
    """
    if Path(source).is_dir():
        found = of_folder(Path(source), left_out)
    else:
        found = of_manifest(load_manifest(find_manifest(source)), cache, left_out)
    subjects: dict[str, Subject] = {}
    for subject in found:
        if subjects.setdefault(digest(subject.code), subject) is not subject:
            left_out["function: copy"] += 1
    if not subjects:
        raise InvalidInputError(
            f"{source} has no undocumented function.",
            expected="functions of three lines or more without docstring or doc comment",
            remedy="name another folder or manifest",
        )
    return [subjects[key] for key in sorted(subjects)]


def of_folder(folder: Path, left_out: Counter[str]) -> Iterator[Subject]:
    """Of a folder's files, those left out that a package's miner passes over: tests, copies."""
    (root,) = resolve_roots([folder], None)
    for entry in walk(root.folder):
        file = _source(root.folder, entry)
        if isinstance(file, SourceFile):
            yield from _functions(file, root.name, "")
        else:
            left_out[f"file: {file}"] += 1


def of_manifest(manifest: Manifest, cache: Path, left_out: Counter[str]) -> Iterator[Subject]:
    """Of the packages that a manifest trains on, less what resembles a held-out function."""
    with Progress(console=Console(stderr=True)) as progress:
        archives, _ = gather(manifest, cache, progress, allow_missing=False)
    codes = (
        definition.code
        for package, archive in archives
        if package.split != TRAIN
        for file in source_files(archive, package.source, Counter())
        for definition in definitions(file)
        if implements(definition)
    )
    held_out = NearDuplicates(codes, HELD_OUT_THRESHOLD)
    for subject in _of_packages(archives, left_out):
        if held_out.find(Digest.of(subject.code)) is not None:
            left_out["function: near a held-out one"] += 1
        else:
            yield subject


def _of_packages(
    archives: Iterable[tuple[Package, Path]], left_out: Counter[str]
) -> Iterator[Subject]:
    for package, archive in archives:
        if package.split == TRAIN:
            for file in source_files(archive, package.source, left_out):
                if not file.test:
                    yield from _functions(file, package.name, package.licence)


def _functions(file: SourceFile, package: str, licence: str) -> Iterator[Subject]:
    for found in definitions(file):
        if found.doc or not implements(found) or telling_lines(found.code) < MINIMUM_LINES:
            continue
        code = cut_lines(found.code)
        yield Subject(package, file.path, found.symbol, file.language, licence, code)


def _source(folder: Path, entry: Entry) -> SourceFile | str:
    """A file that may be mined, or why it is passed over."""
    if entry.reason is not None:
        return entry.reason.value
    reason = reason_path_excluded(entry.path, "folder")
    if reason is not None:
        return reason
    try:
        found = extract(read_bytes(folder / entry.path))
    except UnusableFileError as skip:
        return skip.reason.value
    text = found.text.replace("\r\n", "\n").replace("\r", "\n")
    if is_copy(text):
        return "excluded project"
    if generated(text):
        return "generated"
    language = found.language or detect_language(entry.path, text[:200].split("\n", 1)[0])
    return "test" if is_test(entry.path) else SourceFile(entry.path, language, text)
