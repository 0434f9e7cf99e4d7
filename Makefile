# Short names for daily work. `make run` and `make test` do all the set-up they need.
PYTHON ?= python3
PORT ?= 8000
BIN = .venv/bin
RUN_DIR = runs
# What `make test` repeats on a real PostgreSQL; `make test-postgres` repeats all of it.
ROWS = tests/test_access.py tests/aifashion/test_pages.py tests/patterns/jobs/test_engine.py tests/patterns/test_shelf.py \
	tests/patterns/test_exchange.py tests/patterns/swatches/test_queries.py tests/tryon/test_results.py tests/tryon/test_sharing.py \
	tests/aifashion/accounts/test_moving.py tests/aifashion/accounts/test_leaving.py tests/patterns/jobs/test_chores.py
ON_POSTGRES = $(BIN)/python -m tests.postgres
export PYTHONUNBUFFERED = 1

.PHONY: help run setup test test-postgres load lint format audit lock messages fuzz bench train-textiles train-garments train-cloth eval-textiles eval-garments wardrobe bench-drape rehearse-docker check-docker clean

help: ## what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 18

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/web.stamp: requirements-web.lock | .venv/bin/python
	$(BIN)/pip install --disable-pip-version-check -q --require-hashes -r requirements-web.lock
	@touch $@

.venv/all.stamp: requirements.txt requirements-web.txt requirements-dev.txt | .venv/bin/python
	$(BIN)/pip install --disable-pip-version-check -q -r requirements-dev.txt
	@touch $@ .venv/web.stamp

setup: .venv/all.stamp ## .venv with everything: site, training, checks

run: .venv/web.stamp ## the site on http://127.0.0.1:8000 (PORT=8123 chooses the port)
	@$(BIN)/python manage.py prepare_site
	@echo "AI Fashion is on http://127.0.0.1:$(PORT)/  (Ctrl-C stops it)"
	@(until $(BIN)/python manage.py work_jobs --beside $$$$; do sleep 1; done) & worker=$$!; trap 'kill $$worker 2>/dev/null' EXIT INT TERM; \
	MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=2097152 MALLOC_TRIM_THRESHOLD_=67108864 $(BIN)/gunicorn aifashion.wsgi --env AIFASHION_ENV=development --bind 127.0.0.1:$(PORT) \
		--workers 1 --threads 8 --timeout 60 --limit-request-line 8190 --access-logfile /dev/null

lint: .venv/all.stamp ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .

format: .venv/all.stamp ## let ruff format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: lint ## lint, types and every test, in a real browser too
	$(BIN)/python -W error::DeprecationWarning manage.py makemigrations --check --dry-run
	$(BIN)/pytest
	$(ON_POSTGRES) $(BIN)/pytest $(ROWS)

test-postgres: .venv/all.stamp ## every test of the site that has to do with rows, on a real PostgreSQL
	$(ON_POSTGRES) $(BIN)/pytest tests/aifashion tests/patterns tests/tryon tests/test_access.py

audit: .venv/all.stamp ## bandit on our code, pip-audit on the locked packages
	$(BIN)/bandit -q -c pyproject.toml -r aifashion deploy ml patterns tryon manage.py
	$(BIN)/python deploy/audit.py

lock: .venv/all.stamp ## requirements-web.lock anew from requirements-web.txt, every package by hash
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header requirements-web.txt -o requirements-web.lock

messages: .venv/all.stamp ## take the words of code and pages into locale/, and compile what is translated (needs Debian's gettext; running the site does not)
	$(BIN)/python manage.py makemessages --all --no-location --no-wrap --no-obsolete --ignore=.venv --ignore=runs --ignore=tests
	$(BIN)/python manage.py compilemessages --ignore=.venv

fuzz: .venv/all.stamp ## ten thousand broken, hostile and odd uploads against the real site (COUNT=, SEED=)
	$(BIN)/python -m tests.tryon.fuzz_uploads --seed $(or $(SEED),1) --count $(or $(COUNT),10000)

load: .venv/all.stamp ## 50 people at once for five minutes (OPTIONS="--seconds 30 --people 10", --write keeps the figures)
	$(BIN)/python -m tests.load.run $(OPTIONS)

bench: .venv/all.stamp ## speed of each stage beside the first generation's way, as ratios
	$(BIN)/python -m ml.bench

train-textiles: .venv/all.stamp ## base and twelve generators from ../shared/data, resumable; ends with the bundle, measured
	$(BIN)/python -m ml.textiles.pipeline --out $(RUN_DIR)/textiles
	$(BIN)/python -m ml.textiles.evaluate

train-garments: .venv/all.stamp ## the garment U-Net from ../shared/data and then from its own labels, resumable; ends with the bundle
	$(BIN)/python -m ml.garments.train --out $(RUN_DIR)/garments/first --resume
	$(BIN)/python -m ml.garments.pseudo --model $(RUN_DIR)/garments/first/model.safetensors --out $(RUN_DIR)/garments/labels
	$(BIN)/python -m ml.garments.train --out $(RUN_DIR)/garments/second --resume --recipe second \
		--start $(RUN_DIR)/garments/first/model.safetensors --pseudo $(RUN_DIR)/garments/labels
	$(BIN)/python -m ml.garments.export $(RUN_DIR)/garments/second

train-cloth: .venv/all.stamp ## garments of many cuts (needs Blender), and the net that learns from them how cloth lies; ends with the bundle
	$(BIN)/python -m wardrobe.lessons --out $(RUN_DIR)/wardrobe/lessons --count 240
	$(BIN)/python -m ml.cloth.train --lessons $(RUN_DIR)/wardrobe/lessons --out $(RUN_DIR)/cloth/first --resume
	$(BIN)/python -m ml.cloth.export $(RUN_DIR)/cloth/first

eval-textiles: .venv/all.stamp ## measure the bundled generators; writes the figures into their card
	$(BIN)/python -m ml.textiles.evaluate

eval-garments: .venv/all.stamp ## measure the bundled garment net on the validation photos
	$(BIN)/python -m ml.garments.evaluate

wardrobe: .venv/all.stamp ## sew and render the stock garments again (needs Blender); NAMES="tshirt" for some
	$(BIN)/python -m wardrobe.make $(NAMES)

bench-drape: .venv/all.stamp ## how near each way to drape comes to renders in known patterns; writes docs/bench-drape.md
	$(BIN)/python -m ml.compositing.bench_drape --write

rehearse-docker: .venv/all.stamp ## the Dockerfile's steps in a clean folder, without any engine; then the site as it would start (minutes)
	$(BIN)/hadolint Dockerfile
	$(BIN)/python -m tests.deploy.rehearse web

check-docker: ## build and start the web image without a Docker engine (root; buildah, debootstrap; minutes; OPTIONS="..." for the build)
	deploy/check_dockerfile.sh $(OPTIONS)

clean: ## remove what can be made again (not your photos, results or training runs)
	rm -rf .mypy_cache .ruff_cache .pytest_cache staticfiles
