# clipvault: one Makefile for everything. `make help` lists what it can do.
#
#   build/release/   what `make` builds        build/hooks/   with test hooks (TEST_CLOCK=1), never shipped
#   SAN=address,undefined or SAN=thread        -> build/…-san-…/
# Two lists decide what is in a program: the folders it takes, and what it links directly (lint checks both).

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

CC      ?= cc
VARIANT := $(if $(TEST_CLOCK),hooks,release)$(if $(SAN),-san-$(subst $(comma),-,$(SAN)))
comma   := ,
OUT     := build/$(VARIANT)

# ---- flags -----------------------------------------------------------------------------------------------------
# A hardening flag is used where the compiler knows it.
probe   = $(shell echo 'int main(void){return 0;}' | $(CC) -Werror $(1) -x c - -o /dev/null 2>/dev/null && echo '$(1)')
HARDEN := $(foreach f,-fstack-protector-strong -fstack-clash-protection -fcf-protection=full -ftrivial-auto-var-init=zero \
            -fzero-call-used-regs=used-gpr -fno-strict-overflow -fno-delete-null-pointer-checks,$(call probe,$(f)))
FORTIFY := $(if $(SAN),,-U_FORTIFY_SOURCE $(or $(call probe,-D_FORTIFY_SOURCE=3 -O2),-D_FORTIFY_SOURCE=2))
LINKHARD := $(foreach f,-Wl$(comma)-z$(comma)relro -Wl$(comma)-z$(comma)now -Wl$(comma)-z$(comma)noexecstack -Wl$(comma)--as-needed,$(call probe,$(f)))
WARN    := -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wformat=2 -Wundef \
           -Wimplicit-fallthrough -Wpointer-arith -Werror=implicit-function-declaration -Werror=incompatible-pointer-types
CFLAGS  ?= -O2 -g
override CFLAGS += -std=gnu2x -D_GNU_SOURCE -I. -fPIE $(WARN) $(HARDEN) $(FORTIFY) $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -DCLIPVAULT_SANITIZED) \
           $(if $(TEST_CLOCK),-DCLIPVAULT_TEST_HOOKS) $(if $(WERROR),-Werror)
override LDFLAGS += -pie $(LINKHARD) $(if $(SAN),-fsanitize=$(SAN))

# ---- what each program is made of, and what it links directly ---------------------------------------------------
BASE_SRC   := $(wildcard vault/base/*.c)
CORE_SRC   := $(filter-out vault/main.c,$(wildcard keys/*.c vault/*.c ingest/*.c player-bridge/*.c))
WORKER_SRC := $(wildcard ingest/worker/*.c)

CLIPVAULT_LIBS := $(shell pkg-config --libs libsodium sqlite3 libcrypto)
WORKER_LIBS    := $(shell pkg-config --libs libavformat libavcodec libavfilter libavutil libswscale libswresample libseccomp libsodium) -lmagic
CMOCKA_LIBS    := $(shell pkg-config --libs cmocka)

objects = $(patsubst %.c,$(OUT)/obj/%.o,$(1))
BASE_LIB := $(OUT)/base.a
CORE_LIB := $(OUT)/core.a
WORKER_LIB := $(OUT)/worker.a
PROGRAMS := $(OUT)/clipvault $(OUT)/clipvault-transcode

.PHONY: all
all: $(PROGRAMS) ## build the programs into build/release

$(BASE_LIB): $(call objects,$(BASE_SRC))
$(CORE_LIB): $(call objects,$(CORE_SRC))
$(WORKER_LIB): $(call objects,$(filter-out %/main.c,$(WORKER_SRC)))
%.a:
	@rm -f $@
	$(AR) rcs $@ $^

$(OUT)/clipvault: $(call objects,vault/main.c) $(CORE_LIB) $(BASE_LIB)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(CLIPVAULT_LIBS) -lpthread

# The wire form is the one thing the worker shares with ingest/.
$(OUT)/clipvault-transcode: $(call objects,ingest/worker/main.c) $(WORKER_LIB) $(call objects,$(wildcard ingest/wire.c)) $(BASE_LIB)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(WORKER_LIBS) -lpthread -lm

$(OUT)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(shell find build -name '*.d' 2>/dev/null)

# ---- tests -----------------------------------------------------------------------------------------------------
UNIT := $(patsubst tests/unit/%.c,$(OUT)/tests/%,$(wildcard tests/unit/test_*.c))
# A test of the worker's parts links the worker's libraries; all others link what clipvault links.
WORKER_UNIT := $(filter $(OUT)/tests/test_worker_%,$(UNIT))

$(WORKER_UNIT): $(OUT)/tests/%: $(OUT)/obj/tests/unit/%.o $(WORKER_LIB) $(call objects,$(wildcard ingest/wire.c)) $(BASE_LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(WORKER_LIBS) $(CMOCKA_LIBS) -lpthread -lm
$(filter-out $(WORKER_UNIT),$(UNIT)): $(OUT)/tests/%: $(OUT)/obj/tests/unit/%.o $(CORE_LIB) $(BASE_LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(CLIPVAULT_LIBS) $(CMOCKA_LIBS) -lpthread

.PHONY: unit
unit: $(UNIT) ## run the unit tests that are built from tests/unit
	@failed=0; for t in $(UNIT); do $$t || failed=1; done; exit $$failed

.PHONY: clean help
clean: ## remove everything that was built
	rm -rf build
help: ## this list
	@awk -F': .*## ' '/^[a-z][a-z-]*:.*## /{sub(/:.*/,"",$$1); printf "  make %-10s %s\n", $$1, $$2}' Makefile
