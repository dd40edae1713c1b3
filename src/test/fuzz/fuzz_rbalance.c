/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file fuzz_rbalance.c
 * @brief What the fuzzers of rbalance share.
 *
 * A fuzzer is tor's fuzzing_common.c, this file and one fuzz_rbalance_*.c,
 * linked with libFuzzer; scripts/fuzz builds and runs them.  As
 *   PROGRAM --seeds DIR
 * it writes its first inputs to DIR and ends.
 **/

#define CRYPTO_ED25519_PRIVATE

#include "core/or/or.h"
#include "test/fuzz/fuzz_rbalance.h"

#include "lib/crypt_ops/crypto_ed25519.h"
#include "lib/fs/files.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Where inputs are written to, and how many were. */
static const char *seed_dir = NULL;
static int n_seeds = 0;

/** Replaces ed25519_sign_prefixed(): signing is not what is tested. */
static int
mock_sign_prefixed(ed25519_signature_t *signature_out, const uint8_t *msg,
                   size_t len, const char *prefix,
                   const ed25519_keypair_t *keys)
{
  (void) msg;
  (void) len;
  (void) prefix;
  (void) keys;
  memset(signature_out, 1, sizeof(*signature_out));
  return 0;
}

/** From now on make no signatures, and take all of them for good. */
void
fuzz_rbalance_skip_signatures(void)
{
  disable_signature_checking();
  MOCK(ed25519_sign_prefixed, mock_sign_prefixed);
}

/** Write to <b>out</b>, which has FUZZ_MAX_EDITED_LEN bytes, the
 * <b>honest_len</b> bytes at <b>honest</b> as the <b>edits</b> change them,
 * and return their number.  An edit is two bytes: a position, and what is
 * xored with the byte there; behind the end it adds a byte.  A last single
 * byte cuts so many bytes off. */
size_t
fuzz_rbalance_edit(const uint8_t *honest, size_t honest_len,
                   const uint8_t *edits, size_t edits_len, uint8_t *out)
{
  size_t len = honest_len;
  tor_assert(honest_len <= FUZZ_MAX_EDITED_LEN);
  memcpy(out, honest, honest_len);
  for (; edits_len >= 2; edits += 2, edits_len -= 2) {
    if (edits[0] < len) {
      out[edits[0]] ^= edits[1];
    } else if (len < FUZZ_MAX_EDITED_LEN) {
      out[len++] = edits[1];
    }
  }
  if (edits_len == 1) {
    len -= MIN(len, edits[0]);
  }
  return len;
}

/** Write an input of the <b>len</b> bytes at <b>bytes</b>. */
void
fuzz_rbalance_seed(const void *bytes, size_t len)
{
  char *path = NULL;
  tor_asprintf(&path, "%s/seed-%d", seed_dir, n_seeds++);
  if (write_bytes_to_file(path, bytes, len, 1) < 0) {
    exit(1);
  }
  tor_free(path);
}

/** Write inputs that edit in some ways what is honest, each after the byte
 * <b>mode</b>: nothing, the first bytes, a cut, an addition. */
void
fuzz_rbalance_seed_edits(uint8_t mode)
{
  const uint8_t bytes[][6] = {
    { mode, 0, 0, 1, 0, 0 }, { mode, 0, 1, 1, 2, 2 },
    { mode, 4, 1, 5, 1, 1 }, { mode, 60, 255, 255, 7, 9 },
  };
  fuzz_rbalance_seed(&mode, 1);
  for (size_t i = 0; i < ARRAY_LENGTH(bytes); ++i) {
    fuzz_rbalance_seed(bytes[i], i ? 6 : 5);
  }
}

/** Called by libFuzzer before it looks at its arguments. */
int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
  if (*argc == 3 && !strcmp((*argv)[1], "--seeds")) {
    seed_dir = (*argv)[2];
    /* This sets up tor. */
    LLVMFuzzerTestOneInput((const uint8_t *) "", 0);
    fuzz_rbalance_make_seeds();
    exit(0);
  }
  return 0;
}
