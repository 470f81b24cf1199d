# Two commands do everything on a machine with Python 3.11 or later, make and a package index:
#   make run    simulate three scenarios on the default data, print the answer, draw the picture
#   make test   the test suite
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
LOWEST := .venv-lowest
READY  := $(VENV)/.ready
PATHS  ?= 100000
OUT    ?= runs/first
# two processes; tests/support/tiers.py says which files start first and which stay together
PYTEST := $(BIN)/pytest -q -n 2 --durations=15

.PHONY: run test test-fast test-thorough test-all test-lowest lint docs bench figures figures-check backtest lock check-install changelog clean help

help:           ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

run: $(READY)   ## the main job: what a swap of rare-earth access for chip access is worth
	$(BIN)/supplyshock run status_quo swap_deal breakdown --paths $(PATHS) --out $(OUT) --figure $(OUT)/fan.png
	@echo; echo "store    $(OUT)/results.zarr"; echo "picture  $(OUT)/fan.png"; echo "read on  docs/tutorial.md"

test: $(READY)  ## the test suite, in single precision (10 to 14 minutes on two cores with nothing cached)
	$(PYTEST) -m "not thorough and not slow" tests

test-fast: $(READY) ## files of a few seconds, for the inner loop (about a minute once kernels are cached)
	$(PYTEST) -m fast tests

test-thorough: $(READY) ## double precision, JAX, killed processes: CI runs it too (9 to 12 minutes with nothing cached)
	$(PYTEST) -m "thorough and not slow" tests

test-all: $(READY) ## everything, also what compiles afresh or runs for minutes
	$(PYTEST) tests

test-lowest:    ## the fast tests with the lowest versions that pyproject.toml allows (about ten minutes; not in CI)
	$(PYTHON) -m venv --clear $(LOWEST)
	$(PYTHON) tests/support/lowest_versions.py > $(LOWEST)/constraints.txt
	$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check \
		--constraint $(LOWEST)/constraints.txt --editable ".[dev,docs]"
	$(LOWEST)/bin/pytest -q -n 2 -m fast -p no:cacheprovider tests

lint: $(READY)  ## ruff, codespell, plain English, mypy --strict, import-linter, data check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/pytest -q tests/test_docs_style.py
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python configs/build_data.py --check

docs: $(READY)  ## the site, in docs/_build/html; a warning is an error
	$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build/html
	@echo "site     docs/_build/html/index.html"

bench: $(READY) ## the benchmark of the main job; figures go to benchmarks/results/
	$(BIN)/python benchmarks/main_job.py

$(READY): pyproject.toml requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

figures: $(READY) ## every figure, table and console block anew; ONLY=guide, bargain or stale; READ=ids (CONTRIBUTING.md)
	$(BIN)/python docs/make_figures.py $(if $(ONLY),--only $(ONLY)) $(if $(READ),--read $(READ))

figures-check: $(READY) ## names what is stale, and what makes it anew (a few seconds)
	$(BIN)/python docs/make_figures.py --check

backtest: $(READY) ## run the past anew: docs/backtest.md, docs/losses.md, docs/plausibility.md
	$(BIN)/supplyshock hindcast all --quiet --page docs/backtest.md --data configs
	$(BIN)/supplyshock losses --quiet --page docs/losses.md
	$(BIN)/supplyshock plausibility --quiet --page docs/plausibility.md

lock:           ## renew requirements.lock (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--no-annotate --quiet --extra dev --extra docs pyproject.toml -o requirements.lock

check-install:  ## build sdist and wheel, install and use the wheel on each Python found (minutes; not in CI)
	$(PYTHON) .ci/packaging/check_install.py

changelog: $(READY) ## draft the next release's part of CHANGELOG.md from docs/changes/; VERSION=X.Y.Z writes it
	$(BIN)/towncrier build $(if $(VERSION),--yes --version $(VERSION),--draft --version next)

clean:          ## remove the environment and runs/
	rm -rf $(VENV) $(LOWEST) runs .pytest_cache .mypy_cache .ruff_cache .hypothesis
