# sipcodes: make run, make test, make check, make install; the rest of the targets is in CONTRIBUTING.md.

PREFIX  ?= /usr/local
BUILD   := build
FLAVOUR ?= release

# What Debian and Ubuntu call what this needs; make run and make test install what is missing.
BUILD_PACKAGES := gcc libc6-dev pkg-config libmicrohttpd-dev libjansson-dev libsqlite3-dev libstemmer-dev libdeflate-dev
TEST_PACKAGES  := libcmocka-dev
CHECK_PACKAGES := clang-format clang-tidy valgrind shellcheck codespell jq curl openssl
BENCH_PACKAGES := wrk nginx-light haproxy

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wundef -Werror
CFLAGS_release  := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
LDFLAGS_release := -pie -Wl,-z,relro,-z,now
CFLAGS_fuzz     := -O2 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
LDFLAGS_fuzz    := -fsanitize=address,undefined
CFLAGS_san      := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
LDFLAGS_san     := -fsanitize=address,undefined

OBJ      := $(BUILD)/$(FLAVOUR)
ALL_CFLAGS = -std=c11 -I. -D_GNU_SOURCE $(WARNINGS) $(CFLAGS_$(FLAVOUR)) $(CPPFLAGS) $(CFLAGS)
LIBS      = $(shell pkg-config --libs libmicrohttpd jansson sqlite3 libdeflate) -lstemmer -lm -pthread

EMBEDDED := $(sort $(wildcard db/schema/*.json migrations/*.sql openapi/openapi.json))
# With the folders, so that a file that went away is noticed too.
CONTENT   = $(shell find db/content -name '*.json' -o -type d)
SOURCES  := $(wildcard db/*.c trace/*.c service/*/*.c) $(filter-out service/main.c,$(wildcard service/*.c))
OBJECTS  := $(SOURCES:%.c=$(OBJ)/%.o) $(OBJ)/embedded.o

TESTS    := $(wildcard tests/test_*.c)
TEST_BINS = $(TESTS:%.c=$(OBJ)/%)
BENCH     = $(BUILD)/sipcodes $(BUILD)/sipcodes.db $(patsubst %.c,$(OBJ)/%,$(wildcard bench/*.c))
TEST_HELP = $(patsubst %.c,$(OBJ)/%.o,$(filter-out $(TESTS),$(wildcard tests/*.c)))

Q := $(if $(V),,@)

.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
.PHONY: FORCE all run test test-flavour test-once test-valgrind check check-budget budget check-mcp fuzz bench bench-growth lint install uninstall clean golden packages-build packages-test packages-check packages-bench

all: packages-build
	@$(MAKE) --no-print-directory $(BUILD)/sipcodes $(BUILD)/sipcodes.db

# Starts the service on 127.0.0.1:8080.
run: all
	$(BUILD)/sipcodes serve --db $(BUILD)/sipcodes.db

# ---- the program and the knowledge base ----

$(BUILD)/sipcodes: $(BUILD)/release/sipcodes
	$(Q)cp $< $@.new && mv $@.new $@

$(OBJ)/sipcodes: $(OBJ)/service/main.o $(OBJECTS)
	@echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS_$(FLAVOUR)) $(LDFLAGS) -o $@ $^ $(LIBS)

$(OBJ)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $@"
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Where the installed program looks for its knowledge base: made anew when PREFIX is another one.
$(OBJ)/service/main.o: CPPFLAGS += -DSIPCODES_DB='"$(PREFIX)/share/sipcodes/sipcodes.db"'
$(OBJ)/service/main.o: $(OBJ)/prefix
$(OBJ)/prefix: FORCE
	@mkdir -p $(@D)
	@echo '$(PREFIX)' | cmp -s - $@ || echo '$(PREFIX)' >$@
FORCE:

$(OBJ)/embedded.S: tools/embed.sh $(EMBEDDED) db/schema migrations
	@mkdir -p $(@D)
	$(Q)tools/embed.sh $(EMBEDDED) >$@.new && mv $@.new $@

$(OBJ)/embedded.o: $(OBJ)/embedded.S $(EMBEDDED)
	$(Q)$(CC) -c -o $@ $<

$(BUILD)/sipcodes.db: $(BUILD)/release/sipcodes $(CONTENT)
	$(Q)rm -f $@.new
	$(Q)$< import --db $@.new db/content >$(BUILD)/import.log && mv $@.new $@

ifneq ($(FLAVOUR),release)
$(BUILD)/release/sipcodes: FORCE
	@$(MAKE) --no-print-directory FLAVOUR=release $@
endif

-include $(OBJECTS:.o=.d) $(OBJ)/service/main.d $(TEST_BINS:=.d) $(TEST_HELP:.o=.d) $(wildcard $(OBJ)/bench/*.d)

# ---- tests ----

# The tests as a user runs them; the last line counts them all.
test: packages-test
	@$(MAKE) --no-print-directory test-flavour

test-flavour: $(BUILD)/sipcodes.db $(OBJ)/sipcodes $(TEST_BINS)
	$(Q)SIPCODES=$(OBJ)/sipcodes tools/run-tests.sh $(OBJ)/passed $(TEST_BINS)

# The same, unless they passed and nothing has changed since; then it shows again what they said.
test-once: $(BUILD)/sipcodes.db $(OBJ)/sipcodes $(TEST_BINS)
	$(Q)if [ -f $(OBJ)/passed ] && [ -z "$$(find $(BUILD)/sipcodes.db $(OBJ)/sipcodes $(TEST_BINS) tests -newer $(OBJ)/passed -print -quit)" ]; \
		then cat $(OBJ)/passed; else $(MAKE) --no-print-directory test-flavour; fi

$(OBJ)/tests/test_%: $(OBJ)/tests/test_%.o $(TEST_HELP) $(OBJECTS)
	@echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS_$(FLAVOUR)) $(LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

# Everything that CI asks: lint, the tests plain and sanitized and under valgrind, and what requests cost.
check: packages-test packages-check
	@$(MAKE) --no-print-directory lint
	@tools/lint-openapi.sh
	@$(MAKE) --no-print-directory test-once
	@$(MAKE) --no-print-directory test-flavour FLAVOUR=san
	@$(MAKE) --no-print-directory test-valgrind
	@$(MAKE) --no-print-directory check-budget
	@tools/readme.sh $(BUILD)/release/sipcodes $(BUILD)/sipcodes.db
	@$(MAKE) --no-print-directory check-mcp

# /mcp against the protocol's own client, inspector and conformance scenarios.
check-mcp: packages-check $(BUILD)/release/sipcodes $(BUILD)/sipcodes.db
	@tools/check-mcp.sh $(BUILD)/release/sipcodes $(BUILD)/sipcodes.db

# The program itself: an import, and a server that has answered one request of each kind.
test-valgrind: $(BUILD)/sipcodes.db $(BUILD)/release/sipcodes
	$(Q)tools/valgrind.sh $(BUILD)/release/sipcodes $(BUILD)/sipcodes.db

# What each kind of request costs, in instructions, against tests/budget.tsv: more than 5 % over it fails.
check-budget: packages-check $(BUILD)/sipcodes.db $(BUILD)/release/sipcodes
	$(Q)tools/budget.sh $(BUILD)/release/sipcodes $(BUILD)/sipcodes.db

# Records what they cost now as the budgets.
budget: packages-check $(BUILD)/sipcodes.db $(BUILD)/release/sipcodes
	$(Q)tools/budget.sh --write $(BUILD)/release/sipcodes $(BUILD)/sipcodes.db

# Writes the bodies that the tests and README.md show anew; read the difference before you commit it.
golden: packages-check $(BUILD)/sipcodes.db $(OBJ)/sipcodes $(OBJ)/tests/test_golden
	SIPCODES=$(OBJ)/sipcodes GOLDEN_WRITE=1 $(OBJ)/tests/test_golden
	tools/readme.sh --write $(OBJ)/sipcodes $(BUILD)/sipcodes.db

# Feeds /explain with what libFuzzer makes of the sample traces: FUZZ_RUNS inputs in FUZZ_JOBS processes.
FUZZ_RUNS ?= 10000000
FUZZ_JOBS ?= 2
fuzz: packages-test $(BUILD)/sipcodes.db
	@tools/packages.sh clang libclang-rt-14-dev
	@$(MAKE) --no-print-directory FLAVOUR=fuzz CC=clang $(BUILD)/fuzz/explain
	$(Q)tools/fuzz.sh $(BUILD)/fuzz/explain $(FUZZ_RUNS) $(FUZZ_JOBS)

$(BUILD)/fuzz/explain: $(OBJ)/tests/fuzz/explain.o $(OBJECTS)
	@echo "  LINK  $@"
	$(Q)$(CC) -fsanitize=fuzzer,address,undefined -o $@ $^ $(LIBS)

# The service beside its peers, and docs/performance.md with the figures; ten minutes. BENCH_ONLY=hot for a part, BENCH_ROUNDS=1 for less.
bench: packages-bench
	@$(MAKE) --no-print-directory $(BENCH) $(BUILD)/npm-bench/installed
	$(Q)taskset -c 1 node bench/bench.mjs $(BUILD)

# The same service with GROW times the texts.
GROW ?= 100
bench-growth: packages-bench
	@$(MAKE) --no-print-directory $(BENCH)
	$(Q)BENCH_ONLY=growth GROW=$(GROW) taskset -c 1 node bench/bench.mjs $(BUILD)

$(OBJ)/bench/%: $(OBJ)/bench/%.o
	@echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS_$(FLAVOUR)) $(LDFLAGS) -o $@ $^ $(LIBS)

# The peers that npm has; without them the others are measured.
$(BUILD)/npm-bench/installed: bench/package.json bench/peers.sh
	$(Q)bench/peers.sh $(@D)

lint: $(BUILD)/release/sipcodes
	$(Q)SIPCODES=$< tools/lint.sh

# ---- installation ----

install: all
	install -D -m 755 $(BUILD)/sipcodes $(DESTDIR)$(PREFIX)/bin/sipcodes
	install -D -m 644 $(BUILD)/sipcodes.db $(DESTDIR)$(PREFIX)/share/sipcodes/sipcodes.db
	install -D -m 644 docs/sipcodes.1 $(DESTDIR)$(PREFIX)/share/man/man1/sipcodes.1

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/sipcodes $(DESTDIR)$(PREFIX)/share/man/man1/sipcodes.1
	rm -rf $(DESTDIR)$(PREFIX)/share/sipcodes

clean:
	rm -rf $(BUILD)

packages-build:
	@tools/packages.sh $(BUILD_PACKAGES)
packages-test:
	@tools/packages.sh $(BUILD_PACKAGES) $(TEST_PACKAGES)
packages-check:
	@tools/packages.sh $(CHECK_PACKAGES)
packages-bench: packages-build
	@tools/packages.sh $(BENCH_PACKAGES)
	@command -v node >/dev/null && command -v npm >/dev/null || tools/packages.sh nodejs npm
