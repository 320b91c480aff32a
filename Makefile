# `make demo` and `make test` need Python 3.11 or newer and nothing else.
# The first that really runs and is new enough: a version manager's stand-ins exist without running.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
PORT ?= 8000
WORKERS ?= auto

.DEFAULT_GOAL := help
.PHONY: help demo test browser check format bench docs clean

help: ## Show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

$(BIN)/.demo: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and was not found."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[standard]' 'httpx>=0.27'
	@touch $@

$(BIN)/.dev: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and was not found."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(BIN)/.demo

demo: $(BIN)/.demo ## Serve the real-time clinic on http://127.0.0.1:8000 (PORT=…)
	$(BIN)/python examples/clinic/demo.py --port $(PORT)

# The servers of which there is a backend: on each, the tests run again that concern every database.
SERVERS := $(patsubst offbeat/db/backends/%/base.py,%,$(wildcard $(foreach server,postgresql mysql,offbeat/db/backends/$(server)/base.py)))

test: $(BIN)/.dev ## Run the tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -q -m "not browser"
	@for server in $(SERVERS); do \
		$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -q -m "not browser" --database $$server || exit; \
	done

browser: $(BIN)/.dev ## Drive the clinic and the admin in a headless Chromium
	$(BIN)/python -m pytest -q -m browser

check: $(BIN)/.dev ## Format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(BIN)/.dev ## Format the code and mend what the linter can
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

bench: $(BIN)/.dev ## Measure hot paths as multiples of the bare driver and the bare server
	$(BIN)/python benchmarks/orm.py
	$(BIN)/python benchmarks/requests.py
	$(BIN)/python benchmarks/concurrency.py

docs: $(BIN)/.dev ## Build the documentation
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

clean: ## Remove what the other commands made
	rm -rf $(VENV) docs/_build .mypy_cache .ruff_cache .pytest_cache
