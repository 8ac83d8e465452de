# The front door. `make` alone lists what there is; everything runs in .venv, which is made when it is first
# needed and again when pyproject.toml changes. Needed beforehand: Python 3.11 to 3.13, make and git.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help report test lint format bench evaluate docs clean

PYTHON ?= python3
VENV ?= .venv
PEERS ?= .venv-peers
CONFIG ?= configs/default.toml
DATA ?= ../shared/data
# Tests run on this many cores; 0 runs them in one process, which a debugger needs.
JOBS ?= auto

BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check install --quiet

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

report: $(VENV)/.for-use ## Analyse CONFIG (the sample, if not given) and write its report
	$(BIN)/cib run $(CONFIG)

test: $(VENV)/.for-work ## Run all tests, and the examples in the documentation of the code
	$(BIN)/python -m pytest -n $(JOBS)

lint: $(VENV)/.for-work ## Check style, formatting, types, and that imports run downwards
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(VENV)/.for-work ## Format the code, and mend what can be mended by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.for-use $(PEERS)/.for-bench ## Measure time and memory on the data sets in DATA, beside other tools
	$(BIN)/python bench/run.py --data $(DATA)
	$(BIN)/python bench/reading.py
	$(BIN)/python bench/peers.py --data $(DATA) --peers-python $(PEERS)/bin/python
	$(BIN)/python bench/scale.py
	$(BIN)/python bench/text.py --data $(DATA) --parts recall cost
	$(PIP) -e '.[spark]'
	$(BIN)/python bench/cluster.py

evaluate: $(VENV)/.for-work ## Measure what is claimed, and rewrite it in the docs; with DATA=... everything, which takes hours
	$(if $(filter file,$(origin DATA)),,$(PIP) -e '.[semantic]')
	$(BIN)/python bench/evaluate.py $(if $(filter file,$(origin DATA)),,--data $(DATA))
	$(if $(filter file,$(origin DATA)),,CIB_KILLS=20 $(BIN)/python -m pytest -q -n 0 tests/pipeline/test_faults.py -k killed)

docs: $(VENV)/.for-work ## Build the documentation as a site that opens offline: reports/docs/index.html
	$(PIP) -e '.[docs]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet
	@echo "Documentation: reports/docs/index.html"

clean: ## Remove the environment, caches and run folders; data stays
	git clean -fdXq -- cib tests bench reports
	rm -rf $(VENV) $(PEERS) build dist .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

# The package as users have it, and with the tools for working on it. The second stands for the first as well.
$(VENV)/.for-use: pyproject.toml | $(VENV)
	$(PIP) -e .
	@touch $@

$(VENV)/.for-work: pyproject.toml | $(VENV)
	$(PIP) -e '.[dev]'
	@touch $(VENV)/.for-use $@

# Tools to measure against, apart from ours.
$(PEERS)/.for-bench: | $(VENV)
	$(BIN)/python -m venv $(PEERS)
	$(PEERS)/bin/python -m pip --disable-pip-version-check install --quiet coordination-network-toolkit pandas networkx
	@touch $@

$(VENV):
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || { \
	  found=$$($(PYTHON) -c 'import platform; print(platform.python_version())' 2>/dev/null || echo "not there"); \
	  echo "cib needs Python 3.11 to 3.13, and '$(PYTHON)' is $$found."; \
	  echo "Name another: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; } >&2
	$(PYTHON) -m venv $@ || { rm -rf $@; exit 1; }
