# Two commands from a fresh clone: `make demo` and `make test`. Everything they need goes to .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
INSTALL ?= $(BIN)/python -m pip install --disable-pip-version-check
PIP := $(INSTALL) --quiet --constraint constraints.txt
PROJECTS := pyproject.toml constraints.txt $(wildcard integrations/*/pyproject.toml)

.PHONY: demo test setup lint docs bench release cross-read-mcp clean

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

# The three distributions, built, and installed from their wheels where nothing else is.
release: $(VENV)/.all
	rm -rf dist .release
	for project in . integrations/langchain-cpt integrations/llama-index-cpt; do \
	  (cd $$project && $(CURDIR)/$(BIN)/python -m hatchling build -d $(CURDIR)/dist) || exit 1; done
	$(PYTHON) -m venv .release
	.release/$(notdir $(BIN))/python -m pip install --disable-pip-version-check --quiet dist/*.whl
	.release/$(notdir $(BIN))/python -m pip check
	cd / && $(CURDIR)/.release/$(notdir $(BIN))/python $(CURDIR)/tests/release/smoke.py

# In an environment of its own: mcp-server-qdrant pins old packages.
MCP := .venv-mcp
MCP_PYTHON := $(MCP)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)/python

cross-read-mcp:
	test -x $(MCP_PYTHON) || $(PYTHON) -m venv $(MCP)
	$(MCP_PYTHON) -m pip install --disable-pip-version-check --quiet mcp-server-qdrant --editable .
	$(MCP_PYTHON) tests/cross_read/mcp/check.py

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
	rm -rf $(VENV) $(MCP) .demo .release dist build site
