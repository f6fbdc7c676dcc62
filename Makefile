# Two commands from a fresh clone: `make demo` and `make test`. Everything they need goes to .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
INSTALL ?= $(BIN)/python -m pip install --disable-pip-version-check
PIP := $(INSTALL) --quiet --constraint constraints.txt
PROJECTS := pyproject.toml constraints.txt $(wildcard integrations/*/pyproject.toml)

.PHONY: demo test setup lint docs bench clean

demo: $(VENV)/.core
	$(BIN)/python examples/demo.py

test: $(VENV)/.all lint
	$(BIN)/python -m pytest

lint: $(VENV)/.all
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(VENV)/.all
	$(BIN)/python -m mkdocs build --strict

bench: $(VENV)/.all
	$(BIN)/python tests/benchmarks/ingest.py
	$(BIN)/python tests/benchmarks/encode.py
	$(BIN)/python tests/benchmarks/integrity/kill.py
	$(BIN)/python tests/benchmarks/integrity/corrupt.py --most 150

setup: $(VENV)/.all

# The stamps are older than a changed dependency list, and then the install runs again.
$(VENV)/.core: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --editable .
	touch $@

# torch first and pinned: an open range may pull gigabytes of CUDA packages.
$(VENV)/.all: $(PROJECTS)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) torch
	$(PIP) --editable '.[dev]' --editable integrations/langchain-cpt --editable integrations/llama-index-cpt
	touch $@ $(VENV)/.core

clean:
	rm -rf $(VENV) .demo dist build site
