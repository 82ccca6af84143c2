# Each target makes .venv by itself when it is missing or requirements.lock has changed.
# PYTHON=python3.12 make test  chooses another interpreter.

PYTHON ?= python3
BIN := .venv/bin
# The stamp carries the version: another interpreter means another environment.
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null)
STAMP := .venv/made-with-$(VERSION)
UV := $(shell command -v uv 2>/dev/null)

.DELETE_ON_ERROR:
.PHONY: audit bench-discord bench-load bench-matching bench-slack catalogues chaos check clean demo format fuzz lock test

demo: $(STAMP)
	@$(BIN)/voisin demo $(if $(ONCE),--once)

# One worker per processor, but not more: every worker that needs PostgreSQL starts its own.
test: $(STAMP)
	@$(BIN)/python -m pytest -n logical --maxprocesses 8 --dist worksteal $(ARGS)

check: $(STAMP)
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: $(STAMP)
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

# ARGS=--long takes an hour, ARGS=--nightly hours; ARGS="--plot docs/matching.svg" draws the plot again.
bench-matching: $(STAMP)
	@$(BIN)/python -m benchmarks.matching $(ARGS)

# About ten minutes; ARGS="--members 200 --speed 20" is a short form.
bench-slack: $(STAMP)
	@$(BIN)/python -m benchmarks.slack $(ARGS)

# About fifteen minutes; ARGS="--servers 10 --members 20 --large 100" is a short form.
bench-discord: $(STAMP)
	@$(BIN)/python -m benchmarks.discord $(ARGS)

# About twenty minutes; ARGS="--communities 1000 --sending 5" is a short form, ARGS="--database sqlite" half of it.
bench-load: $(STAMP)
	@$(BIN)/python -m benchmarks.load $(ARGS)

# Up to an hour on two cores; ARGS="--kills 60" is a short form.
chaos: $(STAMP)
	@$(BIN)/python -m benchmarks.chaos $(ARGS)

# A hundred thousand cases, about ten minutes; ARGS="--cases 2000" is a short form.
fuzz: $(STAMP)
	@$(BIN)/python -m benchmarks.fuzz $(ARGS)

catalogues: $(STAMP)
	@$(BIN)/pybabel compile --directory bot/wording/catalogues --domain voisin

# Keeps the pins that still fit; `make lock ARGS=--upgrade` takes the newest.
lock: $(STAMP)
	@test -n "$(UV)" || test -x .venv/uv/bin/uv || { \
	    $(PYTHON) -m venv .venv/uv && .venv/uv/bin/pip install -qq uv; }
	@$(or $(UV),.venv/uv/bin/uv) pip compile --quiet --universal --python-version 3.11 --all-extras \
	    --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
	    $(ARGS) --output-file requirements.lock pyproject.toml
	@$(or $(UV),.venv/uv/bin/uv) pip compile --quiet --universal --python-version 3.11 --extra postgres --extra build \
	    --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
	    --constraint requirements.lock --output-file deploy/requirements.lock pyproject.toml
	@echo "requirements.lock is written, and deploy/requirements.lock, the part of it that runs."

audit: $(STAMP)
	@test -x .venv/audit/bin/pip-audit || { \
	    $(PYTHON) -m venv .venv/audit && .venv/audit/bin/pip install -qq pip-audit; }
	@.venv/audit/bin/pip-audit --strict --disable-pip --require-hashes --requirement requirements.lock || { \
	    echo "Not clean: a package above has a known hole, or could not be audited, which is not clean either." >&2; \
	    exit 1; }

clean:
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): requirements.lock
	@test -n "$(VERSION)" || { \
	    echo "There is no $(PYTHON) here: install Python 3.11, 3.12 or 3.13 (Debian: apt install python3 python3-venv)." >&2; \
	    exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { \
	    echo "Voisin runs on Python 3.11 to 3.13 and $(PYTHON) is $(VERSION): install one of them and name it, as in PYTHON=python3.12 make $(or $(MAKECMDGOALS),demo)." >&2; \
	    exit 1; }
	@test -n "$(UV)" || $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo "$(PYTHON) cannot make a virtual environment: install its venv package (Debian: apt install python3-venv) and try again." >&2; \
	    exit 1; }
	@test "$$($(BIN)/python -c 'import sys$(if $(UV),,; import pip); print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null)" = "$(VERSION)" || { \
	    echo "Making .venv with Python $(VERSION): once, about a minute …"; \
	    rm -rf .venv; \
	    if test -n "$(UV)"; then uv venv --quiet --python "$(PYTHON)" .venv; else $(PYTHON) -m venv .venv; fi; }
	@echo "Installing what requirements.lock names …"
	@if test -n "$(UV)"; then \
	    uv pip install --quiet --python $(BIN)/python --require-hashes --requirement requirements.lock && \
	    uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .; \
	else \
	    $(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock && \
	    $(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .; \
	fi
	@rm -f .venv/made-with-*
	@touch $@
	@echo "Ready."
