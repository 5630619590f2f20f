.PHONY: install run demo man test lint types check crash crash-nodes bench fuzz lock
VENV := .venv
BIN := $(VENV)/bin

install: $(VENV)/installed

# uv where it is, since it is quick; pip where it is not. Both install the very files that requirements.lock names.
# What is there is brought up to date and never taken away: a desk may be running from it (make run).
$(VENV)/installed: pyproject.toml requirements.lock
	@if command -v uv >/dev/null 2>&1; then \
	    { [ -x $(BIN)/python ] || uv venv --quiet --python python3 $(VENV); } && \
	    uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock && \
	    uv pip install --quiet --python $(BIN)/python --no-deps -e . ; \
	else \
	    { [ -x $(BIN)/python ] || python3 -m venv $(VENV); } && \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock && \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e . ; \
	fi
	@$(BIN)/python -m compileall -q spocd
	@touch $@

# A desk in ./var, made at the first time; says what it listens on and what to try.
run: install
	@$(BIN)/python demo/run.py

# The tour: a desk, real mails, an answer, the answer to the answer. Ten seconds. The desk is one of its own, in a folder
# and on a port that are gone afterwards; one of `make run` goes on meanwhile, untouched.
demo: install
	@$(BIN)/python demo/tour.py

# A manual page for every command, from its own help: man -l man/spocd-ticket-list.1
man: install
	@$(BIN)/python -m spocd.cli.man man

# Several files of tests at once, since they wait more than they compute: make test SIDE_BY_SIDE= for one after the other.
SIDE_BY_SIDE ?= -n 3 --dist loadfile

# Everything with desks that are kept in a file, then what drives a desk once more with desks that PostgreSQL keeps, but
# for what presses on a desk from outside (hostile clients, mails that kill their reader, logs, clocks, memory), and the
# examples of the docs: no database has a part in these.
test: install
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)
	SPOCD_TEST_STORE=postgres $(BIN)/python -m pytest $(SIDE_BY_SIDE) tests/desk tests/e2e tests/cli/test_cli_local.py \
	    --ignore tests/e2e/test_nodes.py --ignore tests/e2e/test_crash_nodes.py \
	    --ignore tests/e2e/test_hostile.py --ignore tests/e2e/test_faults_mail.py \
	    --ignore tests/e2e/test_faults_around.py --ignore tests/e2e/test_examples.py

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

check: lint types test

# The exact versions, with their hashes, for every Python and system that we support.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --group dev pyproject.toml -o requirements.lock

# Kills a desk N times at random and ten times at each named point, stops it N / 3 times: make crash N=50
crash: N = 300
crash: install
	$(BIN)/python -m tests.e2e.crash $(N)

# Two nodes on one PostgreSQL, under a load of N mails, while both nodes and PostgreSQL die in turn.
crash-nodes: N = 2000
crash-nodes: install
	$(BIN)/python -m tests.e2e.crash_nodes $(N)

# What everything costs, as rows of a table: make bench; make bench ONLY="pipe cli" ROUNDS=3
ROUNDS ?= 7
bench: install
	@$(BIN)/python -m bench --rounds $(ROUNDS) $(ONLY)

# Reads N mutated mails: none may raise, be slow or leave memory behind.
fuzz: N = 200000
fuzz: install
	$(BIN)/python -m tests.gateway.reading.fuzz $(N)
