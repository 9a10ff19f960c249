# clipvault: one Makefile for everything, not recursive. `make help` lists what it can do.
#
#   build/release/   what `make` builds
#   build/hooks/     TEST_CLOCK=1: with test hooks, never shipped
#   build/…-san-…/   SAN=address,undefined or SAN=thread, with or without TEST_CLOCK=1
#   build/…-memcheck/   MEMCHECK=1: for valgrind; build/threads/, build/memcheck/: what tests/inspect/*.sh run
#   build/hooks-cage-…/  the worker with one layer of its cage left, for tests/attack/cage.sh
#   build/fuzz/, build/…-cov/
#   build/manual/   pages of the manual and completion; build/placed/: the program as `make install` installs it; build/deb/: the package
#
# Each of these is a variant: the same rules with other flags, made by another run of this Makefile.
# Two lists decide what is in a program: the folders it takes, and what it links directly (`make lint` checks both).

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDEXPANSION:
MAKEFLAGS += --no-builtin-rules

comma   := ,
CC      ?= cc
VARIANT := $(if $(TEST_CLOCK),hooks,release)$(if $(SAN),-san-$(subst $(comma),-,$(SAN)))$(if $(MEMCHECK),-memcheck)$(if $(COVERAGE),-cov)
OUT     := build/$(VARIANT)

# ---- flags -----------------------------------------------------------------------------------------------------
# $(call once,NAME,value): NAME is worked out at its first use and then kept, so that `make help` and, on a bare machine,
# `make deps` ask neither compiler nor pkg-config.
once = $(eval $(1) := $(2))$($(1))

# A hardening flag is used where the compiler knows it.
probe    = $(shell echo 'int main(void){return 0;}' | $(CC) -Werror $(1) -x c - -o /dev/null 2>/dev/null && echo '$(1)')
HARDEN   = $(call once,HARDEN,$(foreach f,-fstack-protector-strong -fstack-clash-protection -fcf-protection=full \
             -ftrivial-auto-var-init=zero -fzero-call-used-regs=used-gpr -fno-strict-overflow -fno-delete-null-pointer-checks,$(call probe,$(f))))
HIDING  := -ftrivial-auto-var-init=zero # valgrind would take what the compiler fills for written
FORTIFY  = $(call once,FORTIFY,$(if $(SAN)$(COVERAGE)$(MEMCHECK),,-U_FORTIFY_SOURCE $(or $(call probe,-D_FORTIFY_SOURCE=3 -O2),-D_FORTIFY_SOURCE=2)))
LINKHARD = $(call once,LINKHARD,$(foreach f,-Wl$(comma)-z$(comma)relro -Wl$(comma)-z$(comma)now -Wl$(comma)-z$(comma)noexecstack \
             -Wl$(comma)--as-needed,$(call probe,$(f))))

WARN := -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wformat=2 -Wundef \
        -Wimplicit-fallthrough -Wpointer-arith -Werror=implicit-function-declaration -Werror=incompatible-pointer-types
# Undefined behaviour ends the program that shows it; a finding nobody has to look at is no finding.
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer $(if $(findstring undefined,$(SAN)),-fno-sanitize-recover=undefined))
VARFLAGS := $(if $(SAN),-DCLIPVAULT_SANITIZED) $(if $(TEST_CLOCK),-DCLIPVAULT_TEST_HOOKS) $(if $(COVERAGE),--coverage) \
            $(if $(FUZZ),-fsanitize=fuzzer-no-link) $(if $(WERROR),-Werror)

# -O1 halves the time that a sanitizer adds to compiling (and warns of texts that cannot be as long as it thinks).
CFLAGS  ?= $(or $(if $(COVERAGE),-O0),$(if $(SAN)$(MEMCHECK),$(if $(FUZZ),,-O1 -Wno-format-truncation)),-O2) -g
override CFLAGS  += -std=gnu2x -D_GNU_SOURCE -I. -fPIE $(WARN) $(if $(MEMCHECK),$(filter-out $(HIDING),$(HARDEN)),$(HARDEN)) \
                    $(FORTIFY) $(SANFLAGS) $(VARFLAGS)
override LDFLAGS += -pie $(LINKHARD) $(SANFLAGS) $(if $(COVERAGE),--coverage)

# ---- what each program is made of, and what it links directly ---------------------------------------------------
BASE_SRC   := $(wildcard vault/base/*.c)
CORE_SRC   := $(filter-out vault/main.c,$(wildcard keys/*.c vault/*.c ingest/*.c player-bridge/*.c))
WORKER_SRC := $(filter-out %/main.c,$(wildcard ingest/worker/*.c))
# The wire form is the one thing the worker shares with ingest/.
WIRE_SRC   := $(wildcard ingest/wire.c ingest/wire_marks.c)
# The bridge shares its wire form with player-bridge/, and reads sealed objects: with the part of the container that needs no
# vault key.
BRIDGE_SRC := $(filter-out %/main.c,$(wildcard player-bridge/http/*.c)) $(wildcard player-bridge/wire_*.c) \
              vault/container_cipher.c vault/container_reader.c
# And it carries the web application (player-bridge/web/), which is packed once for all variants.
WEB     := $(shell find player-bridge/web -type f)
WEB_SRC := build/web/files.c

CLIPVAULT_LIBS = $(call once,CLIPVAULT_LIBS,$(shell pkg-config --libs libsodium sqlite3 libcrypto tss2-esys tss2-tctildr tss2-mu) -lpthread)
WORKER_LIBS    = $(call once,WORKER_LIBS,$(shell pkg-config --libs libavformat libavcodec libavfilter libavutil \
                   libheif libseccomp libsodium) -lmagic -lpthread -lm)
BRIDGE_LIBS    = $(call once,BRIDGE_LIBS,$(shell pkg-config --libs libmicrohttpd jansson libsodium libcrypto libseccomp) -lpthread)
CMOCKA_LIBS    = $(call once,CMOCKA_LIBS,$(shell pkg-config --libs cmocka))

objects     = $(patsubst %.c,$(OUT)/obj/%.o,$(1))
BASE_LIB   := $(OUT)/base.a
CORE_LIB   := $(OUT)/core.a
WORKER_LIB := $(OUT)/worker.a
BRIDGE_LIB := $(OUT)/bridge.a
PROGRAMS   := $(OUT)/clipvault $(OUT)/clipvault-transcode $(OUT)/clipvault-bridge

.PHONY: all
all: $(PROGRAMS) ## build the programs into build/release

# ---- compiling and linking ---------------------------------------------------------------------------------------
$(BASE_LIB): $(call objects,$(BASE_SRC))
$(CORE_LIB): $(call objects,$(CORE_SRC))
$(WORKER_LIB): $(call objects,$(WORKER_SRC) $(WIRE_SRC))
$(BRIDGE_LIB): $(call objects,$(BRIDGE_SRC) $(WEB_SRC))
%.a: # made anew, so that a source that went away is gone
	@rm -f $@
	@$(AR) rcs $@ $^

# Says in a word what is done; `make V=1` shows the commands.
say  = $(if $(V),,@printf '  %-4s %s\n' $(1) $(2);)
link = $(call say,LINK,$@)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

$(OUT)/clipvault: $(call objects,vault/main.c) $(CORE_LIB) $(BASE_LIB)
	$(link) $(CLIPVAULT_LIBS)

$(OUT)/clipvault-transcode: $(call objects,ingest/worker/main.c) $(WORKER_LIB) $(BASE_LIB)
	$(link) $(WORKER_LIBS)

$(OUT)/clipvault-bridge: $(call objects,player-bridge/http/main.c) $(BRIDGE_LIB) $(BASE_LIB)
	$(link) $(BRIDGE_LIBS)

$(OUT)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

$(OUT)/obj/vault/index.o: $(wildcard vault/schema*.sql) # which it carries
$(OUT)/obj/player-bridge/http/document.o: player-bridge/openapi.json # likewise
$(OUT)/obj/vault/tags.o: vault/tags.conf
$(OUT)/obj/vault/paper.o: $(wildcard vault/papers/*.md)
# What `clipvault version` says, where a package says so.
$(OUT)/obj/vault/cmd_version.o: override CFLAGS += $(if $(CLIPVAULT_VERSION),-DCLIPVAULT_VERSION='"$(CLIPVAULT_VERSION)"')
# Neither valgrind nor what ThreadSanitizer needs to tell where it is fits into a cage.
$(OUT)/obj/vault/base/sandbox.o: override CFLAGS += $(if $(MEMCHECK)$(filter thread,$(SAN)),-DCLIPVAULT_CAGE_ONLY=SANDBOX_NONE)
$(OUT)/obj/tests/%.o: override CFLAGS += -Wno-write-strings # their tables of command lines are literals

$(WEB_SRC): $(WEB) tests/npm.tsv
	$(call say,PACK,$@)player-bridge/web/pack.sh $(@D)

-include $(shell find $(OUT)/obj -name '*.d' 2>/dev/null)

PLACED := build/placed

# ---- tests -------------------------------------------------------------------------------------------------------
# Unit tests are tests/unit/test_*.c. One that is called test_worker_… links what the worker links, test_bridge_… what the bridge
# links, any other what clipvault links: so a test cannot use what its subject may not.
UNIT        := $(patsubst tests/unit/%.c,$(OUT)/tests/%,$(wildcard tests/unit/test_*.c))
UNIT_WORKER := $(filter $(OUT)/tests/test_worker_%,$(UNIT))
UNIT_BRIDGE := $(filter $(OUT)/tests/test_bridge_%,$(UNIT))

$(UNIT_WORKER): $(OUT)/tests/%: $(OUT)/obj/tests/unit/%.o $(WORKER_LIB) $(BASE_LIB)
	@mkdir -p $(@D)
	$(link) $(WORKER_LIBS) $(CMOCKA_LIBS)
$(UNIT_BRIDGE): $(OUT)/tests/%: $(OUT)/obj/tests/unit/%.o $(BRIDGE_LIB) $(BASE_LIB)
	@mkdir -p $(@D)
	$(link) $(BRIDGE_LIBS) $(CMOCKA_LIBS)
$(filter-out $(UNIT_WORKER) $(UNIT_BRIDGE),$(UNIT)): $(OUT)/tests/%: $(OUT)/obj/tests/unit/%.o $(CORE_LIB) $(BASE_LIB)
	@mkdir -p $(@D)
	$(link) $(CLIPVAULT_LIBS) $(CMOCKA_LIBS)

# Programs that scripts use, tests/flow/X.c and tests/attack/X.c, link what clipvault links and lie beside the unit tests.
# One that is called cage_… tries the cage and links what the worker links.
TOOLS := $(foreach kind,flow attack fault,$(patsubst tests/$(kind)/%.c,$(OUT)/tests/%,$(wildcard tests/$(kind)/*.c)))
CAGED := $(filter $(OUT)/tests/cage_%,$(TOOLS))
$(CAGED): $(OUT)/tests/%: $(OUT)/obj/tests/attack/%.o $(BASE_LIB)
	@mkdir -p $(@D)
	$(link) $(WORKER_LIBS)
$(filter-out $(CAGED),$(TOOLS)): $(OUT)/tests/%: $$(call objects,$$(wildcard tests/flow/$$*.c tests/attack/$$*.c tests/fault/$$*.c)) $(CORE_LIB) $(BASE_LIB)
	@mkdir -p $(@D)
	$(link) $(CLIPVAULT_LIBS)

# The cage with one layer left, and with none, to show what each stops alone (tests/attack/cage.sh): build/hooks-cage-LAYER.
# Only the files that know the layers are made anew; whoever is linked first is taken, and the library's own is not.
CAGES     := none formats opens protocols nameless seccomp landlock limits
LAYER_SRC := vault/base/sandbox.c ingest/worker/input.c
ONLY_LAYER = -DCLIPVAULT_CAGE_ONLY=SANDBOX_$(shell echo $(1) | tr a-z A-Z)
define cage
$(OUT)-cage-$(1)/obj/%.o: %.c
	@mkdir -p $$(@D)
	$$(call say,CC,$$@)$$(CC) $$(CFLAGS) $$(call ONLY_LAYER,$(1)) -MMD -MP -c -o $$@ $$<
$(OUT)-cage-$(1)/clipvault-transcode: $(call objects,ingest/worker/main.c) $(LAYER_SRC:%.c=$(OUT)-cage-$(1)/obj/%.o) $(WORKER_LIB) $(BASE_LIB)
	$$(link) $$(WORKER_LIBS)
$(OUT)-cage-$(1)/cage_probe: $(call objects,tests/attack/cage_probe.c) $(OUT)-cage-$(1)/obj/vault/base/sandbox.o $(BASE_LIB)
	$$(link) $$(WORKER_LIBS)
endef
$(foreach layer,$(CAGES),$(eval $(call cage,$(layer))))
-include $(shell find $(OUT)-cage-* -name '*.d' 2>/dev/null)
CAGE_PROGRAMS := $(foreach layer,$(CAGES),$(OUT)-cage-$(layer)/clipvault-transcode $(OUT)-cage-$(layer)/cage_probe)

.PHONY: unit tested test torture soak demo cages
unit: $(UNIT) ## run the unit tests of one variant, as they are built
	@failed=0; for t in $(UNIT); do $$t || failed=1; done; exit $$failed

# For tests only, hence never of a release; sanitizers need a cage of another width.
cages: $(if $(TEST_CLOCK),$(if $(SAN)$(COVERAGE)$(MEMCHECK),,$(CAGE_PROGRAMS)))
tested: $(PROGRAMS) $(UNIT) $(TOOLS) cages $(if $(filter release,$(VARIANT)),manual $(PLACED)/clipvault)

# Both variants: the release must behave with the hooks gone, and stories that move the clock need them.
test: deps ## everything that must hold: unit tests, stories, attacks; the last line counts
	@$(MAKE) --no-print-directory tested
	@$(MAKE) --no-print-directory tested TEST_CLOCK=1
	@tests/run.sh

# TORTURE=50: of each kind of call so many, some minutes.
TORTURE ?= all
torture: deps ## every call of the main flows fails, and is killed at, once: hours; says how many were survived
	@$(MAKE) --no-print-directory tested TEST_CLOCK=1
	@CLIPVAULT_HOOKS=$(CURDIR)/build/hooks TORTURE=$(TORTURE) bash tests/fault/torture.sh

# SOAK_SECONDS=60: short. SEED=N: the same again.
soak: deps ## an hour of everything at once, by chance from a seed, the server ended and killed among it; held against plain rules
	@$(MAKE) --no-print-directory all
	@CLIPVAULT=$(CURDIR)/build/release bash tests/soak/soak.sh

demo: deps ## the main job, live: film in, sealed, seen, consent withdrawn, proven gone
	@$(MAKE) --no-print-directory all
	@CLIPVAULT=build/release tests/flow/demo.sh

# ---- checks ------------------------------------------------------------------------------------------------------
.PHONY: lint lint-selftest sanitize threads valgrind analyze fuzz coverage bench
lint: ## house rules and static analysis, each check by name
	@tests/deps.sh build test lint
	@$(MAKE) --no-print-directory all manual
	@$(MAKE) --no-print-directory all cages TEST_CLOCK=1
	@tests/lint/run.sh

lint-selftest: ## plant each fault that lint looks for, and see it found
	@tests/deps.sh build test lint
	@$(MAKE) --no-print-directory all manual
	@$(MAKE) --no-print-directory all cages TEST_CLOCK=1
	@tests/lint/selftest.sh

# Under sanitizers encoding takes several times as long. Stories that only send more films down the same path, that need the cage as
# it is shipped, or in which other people's programs do most of the work, are left to `make test`; ALL_STORIES=1 runs them here as well.
MANY_FILMS := flow/apparmor flow/completion flow/copied flow/derived flow/everything flow/exact flow/format flow/formats \
              flow/killed flow/limits flow/manifest flow/media flow/moments flow/obscured_killed flow/obscured_moments flow/roles \
              flow/sync flow/verifier attack/cage attack/memory attack/nonces attack/planted browser/* fault/* model/*
sanitize: deps ## unit tests and stories under AddressSanitizer and UBSan
	@$(MAKE) --no-print-directory tested SAN=address,undefined TEST_CLOCK=1
	@VARIANTS=hooks-san-address-undefined EXCEPT='$(if $(ALL_STORIES),,$(MANY_FILMS))' tests/run.sh

threads: deps ## the server and its bridge under ThreadSanitizer, through the stories that serve
	@$(MAKE) --no-print-directory all TEST_CLOCK=1
	@$(MAKE) --no-print-directory tested SAN=thread TEST_CLOCK=1
	@tests/inspect/threads.sh

valgrind: ## short stories and unit tests under valgrind's memcheck
	@tests/deps.sh build test memcheck
	@$(MAKE) --no-print-directory tested MEMCHECK=1 TEST_CLOCK=1
	@tests/inspect/memcheck.sh

analyze: ## gcc's and clang's analysers over what we ship
	@tests/deps.sh build analyze
	@tests/inspect/analyze.sh

# A fuzz target, tests/fuzz/fuzz_X.c, may use what FUZZED lists: parsers and what they stand on, no main file, of the bridge what is pure.
# Nothing else is built for it; whoever adds a target adds what the linker misses. FUZZ_SECONDS=0: only build.
FUZZED := $(BASE_SRC) $(wildcard keys/*.c ingest/worker*.c) $(patsubst %,ingest/%.c,marks place plan wire wire_marks) \
          $(patsubst %,ingest/worker/%.c,elements exif icc kind moov nal repair source structure units) \
          $(patsubst %,player-bridge/%.c,wire_link wire_message http/range http/route http/tus http/values) \
          $(wildcard vault/container_*.c) \
          $(patsubst %,vault/%.c,audit_checkpoint audit_open audit_outside audit_proof audit_tree command config consent interrupt json \
            note password plain purpose reply request shares statement_page statement_read statement_verify statement_words tags terminal)
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,$(OUT)/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_REPLAYS := $(patsubst $(OUT)/fuzz_%,$(OUT)/replay_%,$(FUZZ_TARGETS)) # the same without libFuzzer
$(OUT)/fuzzed.a: $(call objects,$(FUZZED))
SCARCE := -Wl$(comma)--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=abort,--wrap=LLVMFuzzerTestOneInput
$(FUZZ_TARGETS): $(OUT)/%: $(OUT)/obj/tests/fuzz/%.o $(OUT)/obj/tests/fuzz/scarce.o $(OUT)/fuzzed.a
	$(link) $(SCARCE) $(WRAPPED) -fsanitize=fuzzer $(CLIPVAULT_LIBS) $(WORKER_LIBS) $(BRIDGE_LIBS)
$(FUZZ_REPLAYS): $(OUT)/replay_%: $(OUT)/obj/tests/fuzz/fuzz_%.o $(OUT)/obj/tests/fuzz/replay.o $(OUT)/fuzzed.a
	$(link) $(WRAPPED) $(CLIPVAULT_LIBS) $(WORKER_LIBS) $(BRIDGE_LIBS)
$(OUT)/fuzz_tpm $(OUT)/replay_tpm: WRAPPED := -Wl$(comma)--wrap=tpm_open,--wrap=tpm_close,--wrap=tpm_encrypt # no TPM is asked
.PHONY: fuzz-targets fuzz-replays fuzz-coverage
fuzz-targets: $(FUZZ_TARGETS) $(OUT)/clipvault-transcode # which fuzz_media starts
fuzz-replays: $(filter-out %/replay_media,$(FUZZ_REPLAYS)) # whose lines are another process's, in a cage

FUZZ_SECONDS ?= 20
fuzz: ## build the fuzz targets and run each for FUZZ_SECONDS (20)
	@tests/deps.sh build fuzz
	@$(MAKE) --no-print-directory fuzz-targets CC=clang VARIANT=fuzz FUZZ=1 SAN=address,undefined
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run.sh

fuzz-coverage: deps ## which lines of each parser the fuzzers' inputs in the tree reach, held against floors
	@$(MAKE) --no-print-directory fuzz-replays VARIANT=fuzz-cov COVERAGE=1
	@tests/fuzz/coverage.sh build/fuzz-cov

# STORIES='flow/* attack/*': a second table, with what these reach beside the unit tests.
coverage: deps ## lines and branches that unit tests reach; fails where keys, container, policy have one that they do not
	@$(MAKE) --no-print-directory tested TEST_CLOCK=1 COVERAGE=1
	@$(if $(STORIES),$(MAKE) --no-print-directory all TEST_CLOCK=1)
	@tests/coverage.sh build/hooks-cov

# Programs that measure, tests/bench/bench_*.c, link what clipvault links.
BENCHES := $(patsubst tests/bench/%.c,$(OUT)/bench/%,$(wildcard tests/bench/bench_*.c))
$(BENCHES): $(OUT)/bench/%: $(OUT)/obj/tests/bench/%.o $(CORE_LIB) $(BASE_LIB)
	@mkdir -p $(@D)
	$(link) $(CLIPVAULT_LIBS)
.PHONY: benches
benches: $(BENCHES)
# BENCH=quick (about ten minutes on a quiet machine) or full (hours); tests/bench/run.sh says more.
BENCH ?= quick
bench: ## measure beside age, gocryptfs, nginx, ffmpeg, openssl, sqlite3; writes docs/benchmarks.md
	@tests/deps.sh build test bench
	@$(MAKE) --no-print-directory all benches
	@$(MAKE) --no-print-directory all TEST_CLOCK=1
	@BENCH=$(BENCH) tests/bench/run.sh

# ---- the manual, and completion in shells ---------------------------------------------------------------------------
# From the table of commands, like `clipvault help`: vault/manual/ writes them while building, and is not installed.
MANUAL     := build/manual
MANUAL_DAY := $(shell LC_ALL=C date -u $${SOURCE_DATE_EPOCH:+-d @$$SOURCE_DATE_EPOCH} '+%B %-d, %Y')
$(OUT)/manual: $(call objects,$(wildcard vault/manual/*.c)) $(CORE_LIB) $(BASE_LIB)
	$(link) $(CLIPVAULT_LIBS)
.PHONY: manual
manual: $(OUT)/manual ## pages of the manual and completion, into build/manual
	@rm -rf $(MANUAL)
	@$< $(MANUAL) '$(MANUAL_DAY)'

# ---- installing ----------------------------------------------------------------------------------------------------
# Full paths, below $(DESTDIR). The two confined programs are looked for in LIBEXECDIR and nowhere else (vault/base/program.h).
PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
LIBEXECDIR ?= $(PREFIX)/libexec/clipvault
DATADIR    ?= $(PREFIX)/share
DOCDIR     ?= $(DATADIR)/doc/clipvault
MANDIR     ?= $(DATADIR)/man
BASHDIR    ?= $(DATADIR)/bash-completion/completions
ZSHDIR     ?= $(DATADIR)/zsh/site-functions
UNITDIR    ?= $(PREFIX)/lib/systemd/system
# AppArmor reads /etc/apparmor.d, wherever we are; unless told so, nothing is put there.
APPARMORDIR ?= $(DATADIR)/clipvault/apparmor

# The program as it is installed: the one that was built but for one object, which is compiled with that folder in it.
$(PLACED)/folder: $(if $(filter $(LIBEXECDIR),$(file <$(PLACED)/folder)),,force)
	@mkdir -p $(@D)
	$(if $(filter /%,$(LIBEXECDIR)),,$(error LIBEXECDIR must be a full path, not "$(LIBEXECDIR)"))
	@printf '%s\n' '$(LIBEXECDIR)' >$@
$(PLACED)/program.o: vault/base/program.c $(PLACED)/folder
	$(call say,CC,$@)$(CC) $(CFLAGS) -DCLIPVAULT_LIBEXECDIR='"$(LIBEXECDIR)"' -c -o $@ $<
$(PLACED)/clipvault: $(call objects,vault/main.c) $(PLACED)/program.o $(CORE_LIB) $(BASE_LIB)
	$(link) $(CLIPVAULT_LIBS)
.PHONY: force
force:

UNITS    := $(wildcard player-bridge/systemd/*.service player-bridge/systemd/*.timer)
PROXIES  := $(wildcard player-bridge/proxy/*.conf)
CONFINED := $(filter-out $(OUT)/clipvault,$(PROGRAMS))
DOCS     := README.md CHANGELOG.md SECURITY.md $(wildcard docs/*.md)
.PHONY: deps install uninstall clean help
deps: ## install the packages that building and testing need (asks nothing)
	@tests/deps.sh build test

# What every installation has a folder of its own for; what lies in folders of others is named file by file (tests/lint/installed.sh).
install: all manual $(PLACED)/clipvault ## programs, manual, completion, units, papers, into $(DESTDIR)$(PREFIX)
	install -d $(addprefix $(DESTDIR),$(BINDIR) $(LIBEXECDIR) $(MANDIR)/man1 $(MANDIR)/man5 $(BASHDIR) $(ZSHDIR) $(UNITDIR) \
	  $(PREFIX)/lib/sysusers.d $(PREFIX)/lib/tmpfiles.d $(DATADIR)/clipvault/proxy $(APPARMORDIR) $(DOCDIR)/examples)
	install -m 755 -t $(DESTDIR)$(BINDIR) $(PLACED)/clipvault
	install -m 755 -t $(DESTDIR)$(LIBEXECDIR) $(CONFINED)
	install -m 644 -t $(DESTDIR)$(MANDIR)/man1 $(MANUAL)/man/*.1
	install -m 644 -t $(DESTDIR)$(MANDIR)/man5 $(MANUAL)/man/*.5
	install -m 644 $(MANUAL)/bash $(DESTDIR)$(BASHDIR)/clipvault
	install -m 644 $(MANUAL)/zsh $(DESTDIR)$(ZSHDIR)/_clipvault
	for unit in $(UNITS); do sed 's|@BINDIR@|$(BINDIR)|' $$unit >$(DESTDIR)$(UNITDIR)/$${unit##*/} || exit; done
	install -m 644 player-bridge/systemd/clipvault.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/clipvault.conf
	install -m 644 player-bridge/systemd/clipvault.tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/clipvault.conf
	install -m 644 -t $(DESTDIR)$(DATADIR)/clipvault/proxy $(PROXIES)
	install -m 755 -t $(DESTDIR)$(DATADIR)/clipvault keys/verifier/verify.mjs
	sed 's|@LIBEXECDIR@|$(LIBEXECDIR)|' player-bridge/apparmor/clipvault >$(DESTDIR)$(APPARMORDIR)/clipvault
	install -m 644 -t $(DESTDIR)$(DOCDIR) $(DOCS)
	install -m 644 -t $(DESTDIR)$(DOCDIR)/examples $(MANUAL)/clipvault.conf

uninstall: ## take that away again; a vault stays, as do its key and its user
	rm -f $(DESTDIR)$(BINDIR)/clipvault $(addprefix $(DESTDIR)$(LIBEXECDIR)/,$(notdir $(CONFINED)))
	rm -f $(DESTDIR)$(MANDIR)/man1/clipvault.1 $(DESTDIR)$(MANDIR)/man1/clipvault-*.1 $(DESTDIR)$(MANDIR)/man5/clipvault.conf.5
	rm -f $(DESTDIR)$(BASHDIR)/clipvault $(DESTDIR)$(ZSHDIR)/_clipvault $(addprefix $(DESTDIR)$(UNITDIR)/,$(notdir $(UNITS)))
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/lib/,sysusers.d/clipvault.conf tmpfiles.d/clipvault.conf)
	rm -f $(addprefix $(DESTDIR)$(DATADIR)/clipvault/proxy/,$(notdir $(PROXIES))) $(DESTDIR)$(DATADIR)/clipvault/verify.mjs $(DESTDIR)$(APPARMORDIR)/clipvault
	rm -f $(addprefix $(DESTDIR)$(DOCDIR)/,$(notdir $(DOCS)) examples/clipvault.conf)

# ---- the package -----------------------------------------------------------------------------------------------------
.PHONY: deb
deb: ## a Debian package, looked through by lintian, into build/deb
	@tests/deps.sh build package
	@debian/make-deb

# ---- the rest ----------------------------------------------------------------------------------------------------
clean: ## remove everything that was built
	rm -rf build

help: ## this list
	@awk -F': .*## ' '/^[a-z][a-z-]*:.*## /{sub(/:.*/,"",$$1); printf "  make %-14s %s\n", $$1, $$2}' Makefile
