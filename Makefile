# Mend: `make run` starts it on this machine, `make test` tests it, `make lint` checks it,
# `make bench` times it.

PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install -qq --require-hashes --no-input

.PHONY: run test bench lint format lock clean
.DELETE_ON_ERROR:

run: $(VENV)/run.stamp
	@exec $(BIN)/python -m config.embedded

test: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.suite $(ARGS)

# Timings, never part of the tests. ARGS="--write" puts them into docs/performance.md.
bench: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.bench $(ARGS)

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint --quiet --check --lint templates
	$(BIN)/mypy .
	DJANGO_SETTINGS_MODULE=config.settings_test $(BIN)/python manage.py makemigrations --check --dry-run

format: $(VENV)/dev.stamp
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format --quiet .
	$(BIN)/djlint --quiet --reformat templates || $(BIN)/djlint --quiet --check templates

# Pins and hashes for Python 3.11 and later, on every platform; no address is recorded.
LOCK := UV_NO_CONFIG=1 $(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes \
	--python-version 3.11 --custom-compile-command "make lock"

lock: $(VENV)/dev.stamp
	$(LOCK) --output-file requirements/run.txt requirements/run.in
	$(LOCK) --output-file requirements/dev.txt requirements/dev.in

# Leaves var/ alone: it holds what people wrote.
clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results

# What the tests need includes all that Mend needs, so either stamp will do for running it.
$(VENV)/run.stamp: requirements/run.txt | $(BIN)/python
	@test $(VENV)/dev.stamp -nt $< || { echo "Installing what Mend runs on (requirements/run.txt)…"; $(PIP) -r $<; }
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt requirements/run.txt | $(BIN)/python
	@echo "Installing what the tests need (requirements/dev.txt)…"
	@$(PIP) -r $<
	@touch $@

$(BIN)/python:
	@for python in $(PYTHON) python3.13 python3.12 python3.11 python3 /usr/bin/python3; do \
		if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			exec "$$python" -m venv $(VENV); \
		fi; \
	done; \
	echo "Mend needs Python 3.11 or later with its venv module, and found none. Nothing was changed."; \
	echo "Install it (on Debian: apt-get install python3 python3-venv), or name one: make PYTHON=/path/to/python3"; \
	exit 1
