"""mteb measures an encoder and the hybrid search through its own interfaces, without the hub."""

from __future__ import annotations

import ast
import gc
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

pytest.importorskip("mteb", reason="the extra 'mteb' is not installed; it needs Python 3.11")

import mteb
from datasets import Dataset  # type: ignore[import-untyped, import-not-found, unused-ignore]
from mteb.abstasks import AbsTaskRetrieval
from mteb.models import ModelMeta
from mteb.models.models_protocols import EncoderProtocol, MTEBModels, SearchProtocol
from mteb.types import PromptType

from cpt_rag import load_encoder
from cpt_rag.cli.run import run
from cpt_rag.encoders.presets import PRESETS
from cpt_rag.errors import InvalidInputError
from cpt_training.evaluation.embed import Embedder
from cpt_training.evaluation.mteb_models import CptMtebEncoder, CptMtebSearch
from cpt_training.mteb import app, choose_tasks

HERE = Path(__file__).resolve().parents[3]
NAME = "python -m cpt_training.mteb"

DOCUMENTS = {
    "settings": (
        "LISTEN_PORT = 8080\nLOG_LEVEL = 'info'\nUPLOAD_FOLDER = '/srv/uploads'\nPAGE_SIZE = 50\n"
        "SMTP_HOST = 'mail.local'\nSESSION_HOURS = 12\nMAX_ATTEMPTS = 4\nTHUMBNAIL_WIDTH = 320\n"
        "CURRENCY = 'EUR'\nTIME_ZONE = 'Europe/Zurich'\nSEARCH_INDEX = 'products'\n"
        "STATIC_URL = '/static/'\nDEBUG_TOOLBAR = False\nCACHE_BACKEND = 'memory'\n"
    ),
    "attempt": (
        "def attempt_until(maximum, attempt):\n"
        '    """Attempt it again and again, the maximum number of times."""\n'
        "    for _ in range(maximum):\n        if attempt():\n            return\n"
    ),
    "login": (
        "def lock_account(user):\n    if user.failed_logins > 10:\n        user.locked = True\n"
        "        notify(user, 'too many tries')\n"
    ),
    "thumbnail": (
        "def shrink(picture, width):\n    height = picture.height * width // picture.width\n"
        "    return picture.resize((width, height))\n"
    ),
    "mail": (
        "def deliver(message, server):\n    with connect(server) as connection:\n"
        "        connection.send_message(message)\n"
    ),
}
EXACT = {
    "def shrink(picture, width)": "thumbnail",
    "lock_account": "login",
    "connection.send_message": "mail",
    "attempt_until": "attempt",
}
# Vectors put the loop over attempts first; the name itself stands only in the list of settings.
IDENTIFIER = {"where is MAX_ATTEMPTS": "settings"}


class Held(AbsTaskRetrieval):  # type: ignore[misc, unused-ignore]
    """A retrieval task in memory: query texts, each with the id of its one answer."""

    metadata = mteb.TaskMetadata(
        name="HeldRetrieval",
        description="Texts of a shop's source.",
        dataset={"path": "held/in-memory", "revision": "1"},
        type="Retrieval",
        category="t2t",
        eval_splits=["test"],
        eval_langs=["eng-Latn", "python-Code"],
        main_score="ndcg_at_10",
    )

    def __init__(
        self,
        answers: Mapping[str, str],
        documents: Mapping[str, str] = DOCUMENTS,
        titles: Mapping[str, str] | None = None,
        candidates: list[str] | None = None,
    ) -> None:
        super().__init__()
        titles = titles or {}
        ids = {text: f"q{i}" for i, text in enumerate(answers)}
        rows = [
            {"id": name, "title": titles.get(name, ""), "text": text}
            for name, text in documents.items()
        ]
        self.held: Any = {
            "corpus": Dataset.from_list(rows),
            "queries": Dataset.from_list([{"id": i, "text": text} for text, i in ids.items()]),
            "relevant_docs": {ids[text]: {answer: 1} for text, answer in answers.items()},
            "top_ranked": dict.fromkeys(ids.values(), candidates) if candidates else None,
        }

    def load_data(self, num_proc: int | None = None, **kwargs: Any) -> None:
        self.dataset = {"default": {"test": self.held}}
        self.data_loaded = True


def scores(model: MTEBModels, task: Held) -> Mapping[str, float]:
    done = mteb.evaluate(model, task, cache=None, co2_tracker=False, show_progress_bar=False)
    by_measure: Mapping[str, float]
    (by_measure,) = done.task_results[0].scores["test"]
    return by_measure


def indexed(search: CptMtebSearch, task: Held) -> CptMtebSearch:
    search.index(task.held["corpus"], **context(task))
    return search


def found(search: CptMtebSearch, task: Held, top_k: int = 10) -> dict[str, dict[str, float]]:
    results: dict[str, dict[str, float]]
    results = search.search(task.held["queries"], top_k=top_k, **context(task))
    return results


def context(task: Held) -> dict[str, Any]:
    return {
        "task_metadata": task.metadata,
        "hf_split": "test",
        "hf_subset": "default",
        "encode_kwargs": {"show_progress_bar": False},
        "num_proc": None,
    }


@pytest.fixture(scope="module")
def dense() -> CptMtebEncoder:
    return CptMtebEncoder("cpt-static")


@pytest.fixture
def hybrid() -> Iterator[CptMtebSearch]:
    with CptMtebSearch("cpt-static") as search:
        yield search


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The shipped model's files in a folder of one's own."""
    return Path(shutil.copytree(PRESETS["cpt-static"].directory, tmp_path / "my-model"))


def test_each_has_one_of_mtebs_interfaces(dense: CptMtebEncoder, hybrid: CptMtebSearch) -> None:
    assert isinstance(dense, EncoderProtocol)
    assert not isinstance(dense, SearchProtocol)
    assert isinstance(hybrid, SearchProtocol)
    assert not isinstance(hybrid, EncoderProtocol)


def test_both_find_what_is_asked_for_word_by_word(
    dense: CptMtebEncoder, hybrid: CptMtebSearch
) -> None:
    assert scores(dense, Held(EXACT))["ndcg_at_10"] == 1
    assert scores(hybrid, Held(EXACT))["ndcg_at_10"] == 1


def test_the_hybrid_search_finds_an_identifier_that_vectors_alone_miss(
    dense: CptMtebEncoder, hybrid: CptMtebSearch
) -> None:
    assert scores(dense, Held(IDENTIFIER))["ndcg_at_1"] == 0
    assert scores(hybrid, Held(IDENTIFIER))["ndcg_at_1"] == 1


def test_a_title_is_a_part_of_its_document(dense: CptMtebEncoder, hybrid: CptMtebSearch) -> None:
    titles = {"mail": "Newsletter subscribers"}
    task = Held({"newsletter subscribers": "mail"}, titles=titles)
    assert scores(dense, task)["ndcg_at_1"] == 1
    assert scores(hybrid, task)["ndcg_at_1"] == 1


@pytest.mark.parametrize("kind", [CptMtebEncoder, CptMtebSearch])
def test_queries_and_documents_are_embedded_in_their_roles(
    kind: type[CptMtebEncoder | CptMtebSearch],
    embedder: Embedder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: dict[str, set[str]] = {"query": set(), "document": set()}
    for role, texts_seen in seen.items():
        name = f"encode_{role}"
        encode = getattr(embedder.encoder, name)

        def noted(texts: list[str], encode: Any = encode, seen: set[str] = texts_seen) -> Any:
            seen.update(text.strip() for text in texts)
            return encode(texts)

        monkeypatch.setattr(embedder.encoder, name, noted)
    monkeypatch.setattr(
        "cpt_training.evaluation.mteb_models.load_models", lambda models: [embedder]
    )
    scores(kind("hashing"), Held(EXACT))
    assert seen["query"] == set(EXACT)
    assert seen["document"] == {text.strip() for text in DOCUMENTS.values()}


def test_vectors_have_unit_length_and_similarity_is_their_cosine(dense: CptMtebEncoder) -> None:
    task = Held(EXACT)
    rows = dense.encode(
        [{"text": list(EXACT)}],  # type: ignore[arg-type]  # all that is asked of a loader
        task_metadata=task.metadata,
        hf_split="test",
        hf_subset="default",
        prompt_type=PromptType.query,
    )
    assert rows.shape == (len(EXACT), dense.mteb_model_meta.embed_dim)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(dense.similarity(rows, rows), rows @ rows.T, atol=1e-6)
    np.testing.assert_allclose(dense.similarity_pairwise(rows, rows), 1, rtol=1e-6)


def test_what_shows_nothing_is_found_by_nothing_and_finds_nothing(
    dense: CptMtebEncoder, hybrid: CptMtebSearch
) -> None:
    documents = {**DOCUMENTS, "blank": " \n", "control": "\x00\x01"}
    task = Held({**EXACT, "\x00": "mail"}, documents)
    assert scores(dense, task)["ndcg_at_1"] >= len(EXACT) / (len(EXACT) + 1)
    assert scores(hybrid, task)["ndcg_at_1"] == len(EXACT) / (len(EXACT) + 1)
    results = found(hybrid, task)
    assert results[f"q{len(EXACT)}"] == {}
    assert all(names.keys() <= DOCUMENTS.keys() for names in results.values())


def test_a_long_document_is_one_result_by_its_best_passage(hybrid: CptMtebSearch) -> None:
    filler = "The quarterly report lists revenue, costs and head count of every branch.\n\n" * 120
    documents = {**DOCUMENTS, "report": f"{filler}The canteen serves lentil soup on Thursdays."}
    task = Held({"lentil soup in the canteen": "report"}, documents)
    best = found(indexed(hybrid, task), task)["q0"]
    assert next(iter(best)) == "report"
    assert sorted(best) == sorted(documents)
    assert list(best.values()) == sorted(best.values(), reverse=True)


def test_many_chunks_of_one_document_do_not_crowd_out_the_others(hybrid: CptMtebSearch) -> None:
    paragraph = "Revenue of the branch in the quarter, by month and by product.\n\n"
    short = {f"note{i}": f"Revenue of branch number {i}." for i in range(60)}
    documents = {"report": paragraph * 1200, **short}
    task = Held({"revenue of the branch in the quarter": "report"}, documents)
    best = found(indexed(hybrid, task), task, top_k=5)["q0"]
    assert len(best) == 5
    assert "report" in best


def test_a_new_corpus_takes_the_place_of_the_one_before(hybrid: CptMtebSearch) -> None:
    first = Held({"lock_account": "login"})
    second = Held({"lock_account": "a"}, {"a": "Bolts, nuts and screws.", "b": "Paint."})
    assert "login" in found(indexed(hybrid, first), first)["q0"]
    assert set(found(indexed(hybrid, second), second)["q0"]) == {"a", "b"}


def test_closing_removes_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    task = Held(EXACT)
    with CptMtebSearch("cpt-static") as search:
        indexed(search, task)
        assert list(tmp_path.iterdir())
    assert not list(tmp_path.iterdir())
    with pytest.raises(InvalidInputError, match="index first"):
        found(search, task)


def test_a_search_that_nobody_closed_removes_its_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    search = indexed(CptMtebSearch("cpt-static"), Held(EXACT))
    assert list(tmp_path.iterdir())
    del search
    gc.collect()
    assert not list(tmp_path.iterdir())


def test_a_task_with_candidates_to_rank_again_is_refused(hybrid: CptMtebSearch) -> None:
    with pytest.raises(InvalidInputError, match="HeldRetrieval gives each query the documents"):
        scores(hybrid, Held(EXACT, candidates=["mail", "login"]))


def test_the_description_is_one_that_mteb_accepts(
    dense: CptMtebEncoder, hybrid: CptMtebSearch
) -> None:
    for meta, name in (
        (dense.mteb_model_meta, "cpt-rag/cpt-static"),
        (hybrid.mteb_model_meta, "cpt-rag/cpt-static-hybrid"),
    ):
        assert ModelMeta.model_validate(meta.model_dump()) == meta
        assert meta.name == name
        assert meta.embed_dim == load_encoder("cpt-static").dimension
        assert meta.max_tokens == float("inf")
        assert meta.use_instructions is False


def test_the_revision_tells_weights_apart_and_not_folders(
    dense: CptMtebEncoder, copied: Path
) -> None:
    same = CptMtebEncoder(copied).mteb_model_meta
    assert same.name == "cpt-rag/my-model"
    assert same.revision == dense.mteb_model_meta.revision
    assert same.license is None
    searched = CptMtebSearch(copied).mteb_model_meta.revision
    assert searched != same.revision
    weights = copied / "model.safetensors"
    save_file({name: -tensor for name, tensor in load_file(weights).items()}, weights)
    assert CptMtebEncoder(copied).mteb_model_meta.revision != same.revision
    assert CptMtebSearch(copied).mteb_model_meta.revision != searched


def test_the_hybrid_search_can_run_every_task_of_both_code_benchmarks() -> None:
    coir = choose_tasks("", "CoIR")
    assert len(coir) == 10
    code = choose_tasks("", "MTEB(Code, v1)")
    assert {task.metadata.type for task in coir + code} == {"Retrieval"}


def test_tasks_are_chosen_by_name() -> None:
    chosen = choose_tasks("CosQA, StackOverflowQA", "")
    assert {task.metadata.name for task in chosen} == {"CosQA", "StackOverflowQA"}


@pytest.mark.parametrize(
    ("tasks", "suite", "message"),
    [
        ("CosQAA", "", "Did you mean: 'CosQA'"),
        ("", "CoIRR", "Did you mean: CoIR"),
        ("", "", "No task is given"),
        ("CosQA", "CoIR", "both given"),
    ],
)
def test_a_choice_that_cannot_be_is_refused(tasks: str, suite: str, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        choose_tasks(tasks, suite)


@pytest.mark.parametrize(
    ("flags", "system"), [([], "cpt-static"), (["--hybrid"], "cpt-static-hybrid")]
)
def test_the_command_prints_scores_and_keeps_results(
    flags: list[str],
    system: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("cpt_training.mteb.choose_tasks", lambda tasks, benchmark: [Held(EXACT)])
    arguments = ["cpt-static", "--tasks", "HeldRetrieval", "--out", str(tmp_path), *flags]
    assert run(app, arguments, NAME) == 0
    screen = capsys.readouterr().out
    assert f"cpt-rag/{system}" in screen
    assert "1.0000" in screen
    (kept,) = tmp_path.rglob("HeldRetrieval.json")
    assert f"cpt-rag__{system}" in kept.parts
    monkeypatch.setattr(Held, "load_data", unreachable)
    assert run(app, arguments, NAME) == 0, "a finished task is not run again"


def test_the_command_says_what_to_do_without_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("cpt_training.mteb.choose_tasks", lambda tasks, benchmark: [Held(EXACT)])
    monkeypatch.setattr(Held, "load_data", unreachable)
    arguments = ["cpt-static", "--tasks", "HeldRetrieval", "--out", str(tmp_path)]
    assert run(app, arguments, NAME) == 2
    message = capsys.readouterr().err
    assert "Couldn't reach 'held/in-memory' on the Hub" in message
    assert "Remedy: run the same command again" in message


def test_the_command_names_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("cpt_training.mteb.find_spec", lambda name: None)
    assert run(app, ["cpt-static", "--benchmark", "CoIR", "--out", str(tmp_path)], NAME) == 2
    assert 'pip install "cpt-rag[mteb]"' in capsys.readouterr().err


def test_nothing_else_imports_mteb() -> None:
    importing = {
        path.relative_to(HERE).as_posix()
        for folder in ("cpt_rag", "training/cpt_training")
        for path in (HERE / folder).rglob("*.py")
        if "mteb" in imported(path)
    }
    assert importing == {
        "training/cpt_training/evaluation/mteb_models.py",
        "training/cpt_training/mteb.py",
    }


def imported(path: Path) -> Iterator[str]:
    """Top-level names of the packages that a module imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0]


def unreachable(task: Held, **kwargs: Any) -> None:
    raise ConnectionError(f"Couldn't reach {task.metadata.dataset['path']!r} on the Hub")
