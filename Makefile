# Everything a person types. `make run` and `make test` set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
E2E := tests/e2e

.PHONY: run test check e2e bench chaos quality setup lock

run: $(VENV)/run
	@$(BIN)/handrail run

test: $(VENV)/dev
	@$(BIN)/pytest -q -n auto --dist worksteal

check: $(VENV)/dev
	@$(BIN)/ruff format --check . && $(BIN)/ruff check .
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/pyright
	@$(BIN)/handrail check policies/workplace

e2e: $(VENV)/dev $(E2E)/node_modules/.installed
	@$(BIN)/pytest -q -m e2e tests

chaos: $(VENV)/dev
	@$(BIN)/python -m tests.e2e.chaos

bench: $(VENV)/dev
	@$(BIN)/python -m tests.bench && $(BIN)/python -m tests.bench.doors
	@$(BIN)/python -m tests.bench.guardrails && $(BIN)/python -m tests.bench.knowledge

# Scores on data that nobody here wrote; it lies beside the project, not in it.
quality: $(VENV)/dev
	@PYTHONPATH=. $(BIN)/python ../shared/score.py tests/bench/quality.py
	@$(BIN)/python -m tests.bench.heard && $(BIN)/python -m tests.bench.support

setup: $(VENV)/dev

$(VENV)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Handrail needs Python 3.11 or newer; try: make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/run: $(VENV)/python requirements.lock pyproject.toml
	@echo "Setting up (the first time takes about a minute)..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev: $(VENV)/run requirements-dev.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

$(E2E)/node_modules/.installed: $(E2E)/package-lock.json
	@cd $(E2E) && npm ci --silent --no-audit --no-fund
	@touch $@

# The newest versions that pyproject.toml allows, on every platform; no download addresses.
lock: $(VENV)/dev
	@$(BIN)/uv pip compile -q --universal --generate-hashes --no-annotate --no-header --upgrade pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile -q --universal --generate-hashes --no-annotate --no-header --upgrade --extra dev pyproject.toml -o requirements-dev.lock
	@$(BIN)/uv pip compile -q --universal --generate-hashes --no-annotate --no-header --upgrade --extra local pyproject.toml -o requirements-local.lock
