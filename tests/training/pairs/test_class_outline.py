from __future__ import annotations

from textwrap import dedent

import pytest

from cpt_training.pairs import class_outline
from cpt_training.pairs.pair import SourceFile

SAYS = "A queue that forgets nothing."


def mined(language: str, text: str) -> list[tuple[str, str]]:
    file = SourceFile("a", language, dedent(text).lstrip("\n"))
    pairs = list(class_outline.mine(file))
    assert all((pair.kind, pair.language) == ("class_outline", language) for pair in pairs)
    return [(pair.query, pair.document) for pair in pairs]


def test_outline_keeps_signatures_only() -> None:
    source = f'''
        class Queue(Base):
            """{SAYS}"""

            def put(self, item: str) -> None:
                self.items.append(item)

            def get(
                self,
            ) -> str:
                return self.items.pop()

            @property
            def size(self) -> int:
                return len(self.items)
    '''
    assert mined("python", source) == [
        (
            SAYS,
            "class Queue(Base):\n    def put(self, item: str) -> None:\n    def get(\n"
            "        self,\n    ) -> str:\n    def size(self) -> int:",
        )
    ]


@pytest.mark.parametrize(
    ("language", "source", "outline"),
    [
        (
            "javascript",
            f"/** {SAYS} */\nclass Queue {{\n  items = [];\n  put(item) {{ return 1; }}\n"
            "  async get() { return 1; }\n}\n",
            ["class Queue", "items = []", "put(item)", "async get()"],
        ),
        (
            "typescript",
            f"/** {SAYS} */\nexport interface Queue<T> {{\n  size: number;\n  put(item: T): void;\n"
            "  get(): T;\n}\n",
            ["interface Queue<T>", "size: number", "put(item: T): void", "get(): T"],
        ),
        (
            "go",
            f"// {SAYS}\ntype Queue struct {{\n\titems []string\n}}\n\n"
            "func (q *Queue) Put(item string) { q.items = nil }\n\n"
            'func (q *Queue) Get() string { return "" }\n',
            [
                "type Queue struct",
                "items []string",
                "func (q *Queue) Put(item string)",
                "func (q *Queue) Get() string",
            ],
        ),
        (
            "rust",
            f"/// {SAYS}\n#[derive(Debug)]\npub struct Queue {{\n    items: Vec<u8>,\n}}\n\n"
            "impl Queue {\n  pub fn put(&mut self, item: u8) {}\n  fn get(&self) -> u8 { 0 }\n}\n",
            [
                "pub struct Queue",
                "items: Vec<u8>",
                "pub fn put(&mut self, item: u8)",
                "fn get(&self) -> u8",
            ],
        ),
        (
            "java",
            f"/** {SAYS} */\npublic interface Queue {{\n    void put(String item);\n"
            "    String get();\n    int size();\n}\n",
            ["public interface Queue", "void put(String item)", "String get()", "int size()"],
        ),
        (
            "ruby",
            f"# {SAYS}\nclass Queue < Base\n  def put(item)\n    1\n  end\n\n"
            "  def self.get\n    2\n  end\n\n  def size = 3\nend\n",
            ["class Queue < Base", "def put(item)", "def self.get", "def size"],
        ),
        (
            "php",
            f"<?php\n/** {SAYS} */\nfinal class Queue\n{{\n    private array $items;\n"
            "    public function put($item) {}\n    public function get() {}\n}\n",
            [
                "final class Queue",
                "private array $items",
                "public function put($item)",
                "public function get()",
            ],
        ),
        (
            "c",
            f"/* {SAYS} */\nstruct queue {{\n    int size; /* in items */\n    char **items;\n"
            "    struct queue *next;\n};\n",
            ["struct queue", "int size", "char **items", "struct queue *next"],
        ),
        (
            "cpp",
            f"/// {SAYS}\ntemplate <class T>\nclass Queue {{\n public:\n  void Put(T item);\n"
            "  T Get() { return T(); }\n private:\n  int size_;\n};\n",
            ["template <class T>", "class Queue", "int size_", "void Put(T item)", "T Get()"],
        ),
    ],
)
def test_fields_and_methods_of_a_type(language: str, source: str, outline: list[str]) -> None:
    ((query, document),) = mined(language, source)
    assert query == SAYS
    assert [line.strip() for line in document.split("\n")] == outline


@pytest.mark.parametrize(
    ("name", "doc", "members"),
    [("Queue", SAYS, 2), ("Queue", "", 3), ("TestQueue", SAYS, 3), ("QueueTest", SAYS, 3)],
)
def test_small_undocumented_and_test_classes_are_passed_over(
    name: str, doc: str, members: int
) -> None:
    methods = "".join(f"    void m{number}() {{ }}\n" for number in range(members))
    assert mined("java", f"/** {doc} */\nclass {name} {{\n{methods}}}\n") == []
