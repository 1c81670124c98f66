# Needs Python >= 3.11, make and git. Everything else is installed into .venv, from the lock.
.DEFAULT_GOAL := help
.SHELLFLAGS := -euo pipefail -c
SHELL := bash

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3.14 python3; do \
  $$p -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BACKEND ?= cloudwatch
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock

.PHONY: help demo test check up bench package golden lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/local.done ## Run the pipeline, break its database, see the page, read the report (BACKEND=datadog: watched by Datadog)
	@$(BIN)/sereno demo --backend $(BACKEND)

up: $(VENV)/local.done ## Run the pipeline on this machine until Ctrl-C
	@$(BIN)/sereno up

test: $(VENV)/dev.done ## Run every test, the whole stack included
	@$(BIN)/python -m pytest

check: $(VENV)/dev.done ## Lint, format, types, import rules, and sereno's own YAML
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/sereno check

bench: $(VENV)/dev.done ## Print every figure the README quotes
	@for b in benchmarks/bench_*.py; do echo "== $$b"; $(BIN)/python $$b; done

package: $(VENV)/local.done ## Build the functions as zips for Lambda into build/package
	@$(BIN)/python infra/package.py

golden: $(VENV)/dev.done ## Renew the golden files; review them with git diff
	@SERENO_GOLDEN=1 $(BIN)/python -m pytest -q -k golden

lock: $(VENV)/dev.done ## Pin what the demo, the tests and the functions install
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate \
	  --extra dev --output-file requirements.lock pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate \
	  --constraint requirements.lock --output-file functions/requirements.lock functions/requirements.in

clean: ## Remove what the commands above made
	rm -rf build $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	@[ -n "$(PYTHON)" ] || { echo "make: no Python >= 3.11 with venv found; set PYTHON=/its/path"; exit 2; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/local.done: pyproject.toml requirements.lock | $(VENV)/bin/python
	@echo "Installing what the stack needs into $(VENV) ..."
	@$(INSTALL) -e '.[local]'
	@touch $@

$(VENV)/dev.done: pyproject.toml requirements.lock | $(VENV)/bin/python
	@echo "Installing what checks and tests need into $(VENV) ..."
	@$(INSTALL) -e '.[dev]'
	@touch $@ $(VENV)/local.done
