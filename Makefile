# guestcheck: `make run` and `make test` set up what they need in .venv and go.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# Processes that run tests side by side; 0 runs them in pytest's own, as --pdb needs.
# Some tests only wait: one more than there are cores.
WORKERS ?= $(shell expr $$(nproc 2>/dev/null || echo 1) + 1)
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help run test test-all mutate check format docs site picture bench clean lab lab-quick lab-truth record remedies initramfs dist dist-check dist-try

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.tested: $(VENV)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@

$(VENV)/.developed: $(VENV)/.tested
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[test,dev]'
	@touch $@

run: $(VENV)/.installed ## report on this guest (ARGS='-f json' and the like)
	@$(BIN)/guestcheck $(ARGS)

test: $(VENV)/.tested ## run the tests, the slow ones left out (ARGS='-k nic -x' and the like)
	$(PYTEST) -m 'not slow' $(ARGS)

test-all: $(VENV)/.tested ## run all tests, with all examples, as CI does
	GUESTCHECK_EXAMPLES=all $(PYTEST) $(ARGS)

mutate: $(VENV)/.tested ## change the code in small ways, and see whether a test notices (ARGS='guestcheck/readiness --sample 50')
	@$(BIN)/python -m tools.mutate $(ARGS)

check: $(VENV)/.developed ## format, lint and types
	$(BIN)/ruff format --check guestcheck tests lab bench tools
	$(BIN)/ruff check guestcheck tests lab bench tools
	$(BIN)/mypy
	$(BIN)/mypy lab tools bench

format: $(VENV)/.developed ## put the code in form
	$(BIN)/ruff format guestcheck tests lab bench tools
	$(BIN)/ruff check --fix guestcheck tests lab bench tools

docs: $(VENV)/.installed ## write the pages that are made from the program
	$(BIN)/python -m tools.docs

site: $(VENV)/.installed ## build the pages as a site into build/site, with mkdocs
	$(BIN)/pip install --quiet --disable-pip-version-check mkdocs
	$(BIN)/mkdocs build --quiet

picture: $(VENV)/.installed ## draw the README's picture again, from a recorded guest
	$(BIN)/python tools/picture.py $(ARGS)

bench: $(VENV)/.installed ## compare with other tools on this guest
	$(BIN)/python bench/compare.py $(ARGS)

remedies: $(VENV)/.installed ## check each command of the remedies with the program that it is for (docs/CONTRIBUTING.md)
	@$(BIN)/python -m tools.remedies $(ARGS)

initramfs: $(VENV)/.tested ## compare the tests' stand-ins with Debian's own initramfs-tools, dracut and tiny-initramfs (root, a few minutes)
	@$(BIN)/python -m tools.initramfs $(ARGS)

lab: ## boot every guest on three Debian releases and compare (root, about 30 minutes)
	$(PYTHON) -m lab run --page docs/lab.md

lab-quick: ## boot a chosen dozen of them, and of the variants (root, a few minutes)
	$(PYTHON) -m lab run --quick
	$(PYTHON) -m lab truth --quick

lab-truth: ## boot variants on other buses against preflight's word (root, about an hour; goes on where it was)
	$(PYTHON) -m lab truth --page docs/lab.md

record: ## record the lab's guests anew as fixtures of the tests
	$(PYTHON) -m lab record
	$(PYTHON) -m lab truth --record
	$(MAKE) test ARGS='tests/test_guests.py --update'

dist: $(VENV)/.developed ## build wheel, source archive, zipapp, deb and rpm into dist/ (docs/packages.md says what it takes)
	@$(BIN)/python -m tools.packages build $(ARGS)

dist-check: dist ## build once more elsewhere, and compare byte by byte
	@$(BIN)/python -m tools.packages check

dist-try: dist ## install deb and rpm in clean roots, run them, and take them out again (root, some minutes)
	@$(BIN)/python -m tools.packages try $(RELEASES)

clean: ## remove what was set up
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
