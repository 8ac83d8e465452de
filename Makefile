# The front door. `make` alone lists what there is; everything runs in .venv, which is made when it is first
# needed and again when pyproject.toml changes. Needed beforehand: Python 3.11 to 3.13, make and git.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help report test test-pythons lint format wheel lock fuzz bench bench-check profile evaluate docs clean

PYTHON ?= python3
VENV ?= .venv
PEERS ?= .venv-peers
CONFIG ?= configs/default.toml
DATA ?= ../shared/data
# Tests run on this many cores; 0 runs them in one process, which a debugger needs.
JOBS ?= auto
# For each reader; there are about twenty.
FUZZ_SECONDS ?= 60

BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check install --quiet

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

report: $(VENV)/.for-use ## Analyse CONFIG (the sample, if not given) and write its report
	$(BIN)/cib run $(CONFIG)

test: $(VENV)/.for-work ## Run all tests, and the examples in the documentation of the code
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup

test-pythons: ## Run all tests with every supported Python that is here, each in an environment of its own
	@for version in 3.11 3.12 3.13; do \
	  if python$$version --version >/dev/null 2>&1; then \
	    echo "Python $$version"; $(MAKE) --no-print-directory test PYTHON=python$$version VENV=.venv-$$version || exit 1; \
	  else echo "Python $$version is not here: skipped"; fi; \
	done

lint: $(VENV)/.for-work ## Check style, formatting, types, and that imports run downwards
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(VENV)/.for-work ## Format the code, and mend what can be mended by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

wheel: $(VENV)/.for-use ## Build the wheel, install it in a clean environment, and use it there
	rm -rf build/wheel && mkdir -p build/wheel
	$(PIP) build
	$(BIN)/python -m build --wheel --outdir dist . >build/wheel/log || { cat build/wheel/log; exit 1; }
	$(BIN)/python -m venv build/wheel/venv
	build/wheel/venv/bin/python -m pip --disable-pip-version-check install --quiet "$$(ls -t dist/*.whl | head -1)"
	cd build/wheel && venv/bin/cib --version && venv/bin/cib methods >methods.txt && grep -q coortweet methods.txt
	cd build/wheel && venv/bin/cib run coortweet --input ../../data/coortweet/russian_coord_tweets.parquet --out run 2>log
	test -s build/wheel/run/report.html && rm -rf build/wheel

lock: $(VENV)/.for-use ## Resolve all dependencies anew into uv.lock, for installations that shall be the same everywhere
	$(PIP) uv
	$(BIN)/uv lock --upgrade

fuzz: $(VENV)/.for-work ## Make up files for each reader for FUZZ_SECONDS, guided by coverage, to find what breaks it
	$(PIP) -e '.[fuzz]'
	$(BIN)/python -m tests.read.damage --coverage all --seconds $(FUZZ_SECONDS)

bench: $(VENV)/.for-use $(PEERS)/.for-bench ## Measure time and memory beside other tools, on the data sets in DATA; kept in bench/history.csv
	$(PIP) -e '.[spark]'
	$(BIN)/python bench/run.py --data $(DATA) --python $(PEERS)/bin/python
	$(BIN)/python bench/cluster.py
	$(BIN)/python bench/engines.py --data $(DATA)

bench-check: $(VENV)/.for-use $(PEERS)/.for-bench ## Measure again what is quickly measured; fail if cib lost a fifth of its lead
	$(BIN)/python bench/run.py --check --data $(DATA) --python $(PEERS)/bin/python

profile: $(VENV)/.for-use ## Show where time and bytes of a run of CONFIG go
	$(BIN)/python bench/hotspots.py $(CONFIG)

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
	rm -rf $(VENV) $(PEERS) .venv-3.* build dist .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

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
	$(PEERS)/bin/python -m pip --disable-pip-version-check install --quiet coordination-network-toolkit pandas networkx datasketch scikit-learn
	@touch $@

$(VENV):
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || { \
	  found=$$($(PYTHON) -c 'import platform; print(platform.python_version())' 2>/dev/null || echo "not there"); \
	  echo "cib needs Python 3.11 to 3.13, and '$(PYTHON)' is $$found."; \
	  echo "Name another: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; } >&2
	$(PYTHON) -m venv $@ || { rm -rf $@; exit 1; }
