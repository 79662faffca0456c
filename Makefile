# Every job of this house. `make help` lists them; setup runs by itself and only when something changed.

PYTHON := .venv/bin/python
READY  := .venv/.ready
SYSTEM := .venv/.system
CLIENTS := .venv/.clients

# an upgrade of the machine's Python leaves a .venv behind that finds nothing of what it holds
$(shell [ ! -e $(READY) ] || $(PYTHON) -c 'import msgspec' 2>/dev/null || rm -f $(READY))

# compiled modules are kept, also where a container asks for none: the tests start some hundred processes
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test check docs bench lock format clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) $(SYSTEM) ## .venv with exactly what the lock says, and the system libraries
$(READY): requirements.lock pyproject.toml .ci/setup
	@.ci/setup python
$(SYSTEM): .ci/setup | $(READY)
	@.ci/setup system
$(CLIENTS): .ci/setup | $(READY)
	@.ci/setup clients

demo: setup ## a whole field day on this machine (ONCE=1: no window, plays it through and ends)
	@$(PYTHON) -m server demo --dir demo $(if $(filter-out 0,$(ONCE)),--once)

test: check $(CLIENTS) ## everything that CI runs: check, then every test (WORKERS=4: on more cores than two)
	$(PYTHON) -m pytest --numprocesses $(or $(WORKERS),2) --dist worksteal

check: setup ## style, types, import rules, documents
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m pyright
	.venv/bin/lint-imports
	$(PYTHON) -m pytest -q tests/test_docs.py tests/test_layout.py

format: setup ## put the code in shape
	$(PYTHON) -m ruff check --fix-only .
	$(PYTHON) -m ruff format .

docs: setup ## write the pages that are made from forms, workflows and the protocol's own code
	$(PYTHON) -m schemas.docs
	$(PYTHON) -m server.protocol_docs
	$(PYTHON) -m server.api_docs

bench: setup ## the numbers, each beside the limit of this machine (PEERS=1: and other programs; SCALE=0.1: small)
	$(PYTHON) -m tests.bench

lock: $(READY) ## write requirements.lock anew, with the newest releases that fit
	.venv/bin/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
	  --upgrade --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
	  --quiet --output-file requirements.lock

clean: ## remove everything that make made
	rm -rf .venv demo build dist .pytest_cache .ruff_cache .import_linter_cache .hypothesis .schemathesis
	find schemas sync field_app server tests -name __pycache__ -type d -prune -exec rm -rf {} +
