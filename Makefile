# Builds, tests and installs miproc.  Works alone, and better with what
# `configure` writes into config.mk.  All output goes under $(B).
#
# SPDX-License-Identifier: GPL-3.0-or-later

VERSION = 0.1.0

-include config.mk

srcdir ?= .
B      ?= build
# One name for each file, however B was said: the rules for headers that gcc
# writes have it, too.
override B := $(patsubst $(CURDIR)/%,%,$(abspath $(B)))
# Where scripts/setup keeps the local model and its server.
TOOLS  ?= build

prefix      ?= /usr/local
bindir      ?= $(prefix)/bin
libdir      ?= $(prefix)/lib
includedir  ?= $(prefix)/include
datadir     ?= $(prefix)/share
mandir      ?= $(datadir)/man

ifeq ($(origin CC),default)
CC = gcc
endif
ifeq ($(origin LD),default)
LD = ld
endif
AR         ?= ar
OBJCOPY    ?= objcopy
BISON      ?= bison
FLEX       ?= flex
PKG_CONFIG ?= pkg-config
INSTALL    ?= install

CFLAGS ?= -O2 -g
WERROR ?= -Werror
WARN = -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wpointer-arith \
	-Wwrite-strings -Wcast-qual -Wconversion -Wvla -Wundef \
	-Wswitch-enum -Wformat=2 -fno-common $(WERROR)
INC = -I$(srcdir)/runtime -I$(srcdir)/src -I$(B)/gen -I$(B)/gen/tune
CCQ = $(if $(V),,@echo "  CC    $@";)
COMPILE = $(CCQ)$(CC) $(WARN) -D_POSIX_C_SOURCE=200809L $(CPPFLAGS) $(INC) \
	$(PKG_CFLAGS) $(CFLAGS) $(SECTIONS) -MMD -MP
QUIET = $(if $(V),,@echo "  $(1) $@";)
LINKQ = $(if $(V),,@echo "  LINK  $@";)
LINK = $(LINKQ)$(CC) $(CFLAGS) $(LDFLAGS)

# ---- libraries ---------------------------------------------------------

RT_PC   = libcurl libcjson sqlite3 libpcre2-8 libutf8proc libcrypto
TUNE_PC = gsl
TEST_PC = cmocka libmicrohttpd

pc = $(shell $(PKG_CONFIG) $(1) 2>/dev/null)
PKG_CFLAGS := $(or $(PKG_CFLAGS),$(call pc,--cflags $(RT_PC) $(TUNE_PC)))
RT_LIBS    := $(or $(RT_LIBS),$(call pc,--libs $(RT_PC)))
TUNE_LIBS  := $(or $(TUNE_LIBS),$(call pc,--libs $(TUNE_PC)) -lcsv)
TEST_LIBS  := $(or $(TEST_LIBS),$(call pc,--libs $(TEST_PC)))
WIRED_LIBS := $(or $(WIRED_LIBS),$(call pc,--libs libssl libcrypto \
	libnghttp2))
LIBS = $(TUNE_LIBS) $(RT_LIBS) -lpthread -lm

# ---- files -------------------------------------------------------------

# Every file is named: adding one is a decision.
in = $(patsubst %,$(1)/%.c,$(2))
# Providers stand in a table of their own.
PROVIDERS := $(shell grep -o '^P.[a-z0-9_]*' \
	$(srcdir)/runtime/provider/provider.def | sed 's/^P./provider_/')

RUNTIME = \
	$(call in,runtime/core, \
	status arena buf chars lines lock json json_form json_put duration \
	sha256 hash64 \
	regex redact allow child clock) \
	$(call in,runtime/type, \
	type type_check type_read schema gbnf gbnf_number gbnf_text \
	gbnf_regex) \
	$(call in,runtime/net,http http_slot sse) \
	$(call in,runtime/search, \
	terms terms_stem hits bm25 corpus corpus_build vectors) \
	$(call in,runtime/prompt, \
	slots prompt prompt_media prompt_system prompt_template prompt_turn) \
	$(call in,runtime/reply, \
	reply reply_note reply_look reply_text reply_string reply_json \
	reply_carrier reply_layout reply_scalar reply_number reply_choice \
	reply_coerce reply_union reply_partial) \
	$(call in,runtime/provider, \
	provider provider_json provider_tree provider_embed $(PROVIDERS)) \
	$(call in,runtime/trace,trace trace_env trace_otlp trace_send usage) \
	$(call in,runtime/store,store store_ledger store_open store_upkeep) \
	$(call in,runtime/local,llamacpp llamacpp_keep) \
	$(call in,runtime/lm, \
	breaker limit budget lm lm_address lm_down lm_end lm_fetch lm_flight \
	lm_health lm_hedge lm_keep lm_key lm_lack lm_local lm_loop lm_model \
	lm_pool lm_route lm_stream lm_trace) \
	$(call in,runtime/tool,tool_run tool_keep) \
	$(call in,runtime/run, \
	env mip mip_ask mip_stream mip_tool fork claim condition retrieve \
	retrieve_http retrieve_embed embed cases) \
	$(call in,runtime/lib,lib text match number list map metric) \
	$(call in,runtime/worker,worker worker_hello worker_run) \
	$(call in,runtime/cli, \
	cli cli_in cli_run cli_batch cli_show cli_prompts)

BASE = $(call in,src/base, \
	base builtin cname diag diag_out diag_text names slot source table \
	tame template ty)

FRONT = $(call in,src/front, \
	ast ast_dump check check_file check_expr check_decl check_flow \
	check_call check_branch check_const check_data check_fact \
	check_option check_template check_tune check_type check_literal \
	check_union scope check_caps check_tool check_retriever check_knn \
	check_make check_combine check_judge check_agent check_condition \
	check_test expand fmt fmt_align fmt_class)

IR = $(call in,src/ir, \
	ir ir_types ir_print ir_print_decl ir_reader ir_read ir_read_decl \
	ir_retriever ir_verify ir_verify_op ir_verify_decl lower \
	lower_call lower_check \
	lower_const lower_expr lower_flow lower_each lower_parallel \
	lower_retry lower_decl lower_option lower_caps lower_tool \
	lower_replica lower_retriever lower_test outline pass pass_fold \
	pass_dead pass_share pass_par plan taint hash)

EMIT = $(call in,src/emit, \
	cw emit_name emit_type emit_describe emit_const emit_table \
	emit_tool emit_retriever emit_check emit_test emit_plan emit_expr \
	emit_stmt emit_call emit_each emit_flow emit_c emit_dot)

TUNE = $(call in,src/tune, \
	rng uniform linear stats data split space surrogate tpe study \
	worker_client worker_process worker_wire choices demo \
	critique strategy \
	s_mipro s_bootstrap s_random tuned tuned_apply tuned_diff \
	evaluate bound search search_space tune propose propose_text \
	tuning answer suite)

DRIVER = $(call in,src/driver, \
	file options build compile warn depfile rows tuning progress eval \
	show show_study doctor cmd_fmt cmd_cache cmd_test completion tap \
	junit report tracing)

MAIN = src/driver/main.c

# The proposer is written in .mp: stage 0, which is miproc without tune,
# compiles it to C for miproc itself.
STAGE0      = src/driver/stage0.c
PROPOSER_MP = src/tune/describe_data.mp src/tune/describe_program.mp \
	src/tune/instruct.mp

GEN = parse scan
GRAMMAR = $(call in,grammar,node)

SOURCES = $(RUNTIME) $(BASE) $(FRONT) $(IR) $(EMIT) $(TUNE) $(DRIVER) \
	$(MAIN) $(STAGE0) $(GRAMMAR)

# What users' programs and generated ones include, and nothing else does the
# top of the runtime hold.
PUBLIC = runtime/miproc.h runtime/miproc_gen.h
MAN    = man/miproc.1 man/mp.5 man/miproc.3 \
	man/miproc-ir.7 man/miproc-hacking.7

# Tests alone are found by name: one that is there cannot go unlisted.
UNIT  := $(patsubst $(srcdir)/%,%,$(wildcard $(srcdir)/tests/unit/t_*.c))
UNITHELP := $(patsubst $(srcdir)/tests/unit/%.c,%, \
	$(filter-out $(srcdir)/tests/unit/t_%, \
	$(wildcard $(srcdir)/tests/unit/*.c)))
FAULT := $(patsubst $(srcdir)/%,%,$(wildcard $(srcdir)/tests/fault/f_*.c))
FUZZ  := $(patsubst $(srcdir)/%,%,$(wildcard $(srcdir)/tests/fuzz/fuzz_*.c))
BENCH := $(patsubst $(srcdir)/%,%,$(wildcard $(srcdir)/tests/bench/bench_*.c))
LMD    = $(call in,tests/e2e, \
	lmd lmd_log lmd_rules lmd_reply lmd_task lmd_invent lmd_form \
	lmd_schema lmd_api lmd_api_openai lmd_api_anthropic lmd_api_gemini \
	lmd_api_ollama)
WIRED  = $(call in,tests/e2e,wired wired_h2)
# Random programs.
MPGEN  = $(call in,tests/fuzz, \
	mpgen mpgen_type mpgen_expr mpgen_stmt)

# ---- objects -----------------------------------------------------------

O = $(B)/obj
RTOBJ     := $(RUNTIME:%.c=$(O)/%.o)
GENOBJ    := $(GEN:%=$(O)/gen/%.o)
FRONTOBJ  := $(BASE:%.c=$(O)/%.o) $(FRONT:%.c=$(O)/%.o) \
	$(GRAMMAR:%.c=$(O)/%.o) $(GENOBJ)
STAGE0OBJ := $(FRONTOBJ) $(IR:%.c=$(O)/%.o) $(EMIT:%.c=$(O)/%.o)
PROPOSEROBJ := $(PROPOSER_MP:src/tune/%.mp=$(O)/gen/tune/%.o)
TUNEOBJ   := $(TUNE:%.c=$(O)/%.o) $(PROPOSEROBJ)
DRIVEROBJ := $(DRIVER:%.c=$(O)/%.o)
PARTOBJ   := $(RTOBJ) $(STAGE0OBJ) $(TUNEOBJ) $(DRIVEROBJ)
MAINOBJ   := $(MAIN:%.c=$(O)/%.o)
LMDOBJ    := $(LMD:%.c=$(O)/%.o)
WIREDOBJ  := $(WIRED:%.c=$(O)/%.o)
MPGENOBJ  := $(MPGEN:%.c=$(O)/%.o)
ONE       := $(B)/one.o

UNITBIN  := $(UNIT:tests/unit/%.c=$(B)/test/%)
FAULTBIN := $(FAULT:tests/fault/%.c=$(B)/test/%)
BENCHBIN := $(BENCH:tests/bench/%.c=$(B)/test/%)
BENCHHELP = $(B)/test/bare $(B)/test/bare_hit $(B)/test/measure \
	$(O)/tests/bench/start.o
FUZZBIN  := $(FUZZ:tests/fuzz/%.c=$(B)/test/%)
LMDBIN   := $(if $(LMD),$(B)/lmd) $(B)/wired
MIPROC   := $(if $(MAIN),$(B)/miproc)
LIBMIPROC := $(if $(RUNTIME),$(B)/libmiproc.a)
HEADERS  := $(PUBLIC:runtime/%=$(B)/include/%)
VECTORS  := $(B)/tests/vectors
TESTBIN  := $(UNITBIN) $(FAULTBIN) $(FUZZBIN) $(BENCHBIN) $(VECTORS) $(LMDBIN) \
	$(B)/mpgen $(ONE)

NPROC := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
# As many jobs as cores, unless the user has said how many.
AGAIN = $(MAKE) --no-print-directory \
	$(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(NPROC))

# ---- building ----------------------------------------------------------

.PHONY: all tests setup quickstart check check-run asan tsan valgrind cov \
	fuzz fuzz-run stress bench lint format golden dist distcheck install \
	uninstall clean
.DELETE_ON_ERROR:
.SECONDARY:

all: $(MIPROC) $(LIBMIPROC) $(HEADERS) $(B)/share/miproc.c

tests: all $(TESTBIN)

$(B)/miproc: $(MAINOBJ) $(PARTOBJ)
	$(LINK) -o $@ $(MAINOBJ) $(PARTOBJ) $(LIBS)

$(B)/miproc0: $(STAGE0:%.c=$(O)/%.o) $(O)/src/driver/file.o $(STAGE0OBJ) \
		$(RTOBJ)
	$(LINK) -o $@ $^ $(RT_LIBS) -lpthread -lm

# Users' programs see mip_* and nothing else of the runtime.
$(B)/libmiproc.a: $(RTOBJ)
	$(call QUIET,LD   )$(LD) -r -o $(B)/libmiproc.o $(RTOBJ)
	$(call QUIET,HIDE )$(OBJCOPY) --wildcard \
		--keep-global-symbol='mip_*' $(B)/libmiproc.o
	@rm -f $@
	$(call QUIET,AR   )$(AR) rcs $@ $(B)/libmiproc.o

# The runtime as one file, for source trees that stand alone.
$(B)/share/miproc.c: $(srcdir)/scripts/amalgamate $(RUNTIME:%=$(srcdir)/%) \
		$(wildcard $(srcdir)/runtime/*.h $(srcdir)/runtime/*/*.h \
		$(srcdir)/runtime/*/*.def)
	@mkdir -p $(@D)
	$(call QUIET,GEN  )$(srcdir)/scripts/amalgamate $(srcdir)/runtime >$@

$(B)/include/%: $(srcdir)/runtime/%
	@mkdir -p $(@D)
	cp $< $@

# Everything but the main programs, for tests to take what they need.
$(B)/libparts.a: $(PARTOBJ)
	@rm -f $@
	$(call QUIET,AR   )$(AR) rcs $@ $(PARTOBJ)

$(RTOBJ): SECTIONS = -ffunction-sections -fdata-sections

$(O)/%.o: $(srcdir)/%.c
	@mkdir -p $(@D)
	$(COMPILE) -c -o $@ $<

$(O)/gen/%.o: $(B)/gen/%.c
	@mkdir -p $(@D)
	$(COMPILE) -I$(srcdir)/grammar -c -o $@ $<

# A release carries what bison and flex wrote, in gen/.
ifneq ($(wildcard $(srcdir)/gen/parse.c),)
$(B)/gen/%: $(srcdir)/gen/%
	@mkdir -p $(@D)
	cp $< $@
else
# bison writes two files; parse.c stands for both.
$(B)/gen/parse.c: $(srcdir)/grammar/parse.y
	@mkdir -p $(@D)
	$(call QUIET,BISON)$(BISON) -Wall -Werror -Wcounterexamples \
		--defines=$(B)/gen/parse.h -o $@ $<
$(B)/gen/parse.h: $(B)/gen/parse.c ;
$(B)/gen/scan.c: $(srcdir)/grammar/scan.l
	@mkdir -p $(@D)
	$(call QUIET,FLEX )$(FLEX) -o $@ $<
endif
$(GENOBJ): $(if $(GEN),$(B)/gen/parse.h)

# miproc0 leaves what it would write the same as it is, so that nothing is
# compiled again for it; when it was asked last, the stamp says.
$(B)/gen/tune/%.stamp: $(srcdir)/src/tune/%.mp $(B)/miproc0
	@mkdir -p $(@D)
	$(if $(V),,@echo "  MP    $(@:.stamp=.c)";)$(B)/miproc0 -S \
		-o $(@:.stamp=.c) $<
	@touch $@
$(B)/gen/tune/%.c: $(B)/gen/tune/%.stamp ;
$(B)/gen/tune/%.h: $(B)/gen/tune/%.stamp ;
$(TUNE:%.c=$(O)/%.o): $(PROPOSER_MP:src/tune/%.mp=$(B)/gen/tune/%.h)

# What emitted programs include and are linked with, and the server that setup
# installed.
$(O)/src/driver/build.o: CPPFLAGS += -DMIP_LINK_LIBS='"$(RT_LIBS)"' \
	-DMIP_HEADERS='$(foreach h,$(notdir $(PUBLIC)),"$h",)'
$(O)/runtime/local/llamacpp.o: CPPFLAGS += \
	-DMIP_LLAMA_WRAPPER='"$(abspath $(TOOLS))/bin/mip-llama-server"'

# No two files of the runtime define the same static name; no code is wanted.
$(B)/one.o: $(srcdir)/runtime/one.c
	@mkdir -p $(@D)
	$(COMPILE) -fsyntax-only -o $@ $<
	@touch $@

# ---- tests -------------------------------------------------------------

$(B)/lmd: $(LMDOBJ)
	$(LINK) -o $@ $(LMDOBJ) $(TEST_LIBS) $(RT_LIBS) -lpthread -lm

$(B)/wired: $(WIREDOBJ)
	$(LINK) -o $@ $^ $(WIRED_LIBS) -lpthread

$(B)/mpgen: $(O)/tests/fuzz/mpgen_main.o $(MPGENOBJ) $(B)/libparts.a
	$(LINK) -o $@ $^ $(LIBS)

$(B)/test/t_%: $(O)/tests/unit/t_%.o $(B)/libparts.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $(filter %.o,$^) $(B)/libparts.a $(TEST_LIBS) $(LIBS)

# The runtime, whole, for the types that it loads.
$(VECTORS): $(O)/tests/vectors/vectors.o $(RTOBJ)
	@mkdir -p $(@D)
	$(LINK) -rdynamic -o $@ $^ $(RT_LIBS) -lpthread -lm -ldl

# A test gets the helpers whose headers it includes.
uses = $(patsubst tests/unit/%.c,$(B)/test/%,$(shell cd $(srcdir) && \
	grep -ls '^\#include "$(1).h"' $(UNIT)))
helper = $(if $(UNIT),$(call uses,$(1)): $(O)/tests/unit/$(1).o)
$(foreach h,$(UNITHELP),$(eval $(call helper,$(h))))

$(B)/test/bench_%: $(O)/tests/bench/bench_%.o $(B)/libparts.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(LIBS)

$(B)/test/bench_front: $(O)/tests/bench/shapes.o

# What the programs measured are compared with, and measured by.
$(B)/test/bare: $(O)/tests/bench/bare.o
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(filter -lcurl -lcjson,$(RT_LIBS))
$(B)/test/bare_hit: $(O)/tests/bench/bare_hit.o
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(filter -lcjson -lcrypto -lsqlite3,$(RT_LIBS))
$(B)/test/measure: $(O)/tests/bench/measure.o
	@mkdir -p $(@D)
	$(LINK) -o $@ $^

WRAP = malloc calloc realloc strdup strndup open read write fsync rename
$(B)/test/f_%: $(O)/tests/fault/f_%.o $(O)/tests/fault/fault.o \
	$(B)/libparts.a
	@mkdir -p $(@D)
	$(LINK) $(WRAP:%=-Wl,--wrap=%) -o $@ $^ $(LIBS)

FUZZMAIN ?= $(O)/tests/fuzz/replay.o
FUZZLINK ?=
$(B)/test/fuzz_%: $(O)/tests/fuzz/fuzz_%.o $(FUZZMAIN) $(B)/libparts.a
	@mkdir -p $(@D)
	$(LINK) $(FUZZLINK) -o $@ $^ $(LIBS)

$(B)/test/fuzz_program $(B)/test/fuzz_fmt: $(MPGENOBJ)

setup:
	@$(srcdir)/scripts/setup

# How many times slower what is tested may be: what tests allow it is so much
# longer.  Where they allow it, JOBS of them run at once.
SLOW = 1
JOBS = 1
SUITES = unit vectors golden e2e real docs fault fuzz lint
TESTENV = B='$(B)' SRCDIR='$(srcdir)' TOOLS='$(TOOLS)' CC='$(CC)' \
	TESTCFLAGS='$(CFLAGS)' LIBS='$(RT_LIBS) -lpthread -lm' \
	RUNTIME='$(RUNTIME)' SOURCES='$(SOURCES) $(PUBLIC)' \
	WRAPPER='$(WRAPPER)' SLOW='$(SLOW)' JOBS='$(JOBS)'

check: setup
	+@$(AGAIN) tests
	@$(MAKE) --no-print-directory check-run

check-run:
	@$(TESTENV) $(srcdir)/tests/all $(SUITES)

quickstart: setup
	+@$(AGAIN) all
	@$(TESTENV) $(srcdir)/scripts/quickstart

# Leaks are looked for too; the model's server is not ours to check.
SAN = -fno-omit-frame-pointer -fno-sanitize-recover=all
asan:
	@$(MAKE) --no-print-directory B=build/asan \
		CFLAGS='-g -O1 -fsanitize=address,undefined $(SAN)' \
		SLOW=5 JOBS=4 check

tsan:
	@$(MAKE) --no-print-directory B=build/tsan \
		CFLAGS='-g -O1 -fsanitize=thread $(SAN)' \
		SUITES='unit e2e' SLOW=10 JOBS=4 check

valgrind:
	@$(MAKE) --no-print-directory \
		SUITES='unit golden e2e/t_types e2e/t_flow e2e/t_cache' \
		WRAPPER='$(abspath $(srcdir))/tests/memcheck' \
		SLOW=30 JOBS=4 check

cov:
	@$(MAKE) --no-print-directory B=build/cov CFLAGS='-g -O0 --coverage' \
		SUITES='unit vectors golden e2e fault' check
	@$(srcdir)/scripts/cov build/cov

# T seconds a target, with clang; else what `make check` does.
T ?= 60
fuzz: setup
	@if command -v clang >/dev/null; then \
		$(AGAIN) B=build/fuzz CC=clang FUZZMAIN= \
		    FUZZLINK=-fsanitize=fuzzer CFLAGS='-g -O1 \
		    -fsanitize=fuzzer-no-link,address,undefined $(SAN)' \
		    fuzz-run; \
	else \
		$(AGAIN) SUITES=fuzz check; \
	fi

fuzz-run: $(FUZZBIN)
	@for f in $(FUZZBIN:$(B)/test/%=%); do \
		mkdir -p $(B)/corpus/$$f; \
		d=$(srcdir)/tests/fuzz/dict/$$f.dict; \
		c=$(srcdir)/tests/fuzz/corpus/$$f; \
		$(B)/test/$$f -max_total_time=$(T) -timeout=10 \
		    -artifact_prefix=$(B)/crash-$$f- \
		    $$(test -f $$d && echo -dict=$$d) \
		    $(B)/corpus/$$f $$(test -d $$c && echo $$c) || exit 1; \
	done

# More random programs than `make check` has, one file of them for each seed;
# more rows, faults and kills.
SEEDS ?= 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20
STRESSENV = $(TESTENV) MIPROC='$(abspath $(B))/miproc' \
	LMD='$(abspath $(B))/lmd' ROWS=20000 KILLS=50
stress: setup
	+@$(AGAIN) tests
	@$(STRESSENV) sh $(srcdir)/tests/e2e/t_random.sh $(SEEDS)
	@STRESS=1 $(B)/test/f_call
	@$(STRESSENV) sh $(srcdir)/tests/e2e/t_load.sh
	@$(STRESSENV) sh $(srcdir)/tests/e2e/t_resume.sh
	@$(STRESSENV) sh $(srcdir)/tests/e2e/t_crash.sh

bench: setup
	+@$(AGAIN) all $(BENCHBIN) $(BENCHHELP) $(LMDBIN)
	@$(TESTENV) $(srcdir)/tests/bench/run $(BENCHFLAGS)

lint: tests
	@$(TESTENV) $(srcdir)/tests/all lint

format:
	@cd $(srcdir) && git clang-format --extensions c,h HEAD

golden: all
	@UPDATE=1 $(TESTENV) $(srcdir)/tests/run
	@cd $(srcdir) && git diff --stat -- tests/golden

# ---- releases and installation -----------------------------------------

NAME = miproc-$(VERSION)
dist: $(GEN:%=$(B)/gen/%.c)
	rm -rf $(B)/dist
	mkdir -p $(B)/dist
	cd $(srcdir) && git archive --prefix=$(NAME)/ HEAD | \
		tar -x -C $(abspath $(B))/dist
	mkdir -p $(B)/dist/$(NAME)/gen
	cp $(GEN:%=$(B)/gen/%.c) $(B)/gen/parse.h $(B)/dist/$(NAME)/gen/
	cd $(B)/dist/$(NAME) && autoconf && rm -rf autom4te.cache
	tar -C $(B)/dist --sort=name --owner=0 --group=0 --numeric-owner \
		--mtime=@$${SOURCE_DATE_EPOCH:-0} -cf - $(NAME) | \
		gzip -n9 >$(B)/$(NAME).tar.gz

# The release builds without bison and flex, in another directory, and
# what it installs it can remove.
distcheck: dist
	rm -rf $(B)/distcheck
	mkdir -p $(B)/distcheck/build
	gzip -dc $(B)/$(NAME).tar.gz | tar -x -C $(B)/distcheck
	cd $(B)/distcheck/build && ../$(NAME)/configure --prefix=/usr
	cd $(B)/distcheck/build && $(AGAIN) B=out BISON=false FLEX=false all
	cd $(B)/distcheck/build && $(AGAIN) B=out BISON=false FLEX=false \
		DESTDIR=$(abspath $(B))/distcheck/root install
	$(B)/distcheck/root/usr/bin/miproc --version
	cd $(B)/distcheck/build && $(AGAIN) B=out BISON=false FLEX=false \
		DESTDIR=$(abspath $(B))/distcheck/root uninstall
	test -z "`find $(B)/distcheck/root -type f`"
	rm -rf $(B)/distcheck

RTDIR = $(DESTDIR)$(datadir)/miproc

# Where shells look for completions, and by what name.
BASHCOMP = $(datadir)/bash-completion/completions/miproc
ZSHCOMP  = $(datadir)/zsh/site-functions/_miproc
FISHCOMP = $(datadir)/fish/vendor_completions.d/miproc.fish

# Where Vim looks, besides its own.
VIMFILES = $(datadir)/vim/vimfiles
VIM = compiler ftdetect ftplugin indent syntax

# For C programs that call compiled ones.  The library is an archive: what it
# is linked with is asked for by all.
define PC
prefix=$(prefix)
libdir=$(libdir)
includedir=$(includedir)

Name: miproc
Description: Runtime of compiled language-model programs
Version: $(VERSION)
Requires: $(RT_PC)
Libs: -L$${libdir} -lmiproc -lpthread -lm
Cflags: -I$${includedir}
endef

install: all
	$(INSTALL) -d $(DESTDIR)$(bindir) $(DESTDIR)$(libdir)/pkgconfig \
		$(DESTDIR)$(includedir) $(RTDIR)
	$(file >$(B)/miproc.pc,$(PC))
	$(INSTALL) -m 644 $(B)/miproc.pc $(DESTDIR)$(libdir)/pkgconfig/
	$(INSTALL) $(MIPROC) $(DESTDIR)$(bindir)/
	$(INSTALL) -m 644 $(LIBMIPROC) $(DESTDIR)$(libdir)/
	$(INSTALL) -m 644 $(HEADERS) $(DESTDIR)$(includedir)/
	$(INSTALL) -m 644 $(B)/share/miproc.c $(RTDIR)/
	for p in $(MAN); do \
		d=$(DESTDIR)$(mandir)/man$${p##*.}; \
		$(INSTALL) -d $$d && \
		$(INSTALL) -m 644 $(srcdir)/$$p $$d/ || exit 1; \
	done
	for p in bash:$(BASHCOMP) zsh:$(ZSHCOMP) fish:$(FISHCOMP); do \
		f=$(DESTDIR)$${p#*:}; \
		$(INSTALL) -d $${f%/*} && \
		$(MIPROC) --completion=$${p%%:*} >$$f && \
		chmod 644 $$f || exit 1; \
	done
	for p in $(VIM); do \
		d=$(DESTDIR)$(VIMFILES)/$$p; \
		$(INSTALL) -d $$d && $(INSTALL) -m 644 \
			$(srcdir)/editors/vim/$$p/miproc.vim $$d/ || exit 1; \
	done

uninstall:
	rm -f $(DESTDIR)$(bindir)/miproc $(DESTDIR)$(libdir)/libmiproc.a \
		$(DESTDIR)$(libdir)/pkgconfig/miproc.pc
	rm -f $(PUBLIC:runtime/%=$(DESTDIR)$(includedir)/%)
	rm -f $(RTDIR)/miproc.c
	rm -f $(DESTDIR)$(BASHCOMP) $(DESTDIR)$(ZSHCOMP) $(DESTDIR)$(FISHCOMP)
	rm -f $(VIM:%=$(DESTDIR)$(VIMFILES)/%/miproc.vim)
	-rmdir $(RTDIR)
	for p in $(MAN); do \
		rm -f $(DESTDIR)$(mandir)/man$${p##*.}/$${p##*/}; \
	done

# What setup has fetched stays: it is slow to come by.
clean:
	rm -rf $(B)/obj $(B)/gen $(B)/test $(B)/tests $(B)/log $(B)/include \
		$(B)/share $(B)/dist $(B)/distcheck $(B)/miproc \
		$(B)/miproc0 $(B)/lmd $(B)/wired $(B)/mpgen $(B)/miproc.pc \
		$(B)/libmiproc.[ao] $(B)/libparts.a $(B)/one.[do] \
		$(B)/asan $(B)/tsan $(B)/cov $(B)/fuzz $(B)/*.tar.gz

-include $(patsubst %.o,%.d,$(PARTOBJ) $(MAINOBJ) $(LMDOBJ) $(ONE) $(WIREDOBJ) \
	$(MPGENOBJ) $(O)/tests/fuzz/mpgen_main.o \
	$(UNIT:%.c=$(O)/%.o) $(BENCH:%.c=$(O)/%.o) \
	$(O)/tests/bench/bare.d $(O)/tests/bench/bare_hit.d \
	$(O)/tests/bench/measure.d \
	$(O)/tests/bench/shapes.d $(O)/tests/vectors/vectors.d \
	$(UNITHELP:%=$(O)/tests/unit/%.o) \
	$(FAULT:%.c=$(O)/%.o) $(FUZZ:%.c=$(O)/%.o) \
	$(O)/tests/fault/fault.o $(O)/tests/fuzz/replay.o \
	$(STAGE0:%.c=$(O)/%.o))
