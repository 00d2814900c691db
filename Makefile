# Each target sets up what it needs. `make` alone lists them.
.DEFAULT_GOAL := help
Q ?= cheapest config for 10 tok/s at 8K
PYTHON ?= python3
BIN := .venv/bin
RUN_STAMP := .venv/.run-installed
TEST_STAMP := .venv/.test-installed
PARSERS := .venv-parsers
PARSERS_STAMP := $(PARSERS)/.installed

.PHONY: help setup ask test check serve bench scale accuracy snapshot parsers pins

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: $(RUN_STAMP) ## make .venv; then .venv/bin/gpumix is the command

ask: $(RUN_STAMP) ## answer Q="..." from the shipped prices, offline
	@$(BIN)/gpumix ask "$(Q)"

test: $(TEST_STAMP) ## run the whole test suite
	@$(BIN)/python -m pytest

check: $(TEST_STAMP) $(PARSERS_STAMP) ## format, lint, types, import contracts, shipped data, then the tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pricing.build --check
	@$(BIN)/python -m benchmarks.accuracy --check
	@$(MAKE) --no-print-directory test

serve: $(RUN_STAMP) ## the HTTP API and the page on 127.0.0.1:8000
	@$(BIN)/gpumix serve

bench: $(TEST_STAMP) ## time the cold command and the solve, as figures and ratios; what own measurements are worth
	@$(BIN)/python -m benchmarks.ask
	@$(BIN)/python -m benchmarks.fleet
	@$(BIN)/python -m benchmarks.solvers
	@$(BIN)/python -m benchmarks.forecast
	@$(BIN)/python -m benchmarks.api
	@$(BIN)/python -m benchmarks.sweep
	@$(BIN)/python -m benchmarks.own_evidence
	@$(BIN)/python -m benchmarks.prices

scale: $(TEST_STAMP) ## measure how plans, budgets and sweeps grow; write the tables of docs/scale.md and the plot
	@$(BIN)/python -m benchmarks.scale

accuracy: $(RUN_STAMP) ## write the accuracy tables of README.md and docs/accuracy.md, and the plot
	@$(BIN)/python -m benchmarks.accuracy

snapshot: $(RUN_STAMP) ## rebuild the shipped price snapshot from its listings
	@$(BIN)/python -m pricing.build

parsers: $(PARSERS_STAMP) ## make .venv-parsers: SkyPilot, dstack and Kubernetes' schemas, with which tests read exports

pins: $(TEST_STAMP) ## pin the dependencies of pyproject.toml anew, with hashes and without index addresses
	@$(BIN)/pip-compile -q --strip-extras --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-trusted-host \
		--no-emit-find-links --no-header -o requirements/run.txt pyproject.toml requirements/build.in
	@$(BIN)/pip-compile -q --strip-extras --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-trusted-host \
		--no-emit-find-links --no-header --extra test -c requirements/run.txt -o requirements/test.txt pyproject.toml requirements/build.in
	@$(BIN)/pip-compile -q --strip-extras --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-trusted-host \
		--no-emit-find-links --no-header -o requirements/parsers.txt requirements/parsers.in

$(RUN_STAMP): requirements/run.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || \
		{ echo "make: $(PYTHON) cannot make a virtual environment; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/run.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(TEST_STAMP): $(RUN_STAMP) requirements/test.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/test.txt
	@touch $@

# SkyPilot and dstack want other versions of what gpumix itself needs, so they live apart.
$(PARSERS_STAMP): requirements/parsers.txt
	@test -x $(PARSERS)/bin/python || $(PYTHON) -m venv $(PARSERS)
	@$(PARSERS)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/parsers.txt
	@touch $@
