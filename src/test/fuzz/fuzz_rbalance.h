/* Copyright (c) 2026, The rbalance developers. */
/* See LICENSE for licensing information */

/**
 * @file fuzz_rbalance.h
 * @brief Header file for fuzz_rbalance.c, and what each fuzzer has.
 **/

#ifndef TOR_TEST_FUZZ_FUZZ_RBALANCE_H
#define TOR_TEST_FUZZ_FUZZ_RBALANCE_H

#include "lib/buf/buffers.h"
#include "test/fuzz/fuzzing.h"

/** Most bytes of what fuzz_rbalance_edit() makes. */
#define FUZZ_MAX_EDITED_LEN 512

void fuzz_rbalance_skip_signatures(void);
size_t fuzz_rbalance_edit(const uint8_t *honest, size_t honest_len,
                          const uint8_t *edits, size_t edits_len,
                          uint8_t *out);
void fuzz_rbalance_seed(const void *bytes, size_t len);
void fuzz_rbalance_seed_edits(uint8_t mode);

/** Each fuzzer has its own: write the inputs to begin with. */
void fuzz_rbalance_make_seeds(void);

#endif /* !defined(TOR_TEST_FUZZ_FUZZ_RBALANCE_H) */
