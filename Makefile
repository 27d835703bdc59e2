# Each target makes .venv when it is missing, installs what it needs once, and runs.
# How to do the same without make: docs/running.md

PYTHON ?= python3
VENV   ?= .venv
OUT    ?= demo-out

BIN := $(VENV)/bin
# Two processes, one test file at a time each: the files share servers and demo lists within themselves.
AT_ONCE := -n 2 --dist loadfile
# Compiled once: where nobody may write bytecode, each start of a process would compile every library anew.
UV  := $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python
# Stamps: made after an install, so that it is repeated only when what is pinned has changed.
RUNTIME := $(VENV)/.runtime-installed
DEV     := $(VENV)/.dev-installed
PEERS   := $(VENV)/.peers-installed
BROWSER := $(VENV)/.browser-installed

CHECK_VERSION := import sys; found = "%d.%d" % sys.version_info[:2]; \
	sys.exit(0 if (3, 11) <= sys.version_info[:2] <= (3, 13) else \
	"schoolrun needs Python 3.11, 3.12 or 3.13; " + sys.executable + " is " + found + \
	". Name another one, for example: make " + "$(firstword $(MAKECMDGOALS) help)" + " PYTHON=python3.12")

.DEFAULT_GOAL := help
.PHONY: help setup demo serve test lint types peers browser pins

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' Makefile

setup: $(DEV) ## Make .venv with everything in it, run nothing

demo: $(RUNTIME) ## Plan an invented borough and write its report (OUT=demo-out)
	@$(BIN)/schoolrun demo --out "$(OUT)"
	@echo "Report: $(abspath $(OUT))/report.html (open it in a browser)"

serve: $(RUNTIME) ## Run the service with the demo's data (after `make demo`), on this machine alone
	@$(BIN)/schoolrun serve --demo --demo-plan "$(OUT)"

test: $(DEV) ## Run the tests, except the slow ones
	@$(BIN)/python -m pytest $(AT_ONCE)

lint: $(DEV) ## Check style, formatting and import directions
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports

types: $(DEV) ## Check the types of the four packages
	@$(BIN)/mypy

peers: $(PEERS) ## Add the solvers that benchmarks/peers.py compares with

browser: $(BROWSER) ## Add what drives a browser, for the tests of the pages

# Keeps today's versions where the ranges allow; COMPILE_FLAGS=--upgrade takes the newest ones.
pins: $(DEV) ## Remake the hash-pinned requirements*.txt from pyproject.toml
	@$(COMPILE) pyproject.toml -o requirements.txt
	@$(COMPILE) pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt
	@$(COMPILE) --group peers -c requirements-dev.txt -o requirements-peers.txt
	@$(COMPILE) --group browser -c requirements-dev.txt -o requirements-browser.txt
	@$(COMPILE) --group install -c requirements-dev.txt -o requirements-uv.txt

COMPILE = $(BIN)/uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header --no-annotate $(COMPILE_FLAGS)

# $(1): the requirements to install. pip brings uv and the build backend, uv brings the rest. All of
# it is hash-pinned; without build isolation nothing else is fetched to install schoolrun itself.
define install
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) was not found; schoolrun needs Python 3.11, 3.12 or 3.13"; exit 1; }
	@$(PYTHON) -c '$(CHECK_VERSION)'
	@echo "Setting up $(VENV) (about a minute the first time)..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
	@$(BIN)/python -c '$(CHECK_VERSION)'
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-uv.txt
	@$(UV) --require-hashes -r $(1)
	@$(UV) --no-deps --no-build-isolation --editable .
endef

$(RUNTIME): requirements-uv.txt requirements.txt pyproject.toml
	$(call install,requirements.txt)
	@touch $(RUNTIME)

# The development set holds the runtime set at the same versions, so it serves the demo too.
$(DEV): requirements-uv.txt requirements-dev.txt pyproject.toml
	$(call install,requirements-dev.txt)
	@touch $(RUNTIME) $(DEV)

# On top of the development set, whose versions they are pinned beside.
$(PEERS): $(DEV) requirements-peers.txt
	@$(UV) --require-hashes -r requirements-peers.txt
	@touch $(PEERS)

$(BROWSER): $(DEV) requirements-browser.txt
	@$(UV) --require-hashes -r requirements-browser.txt
	@touch $(BROWSER)
