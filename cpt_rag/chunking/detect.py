"""Which language a file is written in, by its name and its first line."""

from __future__ import annotations

from collections.abc import Mapping
from posixpath import basename, splitext

from cpt_rag.chunking.languages import GRAMMARS

# Formats with a chunker of their own, and languages that are cut by indentation and blank lines.
_OTHER = {
    "markdown": "md markdown mdx mkd qmd rmd",
    "rst": "rst rest",
    "html": "html htm xhtml",
    "notebook": "ipynb",
    "text": "txt text log",
    "asciidoc": "adoc asciidoc",
    "org": "org",
    "latex": "tex sty cls bib",
    "css": "css",
    "scss": "scss sass",
    "less": "less",
    "sql": "sql psql",
    "yaml": "yaml yml",
    "toml": "toml",
    "json": "json jsonc json5 jsonl ndjson geojson",
    "xml": "xml xsd xsl xslt svg plist",
    "ini": "ini cfg conf properties editorconfig",
    "csv": "csv tsv",
    "perl": "pl pm t",
    "r": "r",
    "julia": "jl",
    "dart": "dart",
    "groovy": "groovy gradle",
    "clojure": "clj cljs cljc edn",
    "erlang": "erl hrl",
    "ocaml": "ml mli",
    "fsharp": "fs fsi fsx",
    "visual_basic": "vb",
    "objective_c": "m mm",
    "nim": "nim",
    "crystal": "cr",
    "d": "d",
    "v": "v",
    "vhdl": "vhd vhdl",
    "verilog": "sv svh",
    "fortran": "f f90 f95 f03",
    "pascal": "pas",
    "ada": "adb ads",
    "lisp": "lisp lsp cl el",
    "scheme": "scm ss rkt",
    "assembly": "s asm",
    "powershell": "ps1 psm1 psd1",
    "batch": "bat cmd",
    "fish": "fish",
    "vim": "vim",
    "vue": "vue",
    "svelte": "svelte",
    "astro": "astro",
    "graphql": "graphql gql",
    "protobuf": "proto",
    "thrift": "thrift",
    "terraform": "tf tfvars hcl",
    "nix": "nix",
    "cmake": "cmake",
    "make": "mk mak",
    "dockerfile": "dockerfile",
    "solidity": "sol",
    "tcl": "tcl",
    "awk": "awk",
    "cython": "pyx pxd pxi",
    "jinja": "j2 jinja jinja2",
}
_NAMES: Mapping[str, str] = {
    "makefile": "make",
    "gnumakefile": "make",
    "dockerfile": "dockerfile",
    "containerfile": "dockerfile",
    "cmakelists.txt": "cmake",
    "gemfile": "ruby",
    "rakefile": "ruby",
    "podfile": "ruby",
    "vagrantfile": "ruby",
    "guardfile": "ruby",
    "sconstruct": "python",
    "sconscript": "python",
    "jenkinsfile": "groovy",
    ".bashrc": "bash",
    ".bash_profile": "bash",
    ".profile": "bash",
    ".zshrc": "bash",
    "pkgbuild": "bash",
}
# Spelled just so; a lower-case "build" is as a rule a script.
_BAZEL = frozenset(("BUILD", "WORKSPACE"))
_EXTENSIONS: Mapping[str, str] = {
    **{ending: name for name, endings in _OTHER.items() for ending in endings.split()},
    **{ending: name for name, row in GRAMMARS.items() for ending in row.extensions},
}
_INTERPRETERS: Mapping[str, str] = {
    **{name: name for name in ("perl", "awk", "fish", "julia", "groovy")},
    "Rscript": "r",
    "tclsh": "tcl",
    "make": "make",
    **{program: name for name, row in GRAMMARS.items() for program in row.shebangs},
}


def detect_language(path: str, first_line: str = "") -> str:
    """The language of a file: by name, by extension, then by the interpreter of its first line.

    What has no other name is ``"text"``, prose in paragraphs.
    """
    exact = basename(path.replace("\\", "/"))
    if exact in _BAZEL:
        return "python"
    name = exact.lower()
    extension = splitext(name)[1][1:]
    found = _NAMES.get(name) or _EXTENSIONS.get(extension)
    if found is None and name.startswith(("dockerfile.", "makefile.")):
        found = _NAMES[name.split(".")[0]]
    return found or _by_shebang(first_line) or "text"


def _by_shebang(first_line: str) -> str | None:
    if not first_line.startswith("#!"):
        return None
    words = [basename(word) for word in first_line[2:].split()]
    if words and words[0] == "env":
        words = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
    program = words[0] if words else ""
    return _INTERPRETERS.get(program) or _INTERPRETERS.get(program.rstrip("0123456789."))
