# Everything starts from Python 3.11 or newer, git and make: each target sets up what it needs in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test matrix coverage chaos quality processors check docs bench clean help

PYTHONS ?= python3.11 python3.12 python3.13

help:            ## this list
	@grep -E '^[a-z]+: .*## |^[a-z]+:  *## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "GloMPO needs Python 3.11 or newer, $(PYTHON) is $$($(PYTHON) --version 2>&1); use make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/ready-%: pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[$*]'
	@touch $@

demo: $(VENV)/ready-reaxff  ## fit a ReaxFF force field to quantum chemistry with LAMMPS (about a minute after the installation)
	$(BIN)/python examples/reaxff_cho/fit.py

test: $(VENV)/ready-test    ## the whole default test suite
	$(BIN)/python -m pytest

matrix:          ## the test suite with each of $(PYTHONS)
	for python in $(PYTHONS); do $(MAKE) --no-print-directory test PYTHON=$$python VENV=.venv-$$python || exit 1; done

coverage: $(VENV)/ready-dev ## which branches the test suite takes, in numbers
	$(BIN)/python -m coverage run --branch --source=glompo --parallel-mode -m pytest
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report --skip-covered --sort=miss

chaos: $(VENV)/ready-test   ## kill real runs many times (slow)
	$(BIN)/python -m pytest -m chaos

quality: $(VENV)/ready-test ## measure the quality of minima (slow)
	$(BIN)/python -m pytest -m quality

processors: $(VENV)/ready-test ## run the tests that compare numbers as on other processors (slow)
	$(BIN)/python tests/processors.py

check: $(VENV)/ready-dev    ## style, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/ready-docs    ## build the documentation into build/site; a warning is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

bench: $(VENV)/ready-test   ## print the tables of docs/performance.md
	$(BIN)/python benchmarks/overhead.py
	$(BIN)/python benchmarks/storage.py

clean:           ## remove what the other targets made
	rm -rf $(VENV) .venv-python* build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests examples -name __pycache__ -prune -exec rm -rf {} +
