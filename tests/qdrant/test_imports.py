"""A cold search imports what it needs and nothing more."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import cpt_rag.qdrant
from cpt_rag.qdrant import CollectionSpec, Identity, Store
from cpt_rag.types import Point

Run = Callable[..., "subprocess.CompletedProcess[str]"]

LOADED = """
print(sorted({"qdrant_client", "qdrant_edge", "httpx", "pydantic", "grpc", "tenacity"}
             & {module.partition(".")[0] for module in sys.modules}))
"""


def test_importing_the_room_imports_no_engine(run_python: Run) -> None:
    done = run_python("import sys, cpt_rag.qdrant\n" + LOADED)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[]\n"


def test_the_embedded_engine_needs_no_client(
    run_python: Run,
    folder: Path,
    folder_store: Store,
    spec: CollectionSpec,
    identity: Identity,
    chunks: list[Point],
) -> None:
    with folder_store.create("docs", spec, identity) as engine:
        engine.upsert(chunks)
    script = (
        "import sys, numpy as np\n"
        "from cpt_rag.qdrant import Where, open_store\n"
        "engine, identity = open_store(sys.argv[1]).open('docs')\n"
        "with engine:\n"
        "    where = Where({'metadata.language': ['go']})\n"
        "    assert engine.query(dense=np.ones(8, np.float32), where=where)\n"
    )
    done = run_python(script + LOADED, str(folder))
    assert done.returncode == 0, done.stderr
    assert done.stdout == "['qdrant_edge']\n"


def test_every_public_name_is_there() -> None:
    for name in cpt_rag.qdrant.__all__:
        assert getattr(cpt_rag.qdrant, name) is not None
