.PHONY: install run demo test lint types check crash bench clean
VENV := .venv
BIN := $(VENV)/bin

install: $(VENV)/installed

# uv where it is, since it is quick; pip where it is not. Both install the very files that requirements.lock names.
$(VENV)/installed: pyproject.toml requirements.lock
	@if command -v uv >/dev/null 2>&1; then \
	    uv venv --quiet --clear --python python3 $(VENV) && \
	    uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock && \
	    uv pip install --quiet --python $(BIN)/python --no-deps -e . ; \
	else \
	    python3 -m venv --clear $(VENV) && \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock && \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e . ; \
	fi
	@touch $@

test: install
	$(BIN)/python -m pytest

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

check: lint types test
