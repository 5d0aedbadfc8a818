# Needs Python 3.11 to 3.13 and nothing else; everything lands in .venv and var/.
# `make` alone lists the targets.

PYTHON ?= $(shell command -v python3 || command -v python3.13 || command -v python3.12 || command -v python3.11)
VENV := .venv/bin/python
DEMO_ISSUES ?= 5000
# Embedded parts and data of its own, whatever .env and the shell say.
DEMO_ENV := env -u DATABASE_URL -u REDIS_URL -u DEBUG DIIP_ENV_FILE= DIIP_VAR_DIR=var/demo

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-admin run admin test check chaos bars soak fuzz histories fix bench lock clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

setup: ## install everything, also what checks and tests need
	@$(PYTHON) scripts/setup.py --dev

demo: ## the whole platform with a simulated tracker, and a tour (ARGS=--once: stop after it)
	@echo "demo: everything on embedded parts, its data in var/demo"
	@$(PYTHON) scripts/setup.py
	@exec $(DEMO_ENV) $(VENV) manage.py run_platform --simulator $(DEMO_ISSUES) --demo $(ARGS)

run: ## the whole platform in the foreground (ARGS=--verbose: say more)
	@echo "run: the platform, its data in var/ (or where .env says)"
	@$(PYTHON) scripts/setup.py
	@exec $(VENV) manage.py run_platform $(ARGS)

admin: ## make an administrator (for the demo: make demo-admin)
	@$(PYTHON) scripts/setup.py
	@exec $(VENV) manage.py createsuperuser

demo-admin:
	@$(PYTHON) scripts/setup.py
	@exec $(DEMO_ENV) $(VENV) manage.py createsuperuser

test: ## all tests on SQLite and the embedded broker
	@echo "test: on SQLite and the embedded broker"
	@$(PYTHON) scripts/setup.py --dev
	@exec $(VENV) -m scripts.check sqlite

check: ## the gate: format, lint, imports, types, migrations, deploy checks, tests on all databases
	@echo "check: the whole gate"
	@$(PYTHON) scripts/setup.py --dev
	@exec $(VENV) -m scripts.check

chaos: ## harm to real processes in mid-sync, 20 rounds each; takes an hour (ARGS="--rounds 5 --report chaos.md")
	@echo "chaos: kills and faults at drawn moments, compared with the truth"
	@$(PYTHON) scripts/setup.py --dev
	@exec env DIIP_ENV_FILE= $(VENV) -m tests.chaos $(ARGS)

bars: ## harms to the web tier and the sync, each with a bar (ARGS=census: one of them)
	@echo "bars: on processes of its own; ten minutes"
	@$(PYTHON) scripts/setup.py --dev
	@exec env DIIP_ENV_FILE= DJANGO_SETTINGS_MODULE=diip.settings $(VENV) -m tests.bars $(ARGS)

soak: ## an hour of bounded load while parts fail at random (ARGS="--minutes 5 --report soak.md")
	@echo "soak: on servers of its own; --minutes 60 unless ARGS says otherwise"
	@$(PYTHON) scripts/setup.py --dev
	@exec env DIIP_ENV_FILE= DJANGO_SETTINGS_MODULE=diip.settings $(VENV) -m tests.soak $(ARGS)

fuzz: ## hostile requests at a real web server, on both databases; half an hour (ARGS=--seed 7)
	@echo "fuzz: every operation, broken in every way we know"
	@$(PYTHON) scripts/setup.py --dev
	@exec env DIIP_ENV_FILE= $(VENV) -m tests.fuzz $(ARGS)

histories: ## the numbers against their slow reference, on 10,000 made-up histories
	@echo "histories: two minutes"
	@$(PYTHON) scripts/setup.py --dev
	@exec env DIIP_TEST_PROJECTS=20 $(VENV) -m pytest -q -n 2 analytics/tests/test_metrics_against_reference.py

fix: ## format, and repair what the linter can repair
	@echo "fix: format and lint"
	@$(PYTHON) scripts/setup.py --dev
	@$(VENV) -m ruff check --fix . || true
	@$(VENV) -m ruff format .

bench: ## benchmarks of syncing, the API and analytics
	@echo "bench: takes most of an hour; python -m benchmarks.sync --quick shows that it runs"
	@$(PYTHON) scripts/setup.py --dev
	@exec $(VENV) -m benchmarks $(ARGS)

lock: ## pin what requirements*.in ask for (needs uv)
	@echo "lock: requirements.txt and requirements-dev.txt"
	@sh scripts/lock.sh

clean: ## remove caches and the demo's data; var/ itself stays
	@echo "clean: caches and var/demo"
	@rm -rf var/demo .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -not -path './.venv*' -exec rm -rf {} +
