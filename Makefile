# SPDX-License-Identifier: Apache-2.0
PREFIX ?= /usr/local
DESTDIR ?=

# What every build is checked with, and how the binary that is handed on is linked: the Swift runtime,
# libbpf, libelf and zlib inside, no symbols. Debug builds go to .build/debug and are left alone by this.
CHECKED := --explicit-target-dependency-import-check error
RELEASE := -c release $(CHECKED) --static-swift-stdlib --disable-local-rpath -Xlinker -s -Xlinker --gc-sections

.DEFAULT_GOAL := help
.PHONY: help setup build man demo test test-kernels test-cpython lint bench install uninstall clean

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what is needed to build and test (apt; does nothing when all is there)
	@scripts/setup

build: setup ## Build the binary, .build/release/honeyguide
	scripts/swift build $(RELEASE) --product honeyguide
	@scripts/check-linkage .build/release/honeyguide

# The generator first: SwiftPM builds what both share anew for the product that comes second.
man: setup ## Make the man pages, in .build/man
	scripts/swift build $(RELEASE) --product generate-manual
	@$(MAKE) --no-print-directory build
	@scripts/man .build/man

demo: build ## Inspect a wrapper round Ansible: Examples/ansible-wrapper
	@scripts/demo

test: setup ## Run every test (as root, or with sudo's help, also those that need the kernel)
	scripts/swift test --disable-xctest $(CHECKED)

test-kernels: build ## Compare with strace on Linux 6.1 and 6.12 in QEMU (minutes; table in docs/kernels.md)
	@scripts/test-kernels --record

test-cpython: build ## Run CPython's tests under Honeyguide, in each Python (an hour; table in docs/cpython.md)
	@scripts/test-cpython --record

lint: man ## Check format, licences, scripts, documents and man pages
	@scripts/lint

bench: build ## Measure what inspection costs, beside strace, libbpf-tools and bpftrace
	@Benchmarks/run

install: ## Install binary, man pages and documents below PREFIX (/usr/local), with DESTDIR before it
	@scripts/install "$(PREFIX)" "$(DESTDIR)"

uninstall: ## Remove what install put there, with the same PREFIX and DESTDIR
	@scripts/uninstall "$(PREFIX)" "$(DESTDIR)"

clean: ## Remove everything that was made
	rm -rf .build Examples/ansible-wrapper/state
