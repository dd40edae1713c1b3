# How scripts/fuzz builds the fuzzers, in build/fuzz: the module and the fuzzers with clang and its sanitizers, and
# for all else the library of tor's unit tests from build/tor, which is there already.
#
# make -f scripts/fuzz.mk TOP=... TREE=... CPPFLAGS=... LDFLAGS=... LIBS=...

SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=undefined
CFLAGS = -g -O1 -fno-omit-frame-pointer -fPIE -Wno-unknown-warning-option
SOURCES = $(wildcard $(TOP)/src/feature/rbalance/*.c) $(TREE)/src/lib/buf/buffers.c \
	$(TREE)/src/lib/encoding/binascii.c $(TOP)/src/test/rbalance_test_helpers.c $(TOP)/src/test/rbalance_test_glue.c \
	$(TREE)/src/test/fuzz/fuzzing_common.c $(TOP)/src/test/fuzz/fuzz_rbalance.c
FUZZERS = $(patsubst $(TOP)/src/test/fuzz/%.c,%,$(wildcard $(TOP)/src/test/fuzz/fuzz_rbalance_*.c))
COMMON = $(patsubst %.c,%.o,$(filter-out rbalance_stub.c rbalance_test_glue.c,$(notdir $(SOURCES))))
LIBRARY = $(TREE)/src/test/libtor-testing.a

# tor-rbalance, but for its commands.
CLI = $(patsubst %.c,%.o,$(notdir $(wildcard $(TOP)/src/tools/rbalance/cli_*.c)))

vpath %.c $(sort $(dir $(SOURCES))) $(TOP)/src/test/fuzz $(TOP)/src/tools/rbalance

.SECONDARY:
all: $(FUZZERS)

%.o: %.c
	clang $(CFLAGS) $(SANITIZE) -fsanitize=fuzzer-no-link $(CPPFLAGS) -DLLVM_FUZZ -MMD -c -o $@ $<

fuzz_rbalance_command: rbalance_test_glue.o
fuzz_rbalance_control: $(CLI)
fuzz_rbalance_http: rbalance_test_http.o
fuzz_rbalance_%: fuzz_rbalance_%.o $(COMMON) $(LIBRARY)
	clang $(CFLAGS) $(SANITIZE) -fsanitize=fuzzer $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIBRARY) $(LIBS)

-include *.d
