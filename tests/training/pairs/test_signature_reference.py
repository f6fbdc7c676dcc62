from __future__ import annotations

import pytest

from cpt_training.pairs import signature_reference
from cpt_training.pairs.pair import SourceFile

SAYS = "Opens the door by some degrees and tells how far it went before something stopped it."


def mined(language: str, text: str) -> list[tuple[str, str]]:
    pairs = list(signature_reference.mine(SourceFile("a", language, text)))
    assert all((p.kind, p.language) == ("signature_reference", language) for p in pairs)
    return [(pair.query, pair.document) for pair in pairs]


@pytest.mark.parametrize(
    ("language", "source", "signature"),
    [
        (
            "python",
            f'@cached\ndef open_door(\n  by: int,\n) -> float:\n    """{SAYS}"""\n    return by\n',
            "def open_door( by: int, ) -> float:",
        ),
        (
            "javascript",
            f"/** {SAYS} */\nexport const openDoor = (door, degrees) => {{}};\n",
            "const openDoor = (door, degrees)",
        ),
        (
            "typescript",
            f"/** {SAYS} */\nexport declare function openDoor(degrees: number): number;\n",
            "function openDoor(degrees: number): number",
        ),
        (
            "go",
            f"// {SAYS}\nfunc (d *Door) Open(by Degrees) (Degrees, error) {{ return by, nil }}\n",
            "func (d *Door) Open(by Degrees) (Degrees, error)",
        ),
        (
            "rust",
            f"pub trait Door {{\n    /// {SAYS}\n    fn open(&mut self, degrees: f64);\n}}\n",
            "fn open(&mut self, degrees: f64)",
        ),
        (
            "java",
            f"interface Door {{\n    /** {SAYS} */\n    double open(double degrees);\n}}\n",
            "double open(double degrees)",
        ),
        (
            "ruby",
            f"# {SAYS}\ndef open_door(door, degrees)\n  door.by(degrees)\nend\n",
            "def open_door(door, degrees)",
        ),
        (
            "php",
            f"<?php\n/** {SAYS} */\nfunction openDoor(Door $door, int $by): int {{ return 1; }}\n",
            "function openDoor(Door $door, int $by): int",
        ),
        (
            "c",
            f"/** {SAYS} */\nextern double open_door(struct door *door, double degrees);\n",
            "extern double open_door(struct door *door, double degrees)",
        ),
        (
            "cpp",
            f"class Door {{\n public:\n  /// {SAYS}\n  virtual double Open(double by) = 0;\n}};\n",
            "virtual double Open(double by) = 0",
        ),
    ],
)
def test_signature_asks_for_its_documentation(language: str, source: str, signature: str) -> None:
    assert mined(language, source) == [(signature, SAYS)]


def test_the_reference_is_the_whole_documentation() -> None:
    source = (
        "/**\n * Opens the {@link Door}.\n *\n * @param door the door to open, not null\n"
        " * @param degrees how far to open it\n * @since 1.2\n */\n"
        "void open(Door door, double degrees) {}\n"
    )
    assert mined("java", f"class House {{\n{source}}}\n")[0][1] == (
        "Opens the Door.\n\n@param door the door to open, not null\n"
        "@param degrees how far to open it"
    )


@pytest.mark.parametrize(
    "source",
    [
        f"def open_the_front_door(self):\n    '''{SAYS}'''\n    return 1\n",
        f"def f(a):\n    '''{SAYS}'''\n    return 1\n",
        f"def test_door_opens(house, degrees):\n    '''{SAYS}'''\n    return 1\n",
        "def open_door(door, degrees):\n    '''Opens the door.'''\n    return 1\n",
        "def open_door(door, degrees):\n    return 1\n",
    ],
)
def test_signatures_or_references_that_say_little_are_passed_over(source: str) -> None:
    assert mined("python", source) == []
