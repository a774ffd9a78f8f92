# Bureau. One makefile, not recursive.   make run | test | check | lint | asan | tsan | fuzz-short | bench | bench-matching | web | clean
# A variant is a set of flags with its own object folder: release (the default), asan, tsan, debug, fuzz.
VARIANT ?= release
# V=1 prints the commands whole.
Q       := $(if $(V),,@)
CC      ?= gcc
B       := build/$(VARIANT)
PKGS    := icu-i18n icu-uc libxml-2.0 yaml-0.1 zlib libzstd libpcre2-8 openssl libsodium libfido2 sqlite3 libseccomp libjpeg libpng libcurl libgfshare libqrencode
WARN    := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wwrite-strings \
           -Wformat=2 -Wundef -Wvla -Wimplicit-fallthrough -Wpointer-arith -Wno-sign-conversion $(if $(CI),-Werror)
FLAGS.release := -O2 -g -D_FORTIFY_SOURCE=2
FLAGS.debug   := -O0 -g
FLAGS.asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FLAGS.tsan    := -O1 -g -fsanitize=thread -fno-omit-frame-pointer
FLAGS.fuzz    := -O1 -g -fsanitize=address,undefined,fuzzer-no-link -fno-omit-frame-pointer
ifeq ($(VARIANT),fuzz)
CC := clang
endif
CFLAGS  := -std=gnu17 -D_GNU_SOURCE $(FLAGS.$(VARIANT)) $(WARN) -fstack-protector-strong -fPIE -pthread -Isrc -I/usr/share/include/llhttp \
           $(shell pkg-config --cflags $(PKGS) 2>/dev/null) $(EXTRA_CFLAGS)
LDFLAGS := -pie -pthread -Wl,-z,relro,-z,now
LDLIBS  := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lm

comma   := ,
SRC     := $(sort $(wildcard src/*/*.c))
LIBSRC  := $(filter-out src/cmd/main.c,$(SRC))
OBJ     := $(LIBSRC:%.c=$(B)/%.o) $(B)/llhttp/llhttp.o $(B)/llhttp/api.o $(B)/llhttp/http.o $(B)/gen/assets.o
LIB     := $(B)/libbureau.a
UNIT    := $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/*_test.c))
FUZZ    := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/*_fuzz.c))
PROGRAM := $(if $(filter release,$(VARIANT)),build/bureau,$(B)/bureau)

.PHONY: all deps build run test unit check lint format asan tsan fuzz-short soak bench bench-matching web clean fault
.SECONDARY:
all: build
build: $(PROGRAM)

$(PROGRAM): $(B)/src/cmd/main.o $(LIB)
	@echo "  LD $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(LIB): $(OBJ)
	@rm -f $@
	$(Q)ar rcs $@ $^
$(B)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC $@"
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<
build/gen/assets.c: tools/embed src/api/assets.h $(shell find web/dist -type f 2>/dev/null)
	@mkdir -p $(@D)
	@sh tools/embed web/dist build/gen > $@
$(B)/gen/assets.o: build/gen/assets.c
	@mkdir -p $(@D)
	@echo "  CC $@"
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<
$(B)/llhttp/%.o: /usr/share/llhttp/%.c
	@mkdir -p $(@D)
	@echo "  CC $@"
	$(Q)$(CC) $(filter-out -W%,$(CFLAGS)) -DLLHTTP_STRICT_MODE=1 -w -c -o $@ $<
$(B)/tests/%: tests/unit/%.c $(LIB)
	@mkdir -p $(@D)
	@echo "  LD $@"
	$(Q)$(CC) $(CFLAGS) -Itests $(LDFLAGS) -MMD -MP -o $@ $< $(LIB) $(LDLIBS) -lcmocka -ljansson -lcsv
$(B)/fuzz/%: tests/fuzz/%.c $(LIB)
	@mkdir -p $(@D)
	@echo "  LD $@"
	$(Q)$(CC) $(CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $< $(LIB) $(LDLIBS)

$(B)/fault/%: tests/fault/%.c tests/fault/recorder.c $(LIB)
	@mkdir -p $(@D)
	@echo "  LD $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.c,$^) $(LIB) $(LDLIBS)
$(B)/src/audit/packing.o: src/audit/dictionary.zdict
$(B)/src/text/tables.o: $(wildcard codes/romanise/*.tsv codes/names/*.tsv)
$(B)/rename: tests/server/rename.c tests/rename.h $(LIB)
	@echo "  LD $@"
	$(Q)$(CC) $(CFLAGS) -Itests $(LDFLAGS) -o $@ $< $(LIB) $(LDLIBS)
$(B)/clock.so: tests/server/clock.c
	@mkdir -p $(@D)
	@echo "  CC $@"
	$(Q)$(CC) $(CFLAGS) -fPIC -shared -o $@ $<
$(B)/bench/%.so: bench/preload/%.c
	@mkdir -p $(@D)
	@echo "  CC $@"
	$(Q)$(CC) $(CFLAGS) -fPIC -shared -o $@ $<
# bench/owner.c alone sees the calls that decide and prove, to measure what they cost; the program has no switch for it.
$(B)/bench/owner: LDFLAGS += $(addprefix -Wl$(comma)--wrap=,policy_allow policy_scope_open policy_scope_close policy_open \
                             policy_field_access keyring_seal salted_hash group_chain tree_add checkpoint_write)
$(B)/bench/%: bench/%.c $(LIB)
	@mkdir -p $(@D)
	@echo "  LD $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -MMD -MP -o $@ $< $(LIB) $(LDLIBS)

JOBS := -j$(shell nproc)
deps:
	@sh tools/deps build test
web: web/dist/index.html
web/dist/index.html: web/build.mjs web/package-lock.json $(wildcard web/src/* web/src/lang/*)
	@sh tools/deps build
	cd web && node build.mjs
run:
	@sh tools/deps build
	@$(MAKE) --no-print-directory web
	@$(MAKE) --no-print-directory $(JOBS) build
	@sh tools/run
unit: $(UNIT)
	@sh tests/run-unit $(UNIT)
test: deps
	@$(MAKE) --no-print-directory web
	@$(MAKE) --no-print-directory $(JOBS) build $(UNIT) $(B)/rename $(B)/clock.so
	@sh tests/run-all $(UNIT)
check:
	@sh tools/check
lint:
	@sh tools/lint
format:
	@clang-format -i $(shell find src tests bench -name '*.[ch]' -not -path '*/node_modules/*')
asan tsan:
	@$(MAKE) --no-print-directory $(JOBS) VARIANT=$@ unit
fuzz-short:
	@$(MAKE) --no-print-directory $(JOBS) VARIANT=fuzz fuzz-run
fuzz-run: $(FUZZ)
	@sh tests/fuzz/run $(FUZZ)
# Kills and simulated power cuts, ROUNDS of each; soak is the long form.
ROUNDS ?= 5
SEED   ?= 1
fault: $(B)/fault/powercut $(B)/fault/kill $(B)/fault/agree $(B)/fault/answer $(B)/fault/failing
	@for t in $(filter-out %failing,$^); do $$t $(ROUNDS) $(SEED) || exit 1; done
	@$(B)/fault/failing 1000 $(SEED)
soak:
	@$(MAKE) --no-print-directory fault ROUNDS=100
	@$(MAKE) --no-print-directory $(B)/tests/leak_test
	@ROUNDS=300 SEED=1000 $(B)/tests/leak_test
	@BUREAU_SOAK=1 node tests/server/slow.mjs
# Every measurement and a table; PARTS="import names" for some, QUICK=1 for a tenth of the rows.
bench:
	@sh tools/deps build bench
	@$(MAKE) --no-print-directory $(JOBS) build $(patsubst bench/%.c,$(B)/bench/%,$(wildcard bench/*.c)) $(B)/bench/slow_disk.so
	@sh bench/run $(PARTS)
# Names: recall, alarms and cost, beside peers, from SEED; tables and docs/figures. PARTS and QUICK as above.
bench-matching:
	@sh tools/deps build bench
	@$(MAKE) --no-print-directory $(JOBS) build $(B)/bench/names
	@sh bench/matching/run $(PARTS)
clean:
	rm -rf build
-include $(shell find build -name '*.d' 2>/dev/null)
