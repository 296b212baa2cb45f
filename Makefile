# Thin: each target sets up .venv if need be and runs one command.
PYTHON ?= python3
BIN := .venv/bin
export TOUCHSTONE_HOME ?= $(CURDIR)/var
export DAGSTER_HOME ?= $(TOUCHSTONE_HOME)/dagster
SAMPLE := $(TOUCHSTONE_HOME)/sample
PORT ?= 3000

.PHONY: demo refresh ui test test-system trials lint clean

demo: $(BIN)/.installed $(SAMPLE)/truth/README.md  ## the whole pipeline on the example company
	$(BIN)/touchstone refresh
	@echo
	@echo "Watch and start refreshes in a browser:  make ui   ->  http://127.0.0.1:$(PORT)"

refresh: $(BIN)/.installed  ## one refresh with the configuration in force
	$(BIN)/touchstone refresh

ui: $(BIN)/.installed  ## the Dagster page and its daemon on 127.0.0.1, history kept
	mkdir -p $(DAGSTER_HOME)
	test -e $(DAGSTER_HOME)/dagster.yaml || cp dagster.yaml $(DAGSTER_HOME)/dagster.yaml
	exec $(BIN)/dagster dev -m orchestration.definitions -h 127.0.0.1 -p $(PORT)

test: $(BIN)/.installed  ## every test that needs only Python
	$(BIN)/pytest -n 2 --dist loadscope --no-loadscope-reorder --durations=40

test-system: $(BIN)/.installed-system  ## tests of the page in Chromium, and of Spark; installs both on Debian
	$(BIN)/pytest tests/system --override-ini addopts="-ra --strict-markers"

trials: $(BIN)/.installed  ## real data sets from outside: make trials TRIAL_DATA=folder
	TRIAL_DATA="$(TRIAL_DATA)" $(BIN)/pytest tests/trials --override-ini addopts="-ra --strict-markers"

lint: $(BIN)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

clean:
	rm -rf .venv var

$(SAMPLE)/truth/README.md: | $(BIN)/.installed
	$(BIN)/touchstone sample --out $(SAMPLE)

# uv installs in seconds where pip takes a minute; compiled, a refresh starts 20 s sooner.
$(BIN)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c "import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v < (3, 14) else 'Touchstone needs Python 3.11 to 3.13; this is %d.%d. Try: make PYTHON=python3.12 demo' % v)"
	@echo "Setting up .venv; the first time takes a minute or two."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet uv -c constraints.txt
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -c constraints.txt -e ".[dev]"
	@touch $@

$(BIN)/.installed-system: $(BIN)/.installed
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -c constraints.txt -e ".[dev,system,spark]"
	command -v chromium >/dev/null || (apt-get update -qq && apt-get install -y -qq chromium)
	command -v java >/dev/null || (apt-get update -qq && apt-get install -y -qq openjdk-17-jre-headless)
	touch $@
