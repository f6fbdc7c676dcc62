"""``cpt-rag encoders``."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from cpt_rag.cli.main import NAME, app
from cpt_rag.cli.run import run
from cpt_rag.encoders.presets import PRESETS

KEYS = [
    "name", "repository", "revision", "architecture", "pooling", "prompts", "dimension",
    "max_tokens", "licence", "remote_code", "source",
]  # fmt: skip


def test_json_prints_one_object_for_each_encoder(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(app, ["encoders", "--json"], NAME) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["name"] for row in found] == list(PRESETS)
    assert all(list(row) == KEYS for row in found)
    assert found[0] | {"source": ""} == {
        "name": "cpt-static", "repository": None, "revision": None,
        "architecture": "StaticEmbedding", "pooling": "mean", "prompts": {}, "dimension": 320,
        "max_tokens": None, "licence": "apache-2.0", "remote_code": False, "source": "",
    }  # fmt: skip


def test_a_person_sees_a_table_with_every_name_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(app, ["encoders"], NAME) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in PRESETS)


def test_the_table_needs_neither_torch_nor_sentence_transformers() -> None:
    script = (
        "import sys; from cpt_rag.cli.main import NAME, app; from cpt_rag.cli.run import run; "
        "run(app, ['encoders', '--json'], NAME); "
        "sys.exit(bool({'torch', 'sentence_transformers', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_absent_encoder_is_a_message_with_the_files_and_the_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    arguments = ["ingest", ".", "--collection", "c", "--store", str(tmp_path)]
    assert run(app, [*arguments, "--encoder", "qodo-embed-1-1.5b"], NAME) == 2
    err = capsys.readouterr().err
    assert "hf download Qodo/Qodo-Embed-1-1.5B --revision" in err
    assert "1_Pooling/config.json" in err
