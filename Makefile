# Needs Python 3.11 or later and make; everything else is installed into .venv from the hash-pinned constraints files.
PYTHON ?= $(firstword $(foreach p,python3 python3.14 python3.13 python3.12 python3.11,$(shell command -v $(p) >/dev/null 2>&1 && $(p) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(p))))
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
RUN_STAMP := $(VENV)/.run-stamp
DEV_STAMP := $(VENV)/.dev-stamp
PARALLEL := -n logical --dist worksteal
# Compiled tests are kept whatever the environment says: without them each worker takes twice as long to start.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test quick check bench mutants package package-check clean help
.DEFAULT_GOAL := help

help:
	@echo "make run    the simulated platform with a live console on it (ARGS='--incident api-down' starts an incident)"
	@echo "make test   all tests (ARGS='tests/alerts -k flap -n0' selects some, here in one process)"
	@echo "make quick  the tests of pure logic, without terminals, browsers, servers and processes: under a minute"
	@echo "make check  format, lint, types, import contracts"
	@echo "make bench  the benchmarks beside their targets"
	@echo "make mutants  small changes of the code that no test notices (ARGS='auth amt_console/alerts/wording.py' selects some)"
	@echo "make package  the wheel and the sdist, in dist/"
	@echo "make package-check  installs the wheel in an empty environment and uses it there"
	@echo "make clean  removes .venv and caches"

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "amt-console needs Python 3.11 or later: install it, or name it with 'make PYTHON=/path/to/python3.11'." >&2; exit 69; }
	@$(PYTHON) -m venv $(VENV) || { echo "Could not create $(VENV): on Debian and Ubuntu install the package python3-venv." >&2; rm -rf $(VENV); exit 69; }

$(RUN_STAMP): pyproject.toml constraints.txt constraints-dev.txt | $(BIN)/python
	@echo "Installing amt-console into $(VENV) (once, about a minute) ..."
	@$(PIP) install --require-hashes -r constraints.txt
	@$(PIP) install --require-hashes --no-deps -r constraints-build.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(DEV_STAMP): $(RUN_STAMP) constraints-dev.txt
	@echo "Installing the development tools into $(VENV) (once) ..."
	@$(PIP) install --require-hashes -r constraints-dev.txt
	@touch $@

run: $(RUN_STAMP)
	@$(BIN)/amt-console demo $(ARGS)

test: $(DEV_STAMP)
	@$(BIN)/python -m pytest $(PARALLEL) $(ARGS)

quick: $(DEV_STAMP)
	@$(BIN)/python -m pytest -n auto --dist worksteal -m "not (slow or pty or postgres or chromium)" $(ARGS)

check: $(DEV_STAMP)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(DEV_STAMP)
	@$(BIN)/python -m benchmarks $(ARGS)

mutants: $(DEV_STAMP)
	@PYTHONPATH=tests $(BIN)/python -m mutation $(ARGS)

package: $(DEV_STAMP)
	@$(BIN)/python -m hatchling build -d dist

package-check: $(DEV_STAMP)
	@PYTHONPATH=tests $(BIN)/python -m packaging_check $(ARGS)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
