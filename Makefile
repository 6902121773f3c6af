# Commands of the project. Each works in a fresh clone with Python 3.11 or newer; PYTHON names another one.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
STAMP := .venv/.installed
# Three test processes: on two cores, much of the time is spent waiting for other processes.
JOBS ?= 3

.PHONY: demo run check test php-tests bench faults plugins features env clean

demo: $(STAMP)
	@PORT=$(PORT) $(BIN)/shopbridge demo

run: $(STAMP)
	@$(BIN)/shopbridge run

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -q -n $(JOBS) -m "not bench and not slow and not faults" tests/test_floors.py \
		tests/test_rules_of_the_house.py tests/test_docs.py $(wildcard tests/rules tests/contract) tests/ground

test: $(STAMP)
	$(BIN)/pytest -n $(JOBS) -m "not bench"

# The store plugins' own tests alone; `make test` has them among its own.
php-tests: $(STAMP)
	$(BIN)/pytest tests/plugins

bench: $(STAMP)
	$(BIN)/pytest -m bench tests/benchmarks -p no:xdist

faults: $(STAMP)
	FAULTS=full $(BIN)/pytest -m faults tests/faults --timeout 3600

# The store plugins as merchants get them, in dist/
plugins: $(STAMP)
	$(BIN)/python -m hub.plugin_archives dist

# docs/features.md from the tests' markers, .env.example from the settings
features: $(STAMP)
	$(BIN)/python -m tests.make_features

env: $(STAMP)
	$(BIN)/python -m hub.config > .env.example

# Installed again whenever the list of packages changes.
$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one with PYTHON=…"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv \
		|| { echo "On Debian: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

clean:
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache
