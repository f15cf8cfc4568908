# Two commands for newcomers: `make up` and `make test`. Everything they need, they install themselves.
SHELL := bash
TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
BIN := $(TARGET)/release
TOOLS := $(or $(SERVICEFUL_TOOLS),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/serviceful)
GUESTS := $(TARGET)/guests
PREFIX := /usr/local
LIB := $(PREFIX)/lib/serviceful
export SERVICEFUL_GUESTS := $(GUESTS)
export SERVICEFUL_JS_PACKAGES := $(TARGET)/js-packages
export SERVICEFUL_BROWSER := $(TARGET)/browser
export SERVICEFUL_OAUTH_CLIENT := $(TARGET)/oauth-client
export SERVICEFUL_SCHEMATHESIS := $(TARGET)/schemathesis

.PHONY: help setup build js-engine js-packages browser oauth-client schemathesis guests up install test check bench bench-js clean-data

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## Install what is missing on this machine
	@scripts/setup.sh

build: setup js-engine ## Build the executables
	cargo build --release --locked --workspace --bins

js-engine: setup ## Build the JavaScript engine from source, beside the executables
	@scripts/build-js-engine.sh "$(BIN)/js-engine.wasm"

js-packages: setup ## Install the npm packages that are tried in the engine
	@scripts/install-js-packages.sh

browser: setup ## Provide the Chromium that the pages are tried in
	@scripts/install-browser.sh

oauth-client: setup ## Install the OAuth client that the token endpoint is tried with
	@scripts/install-oauth-client.sh

schemathesis: setup ## Install what makes requests out of the description of the API
	@scripts/install-schemathesis.sh

guests: setup ## Build the examples and the test guests from source
	@scripts/build-guests.sh "$(GUESTS)"

up: build ## Build everything and start the platform with an example app
	@exec "$(BIN)/serviceful" up examples/bob

# The engine and the bundler are found beside the executable that starts them. It builds nothing: root has no need of a compiler.
install: ## Install what `make build` built below PREFIX (/usr/local), and DESTDIR before it
	@test -x "$(BIN)/serviceful" || { echo "there is nothing to install; run \`make build\` first" >&2; exit 1; }
	install -d "$(DESTDIR)$(LIB)" "$(DESTDIR)$(PREFIX)/bin"
	install -s -m 0755 "$(BIN)/serviceful" "$(BIN)/serviceful-engine" "$(BIN)/serviceful-bundle" "$(DESTDIR)$(LIB)"
	install -m 0644 "$(BIN)/js-engine.wasm" "$(DESTDIR)$(LIB)"
	ln -sfn ../lib/serviceful/serviceful "$(DESTDIR)$(PREFIX)/bin/serviceful"

test: setup guests js-engine js-packages browser oauth-client schemathesis ## Run every test
	@scripts/test.sh

check: setup ## Format, lints, and the rules of the house
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --release --locked -- -D warnings
	cargo test --release --locked -p xtask
	@if command -v cargo-deny >/dev/null; then cargo deny check; else echo "cargo-deny is not installed: its rules were checked by xtask, advisories were not"; fi

bench: build guests ## Compare with peers (installs them), write target/bench/request.json
	@scripts/bench.sh request

bench-js: build guests ## Compare functions in JavaScript with workerd and node, write target/bench/js.json
	@scripts/bench.sh js
