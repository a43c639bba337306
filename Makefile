# Two commands matter: `make demo` and `make test`. Each sets up what it needs on a
# machine with Python 3.11 (with venv) and make.
PYTHON ?= python3.11
BIN := .venv/bin
STAMP := .venv/.installed
# opens the demo's invented people only; orchestration/demo.py has the same
DEMO_KEY := demo key: for invented people only, never for real ones

# a test process per core; what shares a module's fixtures stays in one, long modules first
IN_PARALLEL := -n auto --maxprocesses 4 --dist loadscope --no-loadscope-reorder

.PHONY: install spark-env demo demo-ui test test-all trust audit sbom secrets licences system-packages lint lint-types lint-sql lint-python format lock ui bench clean

install: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	$(BIN)/uv pip sync --quiet --require-hashes --compile-bytecode --python $(BIN)/python requirements.lock
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python --editable .
	$(BIN)/lus prepare
	touch $(STAMP)

spark-env: .venv-spark/.installed ## pyspark and dbt-spark, for engine = "spark" (docs/spark.md)

.venv-spark/.installed: requirements-spark.lock $(STAMP)
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-spark
	$(BIN)/uv pip sync --quiet --require-hashes --compile-bytecode --python .venv-spark/bin/python requirements-spark.lock
	touch $@

demo: install ## three simulated months through everything
	$(BIN)/lus demo

demo-ui: install ## Dagster's UI on what the demo made
	LUS_PSEUDONYM_KEY="$(DEMO_KEY)" $(BIN)/lus ui --home data/demo/home --landing data/demo/landing

test: install ## lint, types, unit, dbt and pipeline tests
	$(MAKE) lint
	$(BIN)/python -m pytest -m "not slow" $(IN_PARALLEL)

test-all: install spark-env system-packages ## also what needs servers, a browser, root or long times
	$(BIN)/python -m pytest -m slow --write-trust $(IN_PARALLEL) $(if $(UNTIL),--until $(UNTIL))

trust: install system-packages ## docs/trust.md: every promise, tested now
	$(BIN)/python -m pytest -m promise --write-trust $(IN_PARALLEL) $(if $(UNTIL),--until $(UNTIL))

system-packages: ## Debian's packages that test-all uses, when they are missing
	.ci/system-packages

# tools of a release, run from the registry beside the project's own libraries
TOOL := $(BIN)/uv tool run --quiet
SECRETS_IN = $$(git ls-files | grep -vE '(\.lock|\.svg|\.png|trust\.json|\.baseline)$$')

audit: install secrets licences ## known vulnerabilities, secrets, licences; red too when nobody could be asked
	$(TOOL) pip-audit==2.10.1 --strict --requirement requirements.lock --require-hashes --disable-pip \
	  || { echo "not green: vulnerabilities, or the advisory service could not be reached" >&2; exit 1; }

sbom: install ## what is installed, as CycloneDX (sbom.json)
	$(TOOL) --from cyclonedx-bom==7.5.0 cyclonedx-py environment .venv/bin/python --pyproject pyproject.toml --output-reproducible --output-file sbom.json

secrets: install ## nothing that looks like a password or key, but what .secrets.baseline knows
	$(TOOL) --from detect-secrets==1.5.0 detect-secrets-hook --baseline .secrets.baseline $(SECRETS_IN)

# axe-playwright-python (MIT) does not say its licence in its metadata
licences: install ## only licences that go with EUPL-1.2
	$(TOOL) pip-licenses==5.5.5 --python .venv/bin/python --partial-match --summary --ignore-packages axe-playwright-python --allow-only "MIT;BSD;Apache;PSF;Python Software Foundation;MPL;Mozilla;ISC;LGPL;Lesser General;EUPL;CNRI;Artistic"

# side by side, each one's output by itself
lint: install
	$(MAKE) --no-print-directory -j 2 -k --output-sync=target lint-types lint-sql lint-python

lint-types: install
	$(BIN)/pyright

# macros are rendered where they are used: by themselves sqlfluff skips them
lint-sql: install
	$(BIN)/sqlfluff lint --processes 2 dbt_project/models dbt_project/tests

lint-python: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix dbt_project/models dbt_project/tests

lock: ## versions and hashes, no host
	$(BIN)/uv pip compile --quiet --extra dev --generate-hashes --no-emit-index-url --python-version 3.11 --no-header pyproject.toml -o requirements.lock
	printf 'uv\n' | $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --python-version 3.11 --no-header - -o requirements-uv.lock
	$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --python-version 3.11 --no-header requirements-spark.in -o requirements-spark.lock

ui: install
	$(BIN)/lus ui

bench: install
	$(BIN)/python -m bench

clean:
	rm -rf .venv .venv-spark dbt_project/target dbt_project/logs
