# Thin: everything is in CMakeLists.txt, CMakePresets.json and tools/. PRESET chooses the build, JOBS how many compilers run at once.
PRESET ?= release
FUZZ_SECONDS ?= 20
PREFIX ?= /usr/local
BUILD = build/$(PRESET:ci=release)
# Progress for people, silence for logs.
NINJA = ninja $(if $(JOBS),-j$(JOBS)) $(if $(MAKE_TERMOUT),,--quiet) -C

.PHONY: help run build test check format fuzz bench coverage install clean
.DEFAULT_GOAL := help

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 16

run: build ## install what is missing, build, start the demo and say what to try
	@exec $(BUILD)/weir demo

build: ## install what is missing, build the weir program
	@tools/setup build
	@cmake --preset $(PRESET) >/dev/null
	@$(NINJA) $(BUILD) weir

test: ## unit, simulation and play tests; the last line is 'N passed, N failed'
	@tools/setup test
	@tools/setup_node
	@cmake --preset $(PRESET) >/dev/null
	@$(NINJA) $(BUILD) weir tests benches
	@tools/run_tests $(BUILD)

check: ## the house plan (tools/tidy), format, clang-tidy
	@tools/setup check
	@cmake --preset $(PRESET) >/dev/null
	@tools/check $(BUILD)

format: ## put every source in the order of .clang-format
	@tools/setup check
	@tools/format

fuzz: ## every fuzz target for FUZZ_SECONDS (20)
	@tools/setup fuzz
	@cmake --preset fuzz >/dev/null
	@$(NINJA) build/fuzz fuzzers
	@tools/run_fuzz build/fuzz $(FUZZ_SECONDS)

bench: ## speed, memory and system calls beside nginx and HAProxy
	@tools/setup bench
	@cmake --preset $(PRESET) >/dev/null
	@$(NINJA) $(BUILD) weir benches
	@if [ -x bench/run ]; then exec bench/run $(BUILD); else echo "bench/run is missing" >&2; exit 1; fi

coverage: ## unit and simulation tests, then lines covered, in build/coverage/html
	@tools/setup test fuzz
	@cmake --preset coverage >/dev/null
	@$(NINJA) build/coverage weir tests
	@tools/run_coverage build/coverage

install: ## to PREFIX (/usr/local), below DESTDIR when set
	@tools/setup build
	@cmake --preset $(PRESET) -DCMAKE_INSTALL_PREFIX=$(PREFIX) >/dev/null
	@$(NINJA) $(BUILD) weir
	@cmake --install $(BUILD)

clean: ## remove every build
	rm -rf build
