# Lianxi: `make run` is a whole demo town on this machine, `make test` is all tests. Everything else is listed by `make help`.

PYTHON ?= python3
VENV := .venv/bin
RUN := $(VENV)/python
FLOORS := $(RUN) -m deploy.local.floors
CODE := lianxi services gateway deploy bench tests
export PYTHONUTF8 := 1

.DEFAULT_GOAL := help
.PHONY: bench help run stop reset setup setup-run test test-quick check fmt fmt-check lint types imports architecture unit contract \
	integration e2e browser chaos criteria policy-check docs released lock

help:  ## list what can be made
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9 -]+:.*## / {printf "  make %-42s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- the town ---------------------------------------------------------------------------------------------------------------

run: setup-run  ## a whole demo town on this machine; Ctrl-C stops everything (ONCE=1 ends after the story, LAN=1 serves phones)
	@$(RUN) -m deploy.local.town run

stop:  ## stop the town of this checkout from another terminal
	@test ! -x $(RUN) || $(RUN) -m deploy.local.town stop

reset:  ## delete the town's data, keys and logs (.lianxi/)
	@test ! -x $(RUN) || $(RUN) -m deploy.local.town reset

# --- tests ------------------------------------------------------------------------------------------------------------------

test: setup  ## all floors, then one table; the town's programs are fetched if missing
	@$(FLOORS) style types imports architecture unit contract integration e2e browser chaos

test-quick: setup  ## what needs no broker and no database
	@$(FLOORS) architecture unit contract

check: setup  ## style, types, imports, and the tests that start nothing
	@$(FLOORS) style types imports architecture unit contract

architecture unit contract integration e2e browser: setup  ## one floor of tests
	@$(FLOORS) $@

chaos: setup  ## kills, cuts, duplicates and searches in full numbers (make test runs a smoke size)
	@LIANXI_CHAOS=full $(FLOORS) e2e chaos

criteria: setup  ## every criterion of the product, its tests and their last result
	@$(RUN) -m deploy.local.criteria

bench: setup-run  ## measure Lianxi beside its peers and the bare limits, write docs/performance.md (SHORT=1: a few minutes)
	@$(RUN) -m bench.environment $(if $(SHORT),short) $(if $(ONLY),only=$(ONLY))

# --- the code ---------------------------------------------------------------------------------------------------------------

fmt: setup  ## format the code and mend what can be mended by itself
	@$(VENV)/ruff format $(CODE)
	@$(VENV)/ruff check --fix $(CODE)

fmt-check: setup  ## say what is not formatted
	@$(VENV)/ruff format --check $(CODE)

lint: setup  ## ruff
	@$(VENV)/ruff check $(CODE)

types: setup  ## mypy, strict
	@$(VENV)/mypy

imports: setup  ## the layers of the house
	@$(VENV)/lint-imports

policy-check: setup  ## read the programme's files as a careful reader of the plan would
	@$(VENV)/lianxi policy check

docs: setup  ## write the generated pages anew
	@$(RUN) -m deploy.local.generate

released: setup  ## keep the interface of today as the released one; refused while it takes something away
	@$(RUN) -m deploy.local.interface --release

# --- the environment --------------------------------------------------------------------------------------------------------

# A lock never names where packages were fetched from. The two later files hold all of the first.
LOCK := uv pip compile --quiet pyproject.toml --generate-hashes --no-header --python-version 3.11

lock:  ## write the hashed requirement files anew from pyproject.toml (needs uv)
	@$(LOCK) -o requirements/runtime.txt > /dev/null
	@$(LOCK) --group demo -o requirements/demo.txt > /dev/null
	@$(LOCK) --group demo --group dev -o requirements/dev.txt > /dev/null
	@$(LOCK) --group demo --group bench -c requirements/dev.txt -o requirements/bench.txt > /dev/null

setup:
	@$(PYTHON) -m deploy.local.bootstrap test

setup-run:
	@$(PYTHON) -m deploy.local.bootstrap run
