# Everything runs from .venv, made here on first use: python3.11 or newer and make are all that is needed.

PYTHON ?= $(firstword $(foreach p,python3 python3.11 python3.12 python3.13 python3.14,$(shell \
	$(p) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v $(p))))
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
GOLDEN ?= tests/golden

.PHONY: help venv demo test check bench docs pictures golden lock clean
.DEFAULT_GOAL := help

help:
	@echo 'make venv    the environment in .venv, from requirements.lock'
	@echo 'make demo    two replays, with their reports in out/'
	@echo 'make test    all tests, on two processes'
	@echo 'make check   ruff, mypy, import-linter and the rules of the repository'
	@echo 'make bench   how fast it is, as ratios within one run'
	@echo 'make docs    generate again what is generated in docs/'
	@echo 'make pictures  take the pictures of the trainer in docs/ again'
	@echo 'make golden  write the golden files again; read the diff before committing it'
	@echo 'make lock    resolve requirements.lock again'
	@echo 'make clean   remove .venv, out, dist and the caches'

venv: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or newer is needed: install it or say make PYTHON=/path/to/python'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { $(PYTHON) -c 'import sys; \
		print("venv cannot install pip here: apt install python%d.%d-venv" % sys.version_info[:2])'; exit 1; }
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP)
	$(BIN)/ambupump replay day7-shortfall-after-two-reprimes --out out/day7
	$(BIN)/ambupump replay kink-cleared-in-time --out out/kink

test: $(STAMP)
	$(BIN)/python -m pytest -n 2

check: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q -n 2 tests/meta

bench: $(STAMP)
	$(BIN)/python -m bench

docs: $(STAMP)
	$(BIN)/python -m docs.generate

pictures: $(STAMP)
	$(BIN)/python -m docs.trainer_pictures

golden: $(STAMP)
	$(BIN)/python -m pytest -p no:randomly --update-golden $(GOLDEN)

# uv resolves for every platform at once; it stands in a throw-away environment, so that the lock need not hold it.
# labmcp is left out: of labmcp-new-era only the simulated pump is used (tests/drivers/independent), which needs nothing.
lock:
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or newer is needed: install it or say make PYTHON=/path/to/python'; exit 1; }
	dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && $(PYTHON) -m venv "$$dir" \
		&& "$$dir/bin/python" -m pip install --quiet --disable-pip-version-check uv \
		&& echo 'labmcp ; python_version < "3"' > "$$dir/left-out.txt" \
		&& "$$dir/bin/uv" pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
			--overrides "$$dir/left-out.txt" --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
			--extra all --group dev pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) out dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
