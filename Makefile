# Everything one does here. `make` alone tells.

SHELL := bash
.DEFAULT_GOAL := help
BUILT := $(or $(CARGO_TARGET_DIR),target)

.PHONY: help demo test bench prove shots release fmt lint web

help: ## this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: ## Tegata with two sandbox providers on http://localhost:8080 (ARGS=--once: only the report)
	@scripts/bootstrap demo
	@scripts/web build
	cargo build --bin tegata
	$(BUILT)/debug/tegata demo $(ARGS)

test: ## all tests, lints and stories; installs the servers they need (Debian, as root)
	@scripts/test $(ARGS)

bench: ## the figures of docs/operating/figures.md
	@scripts/web build
	scripts/with-postgres cargo bench --workspace --bench '*' $(ARGS)
	rm -f $(BUILT)/catalogue.md
	TEGATA_FIGURES=$(BUILT)/catalogue.md cargo test --package server --test catalogue
	scripts/figures

prove: ## the long proofs: kill tests (into figures.md), ignored tests too, and many more random cases
	@scripts/bootstrap test
	@scripts/web build
	scripts/prove
	TEGATA_STRICT=1 PROPTEST_CASES=$${PROPTEST_CASES:-20000} \
		scripts/with-postgres cargo nextest run --workspace --run-ignored all --no-fail-fast -E 'not binary(prove)' $(ARGS)

shots: ## pictures of the screens, into shots/
	@scripts/bootstrap test
	@scripts/web build
	cargo build --bin tegata
	TEGATA_SHOTS=$(CURDIR)/shots scripts/stories $(BUILT)/debug/tegata $(ARGS)

release: ## target/release/tegata with the web application inside
	@scripts/bootstrap demo
	@scripts/web build
	cargo build --release --locked --bin tegata
	@ls -lh $(BUILT)/release/tegata

fmt: ## format everything
	cargo fmt --all
	cd web && npm run --silent format

lint: ## format, clippy, types, without tests
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cd web && npm run --silent lint && npm run --silent check

web: ## web/dist
	@scripts/web build
