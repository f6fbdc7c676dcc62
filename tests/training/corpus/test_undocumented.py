"""Undocumented functions of a manifest's packages: what is held out stays out of what is asked."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from cpt_training.synthesis.undocumented import undocumented

from .conftest import MakeManifest, function

READ = """def read_header(stream):
    line = stream.readline()
    name, _, value = line.partition(":")
    return name.strip(), value.strip()
"""
DROP = """def drop_oldest(items, size):
    while len(items) > size:
        items.popitem(last=False)
    return items
"""


def test_only_what_is_trained_on_is_written_about_and_nothing_like_what_is_held_out(
    make_manifest: MakeManifest, tmp_path: Path
) -> None:
    held_out = READ.replace("value.strip()", "value.strip() or None")
    documented = function("known", "Whether anybody knows it.", "if not value:\n    return 0")
    manifest = make_manifest(
        alpha=("train", {"alpha/a.py": f"{READ}\n\n{DROP}\n\n{documented}"}),
        beta=("test", {"beta/b.py": held_out}),
        gamma=("validation", {"gamma/c.py": DROP.replace("items", "rows")}),
    )
    left_out: Counter[str] = Counter()
    (one,) = undocumented(str(manifest), tmp_path / "cache", left_out)
    assert (one.symbol, one.package, one.licence) == ("drop_oldest", "alpha", "MIT")
    assert left_out == {"function: near a held-out one": 1}
